package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRules_areKnownToCoverEachOther(t *testing.T) {
	t.Parallel()
	const host = "Host(`a.example`)"
	tests := []struct {
		broad, narrow string
		want          bool
	}{
		{host, host, true},
		{host, host + " && PathPrefix(`/x`)", true},
		{host + " && PathPrefix(`/x`)", host, false},
		{"PathPrefix(`/`)", host, true},
		{"PathPrefix(`/api`)", host + " && PathPrefix(`/api/v1`)", true},
		{"PathPrefix(`/api`)", "Path(`/api/me`)", true},
		{"Path(`/api`)", "PathPrefix(`/api`)", false},
		{host + " || Host(`b.example`)", "Host(`B.example`)", true},
		{host, host + " || Host(`b.example`)", false},
		{"HostRegexp(`^.+\\.example$`)", host, true},
		{"HostRegexp(`^.+\\.org$`)", host, false},
		{"PathRegexp(`^/a`)", "Path(`/abc`) && " + host, true},
		{host, "(" + host + " || Host(`b.example`)) && " + host, true},
		{"!Path(`/x`)", host + " && !Path(`/x`)", true},
		{"!Path(`/x`)", "Path(`/x`)", false},
		{"!(Path(`/x`) || Path(`/y`))", "!Path(`/x`) && !Path(`/y`)", true},
		{"!(Path(`/x`) && " + host + ")", "!Path(`/x`)", true},
		{"!PathPrefix(`/`)", host, false},
		{"Header(`a`, `b`)", "Header(`a`, `b`) && " + host, true},
		{"Header(`a`, `b`)", "Header(`a`, `c`)", false},
		{"this is no rule", host, false},
		{host, "this is no rule", false},
		{"Host(`a.example`, `b.example`)", host, true},
	}
	for _, test := range tests {
		assert.Equal(t, test.want, parseRule(test.broad).covers(parseRule(test.narrow)), "%s covers %s", test.broad, test.narrow)
	}
}

const shop = `
http:
  middlewares:
    huawei-id: {plugin: {huaweiid: {audience: {clientIDs: ["101234567"]}, headers: {status: x-user-status}}}}
    all: {chain: {middlewares: [huawei-id]}}
    clean: {headers: {customRequestHeaders: {X-User-Status: ""}}}
  services:
    shop: {loadBalancer: {servers: [{url: "http://10.0.0.1"}]}}
    same: {loadBalancer: {servers: [{url: "http://10.0.0.1/"}]}}
    other: {loadBalancer: {servers: [{url: "http://10.0.0.2"}]}}
  routers:
    shop: {rule: "Host(` + "`shop.example`) && PathPrefix(`/shop`)" + `", middlewares: [all], service: shop}
`

func TestWaysAround_areFound(t *testing.T) {
	t.Parallel()
	const status = " is the client's to choose on more@file"
	tests := map[string]struct {
		router string
		want   []string
	}{
		"the same service":            {"{rule: Path(`/health`), service: shop}", []string{"more@file reaches service shop@file without the plugin, and shop@file with it", status}},
		"the same server":             {"{rule: Path(`/health`), service: same@file}", []string{"more@file reaches http://10.0.0.1 without the plugin", status}},
		"a broader rule":              {"{rule: PathPrefix(`/`), service: other}", []string{status, "more@file has no plugin and matches all that shop@file matches"}},
		"a broader rule, with it":     {"{rule: PathPrefix(`/`), service: other, middlewares: [huawei-id]}", nil},
		"another application":         {"{rule: Host(`b.example`), service: other}", []string{status}},
		"another, the header off":     {"{rule: Host(`b.example`), service: other, middlewares: [clean]}", nil},
		"a middleware that is not":    {"{rule: Host(`b.example`), service: other, middlewares: [clean, huawei]}", []string{"names the middleware huawei@file, which none of these files has"}},
		"one of another provider":     {"{rule: Host(`b.example`), service: other, middlewares: [clean, huawei@docker]}", nil},
		"the dashboard":               {"{rule: PathPrefix(`/api`), service: api@internal, middlewares: [clean]}", nil},
		"the same, by a label's @":    {"{rule: Path(`/x`), service: shop@file, middlewares: [all@file]}", nil},
		"its own service's chain":     {"{rule: Path(`/x`), service: shop, middlewares: [clean]}", []string{"reaches service shop@file without the plugin"}},
		"a rule that nobody can read": {"{rule: Host(`, service: other, middlewares: [clean]}", nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := findings(t, map[string]string{"a.yml": shop + "    more: " + quoteRule(test.router)})
			require.Len(t, got, len(test.want), strings.Join(got, "\n"))
			for i, want := range test.want {
				assert.True(t, strings.HasPrefix(got[i], "a.yml:12: "), got[i])
				assert.Contains(t, got[i], want)
			}
		})
	}
}

// quoteRule makes YAML of a router whose rule has no quotes.
func quoteRule(router string) string {
	before, after, _ := strings.Cut(router, "rule: ")
	rule, rest, _ := strings.Cut(after, ", service")
	return before + "rule: '" + rule + "', service" + rest
}

// The static configuration says which middlewares all routers of an entry point have.
func TestWaysAround_areNoneBehindAnEntryPointWithThePlugin(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"dynamic.yml": shop + "    more: " + quoteRule("{rule: PathPrefix(`/`), service: shop}"),
		"traefik.toml": `
[entryPoints.web]
  address = ":80"
  [entryPoints.web.http]
    middlewares = ["huawei-id@file"]
[entryPoints.lan]
  address = ":8080"
`,
	}
	got := findings(t, files)
	require.NotEmpty(t, got, "a router without entry points is on lan, too")
	static := files["traefik.toml"]
	files["traefik.toml"] = strings.Replace(static, "\":80\"", "\":80\"\n  asDefault = true", 1)
	assert.Empty(t, findings(t, files))
	files["traefik.toml"] = strings.Replace(static, "entryPoints.lan", "entryPoints.traefik", 1)
	assert.Empty(t, findings(t, files), "Traefik's own entry point has no routers that do not name it")
}

func TestWaysAround_ofARouterOnAnotherEntryPointAreNone(t *testing.T) {
	t.Parallel()
	got := findings(t, map[string]string{
		"dynamic.yml": strings.Replace(shop, "middlewares: [all],", "middlewares: [all], entryPoints: [web],", 1) +
			"    more: " + quoteRule("{rule: PathPrefix(`/`), service: other, entryPoints: [internal], middlewares: [clean]}"),
	})
	assert.Empty(t, got)
}

const manifests = `
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: huawei-id, namespace: shop}
spec: {plugin: {huaweiid: {audience: {clientIDs: ["101234567"]}}}}
---
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: shop, namespace: shop}
spec:
  routes:
    - match: Host(` + "`shop.example`" + `)
      middlewares: [{name: huawei-id}]
      services: [{name: shop, port: 80}]
---
`

func TestWaysAround_inKubernetesAreFound(t *testing.T) {
	t.Parallel()
	assertFindings(t, "a.yml", manifests, map[string]row{
		"a route of the same IngressRoute": {`
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: more, namespace: shop}
spec:
  routes:
    - match: Path("/health")
      services: [{name: shop, port: 80}]
`, "IngressRoute shop/more reaches Service shop/shop without the plugin"},
		"an Ingress": {`
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: more, namespace: shop}
spec:
  rules:
    - http: {paths: [{path: /health, pathType: Exact, backend: {service: {name: shop}}}]}
`, "Ingress shop/more reaches Service shop/shop without the plugin"},
		"an Ingress with it": {`
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: more
  namespace: shop
  annotations: {traefik.ingress.kubernetes.io/router.middlewares: shop-huawei-id@kubernetescrd}
spec:
  rules:
    - http: {paths: [{path: /health, pathType: Exact, backend: {service: {name: shop}}}]}
`, ""},
		"an HTTPRoute": {`
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: more, namespace: shop}
spec:
  rules:
    - matches: [{path: {type: PathPrefix, value: /}}]
      backendRefs: [{name: other, port: 80}]
`, "HTTPRoute shop/more has no plugin and matches all that IngressRoute shop/shop matches"},
		"an HTTPRoute with it": {`
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: more, namespace: shop}
spec:
  hostnames: [shop.example]
  rules:
    - filters: [{type: ExtensionRef, extensionRef: {group: traefik.io, kind: Middleware, name: huawei-id}}]
      backendRefs: [{name: shop, port: 80}]
`, ""},
		"a GRPCRoute in a List": {`
apiVersion: v1
kind: List
items:
  - apiVersion: gateway.networking.k8s.io/v1
    kind: GRPCRoute
    metadata: {name: more, namespace: shop}
    spec:
      rules:
        - matches: [{method: {service: shop.Orders}}]
          backendRefs: [{name: shop, port: 80}]
`, "GRPCRoute shop/more reaches Service shop/shop without the plugin"},
		"an Ingress in a List": {`
apiVersion: v1
kind: List
items:
  - apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata:
      name: more
      namespace: shop
      annotations: {traefik.ingress.kubernetes.io/router.middlewares: shop-huawei-id@kubernetescrd}
    spec:
      rules:
        - http: {paths: [{path: /health, pathType: Exact, backend: {service: {name: shop}}}]}
`, ""},
		"the same name in another namespace": {`
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: more, namespace: other}
spec:
  routes:
    - match: Host("other.example")
      services: [{name: shop, port: 80}]
`, ""},
		"a middleware of another namespace": {`
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: more, namespace: other}
spec:
  routes:
    - match: Host("other.example")
      middlewares: [{name: huawei-id}]
      services: [{name: shop, port: 80}]
`, "names the middleware other-huawei-id@kubernetescrd, which none of these files has"},
	})
}

func TestGatewayMatches_areRulesOfTraefik(t *testing.T) {
	t.Parallel()
	for want, match := range map[string]map[string]any{
		`PathPrefix("/")`:                       {},
		`PathPrefix("/a")`:                      {"path": map[string]any{"type": "PathPrefix", "value": "/a"}},
		`Path("/a")`:                            {"path": map[string]any{"type": "Exact", "value": "/a"}},
		`PathRegexp("/a.*")`:                    {"path": map[string]any{"type": "RegularExpression", "value": "/a.*"}},
		`PathPrefix("/shop.Orders/")`:           {"method": map[string]any{"service": "shop.Orders"}},
		`Path("/shop.Orders/List")`:             {"method": map[string]any{"service": "shop.Orders", "method": "List"}},
		`(PathPrefix("/")) && (headers("[x]"))`: {"headers": []any{"x"}},
	} {
		assert.Equal(t, want, matchRule(match))
	}
}

// Manifests without a namespace are applied to the one that is called default, unless another is chosen for all of them.
func TestWaysAround_ofManifestsWithoutANamespaceAreFound(t *testing.T) {
	t.Parallel()
	const more = `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: more, namespace: default}
spec:
  rules:
    - http: {paths: [{path: /health, pathType: Exact, backend: {service: {name: shop}}}]}
`
	got := findings(t, map[string]string{"a.yml": strings.ReplaceAll(manifests, ", namespace: shop", "") + more})
	require.Len(t, got, 1, strings.Join(got, "\n"))
	assert.Contains(t, got[0], "Ingress default/more reaches Service default/shop without the plugin")
}
