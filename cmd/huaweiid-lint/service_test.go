package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWaysAround_throughServicesOfServicesAreFound(t *testing.T) {
	t.Parallel()
	const (
		services = "\n    more: {rule: Host(\"more.example\"), service: mixed}\n  services:\n    shop: {loadBalancer: {servers: [{url: \"http://10.0.0.1\"}]}}\n" +
			"    blog: {loadBalancer: {servers: [{url: \"http://10.0.0.2\"}]}}\n"
		begin = `
http:
  middlewares:
    huawei-id: {plugin: {huaweiid: {audience: {clientIDs: ["101234567"]}}}}
  routers:
    shop: {rule: Host("shop.example"), middlewares: [huawei-id], service: shop}
` + services
		found = "a.yml:7: error: more@file reaches service shop@file without the plugin, and shop@file with it"
	)
	assertFindings(t, "a.yml", begin, map[string]row{
		"a weighted one":            {"    mixed: {weighted: {services: [{name: blog, weight: 9}, {name: shop, weight: 1}]}}", found},
		"one by the highest weight": {"    mixed: {highestRandomWeight: {services: [{name: blog, weight: 9}, {name: shop@file, weight: 1}]}}", found},
		"one that is mirrored":      {"    mixed: {mirroring: {service: shop, mirrors: [{name: blog, percent: 10}]}}", found},
		"a mirror":                  {"    mixed: {mirroring: {service: blog, mirrors: [{name: shop, percent: 10}]}}", found},
		"one with a fallback":       {"    mixed: {failover: {service: shop, fallback: blog}}", found},
		"a fallback":                {"    mixed: {failover: {service: blog, fallback: shop}}", found},
		"one in another":            {"    mixed: {failover: {service: blog, fallback: deep}}\n    deep: {weighted: {services: [{name: shop}]}}", found},
		"one in itself":             {"    mixed: {weighted: {services: [{name: blog}, {name: deep}]}}\n    deep: {weighted: {services: [{name: mixed}, {name: shop}]}}", found},
		"one of others":             {"    mixed: {weighted: {services: [{name: blog}, {name: mixed}]}}", ""},
		"the same server":           {"    mixed: {weighted: {services: [{name: same}]}}\n    same: {loadBalancer: {servers: [{url: \"http://10.0.0.1/\"}]}}", "more@file reaches http://10.0.0.1 without the plugin"},
		"one with the plugin of it": {"    mixed: {weighted: {services: [{name: blog}, {name: deep}]}}\n    deep: {middlewares: [huawei-id], weighted: {services: [{name: shop}]}}", ""},
		"one beside the plugin of it": {"    mixed: {weighted: {services: [{name: shop}, {name: deep}]}}\n    deep: {middlewares: [huawei-id], weighted: {services: [{name: shop}]}}",
			"error: more@file reaches service shop@file without the plugin, and more@file with it"},
	})
}

func TestWaysAround_throughServicesInTOMLAreFound(t *testing.T) {
	t.Parallel()
	got := findings(t, map[string]string{"a.toml": `
[http.middlewares.huawei-id.plugin.huaweiid]
  audience = {clientIDs = ["101234567"]}
[http.routers]
  shop = {rule = "Host('shop.example')", middlewares = ["huawei-id"], service = "shop"}
  more = {rule = "Host('more.example')", service = "mixed"}
[[http.services.mixed.weighted.services]]
  name = "blog"
[[http.services.mixed.weighted.services]]
  name = "shop"
`})
	require.Len(t, got, 1)
	assert.Contains(t, got[0], "a.toml:5: error: more@file reaches service shop@file without the plugin, and shop@file with it")
}

func TestWaysAround_throughTraefikServicesAreFound(t *testing.T) {
	t.Parallel()
	const (
		route = `
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: more, namespace: shop}
spec: {routes: [{match: Host("more.example"), services: [{name: mixed, kind: TraefikService}]}]}
---
apiVersion: traefik.io/v1alpha1
kind: TraefikService
metadata: {name: mixed, namespace: shop}
spec: `
		found = "error: IngressRoute shop/more reaches Service shop/shop without the plugin, and IngressRoute shop/shop with it"
	)
	assertFindings(t, "a.yml", manifests+route, map[string]row{
		"a weighted one":            {"{weighted: {services: [{name: blog, port: 80}, {name: shop, port: 80}]}}", found},
		"one by the highest weight": {"{highestRandomWeight: {services: [{name: blog, port: 80}, {name: shop, port: 80}]}}", found},
		"one that is mirrored":      {"{mirroring: {name: shop, port: 80, mirrors: [{name: blog, port: 80}]}}", found},
		"a mirror":                  {"{mirroring: {name: blog, port: 80, mirrors: [{name: shop, port: 80, namespace: shop}]}}", found},
		"one in itself":             {"{weighted: {services: [{name: mixed, kind: TraefikService}, {name: shop}]}}", found},
		"one of others":             {"{weighted: {services: [{name: shop, namespace: other}]}}", ""},
	})
}

func TestWaysAround_throughADefaultBackendAreFound(t *testing.T) {
	t.Parallel()
	const begin = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: more\n  namespace: shop\n"
	assertFindings(t, "a.yml", manifests+begin, map[string]row{
		"alone":        {"spec: {defaultBackend: {service: {name: shop}}}", "a.yml:20: error: Ingress shop/more reaches Service shop/shop without the plugin"},
		"of another":   {"spec: {defaultBackend: {service: {name: blog}}}", "warning: Ingress shop/more has no plugin and matches all that IngressRoute shop/shop matches"},
		"of a bucket":  {"spec: {defaultBackend: {resource: {kind: Bucket, name: shop}}}", ""},
		"beside rules": {"spec: {defaultBackend: {service: {name: shop}}, rules: [{host: blog.example, http: {paths: [{backend: {service: {name: blog}}}]}}]}", ""},
		"with the plugin": {"  annotations: {traefik.ingress.kubernetes.io/router.middlewares: shop-huawei-id@kubernetescrd}\n" +
			"spec: {defaultBackend: {service: {name: shop}}}", ""},
	})
}

// Two services of one container are the same application where they have the same port.
func TestCompose_waysAroundThroughOnePortAreFound(t *testing.T) {
	t.Parallel()
	const begin = compose + "  more:\n    labels:\n" +
		"      - traefik.http.routers.a.rule=Host(`a.example`)\n      - traefik.http.routers.a.service=a\n      - traefik.http.routers.a.middlewares=huawei-id\n" +
		"      - traefik.http.routers.b.rule=Host(`b.example`)\n      - traefik.http.routers.b.service=b\n" +
		"      - traefik.http.services.a.loadbalancer.server.port=80\n      - traefik.http.services.b.loadbalancer.server.port="
	assertFindings(t, "docker-compose.yml", begin, map[string]row{
		"the same": {"80\n", "b@docker reaches port 80 of container more without the plugin, and a@docker with it"},
		"another":  {"81\n", ""},
	})
}
