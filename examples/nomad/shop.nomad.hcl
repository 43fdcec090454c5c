# An application with the plugin in front, as the tags of its service say.

job "shop" {
  type = "service"

  group "shop" {
    network {
      port "http" {
        to = 80
      }
    }

    service {
      name     = "shop"
      port     = "http"
      provider = "nomad"
      tags = [
        "traefik.enable=true",
        "traefik.http.routers.shop.entryPoints=web",
        "traefik.http.routers.shop.rule=Host(`shop.example`)",
        "traefik.http.routers.shop.middlewares=huawei-id",
        "traefik.http.middlewares.huawei-id.plugin.huaweiid.audience.clientIDs=101234567",
        "traefik.http.middlewares.huawei-id.plugin.huaweiid.phone.format=e164",
        "traefik.http.middlewares.huawei-id.plugin.huaweiid.cache.ttl=2m",
      ]
    }

    task "shop" {
      driver = "docker"

      config {
        image = "traefik/whoami:v1.11"
        ports = ["http"]
      }
    }
  }
}
