# Traefik with the plugin in its image. It reads the tags of services.

job "traefik" {
  type = "service"

  group "traefik" {
    network {
      port "web" {
        static = 8000
      }
    }

    task "traefik" {
      driver = "docker"

      config {
        image        = "traefik-huaweiid" # built from examples/docker-compose/Dockerfile, and pushed to a registry of yours
        network_mode = "host"
        args = [
          "--entryPoints.web.address=:8000",
          "--providers.nomad.endpoint.address=http://127.0.0.1:4646",
          "--providers.nomad.exposedByDefault=false",
          "--experimental.abortOnPluginFailure=true",
          "--experimental.localPlugins.huaweiid.moduleName=github.com/traefik-huaweiid/huaweiid",
        ]
      }
    }
  }
}
