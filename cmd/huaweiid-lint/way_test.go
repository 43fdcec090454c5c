package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// layers has a middleware of the plugin, and the services shop and blog.
const layers = `
http:
  middlewares:
    huawei-id: {plugin: {huaweiid: {audience: {clientIDs: ["101234567"]}}}}
    https: {redirectScheme: {scheme: https}}
    strip: {stripPrefix: {prefixes: [/a]}}
  services:
    shop: {loadBalancer: {servers: [{url: "http://10.0.0.1"}]}}
    blog: {loadBalancer: {servers: [{url: "http://10.0.0.2"}]}}
  routers:
    other: {rule: Host("other.example"), middlewares: [huawei-id], service: shop}
`

func TestLayers_aChildsRequestsPassTheMiddlewaresOfItsParents(t *testing.T) {
	t.Parallel()
	assertFindings(t, "a.yml", layers, map[string]row{
		"the parent's": {`
    parent: {rule: Host("shop.example"), middlewares: [huawei-id]}
    child: {rule: PathPrefix("/"), parentRefs: [parent], service: shop}
    header: {rule: "Header(\"X-User-OpenID\", \"1\")", parentRefs: [parent@file], service: shop}
`, ""},
		"the grandparent's": {`
    parent: {rule: Host("shop.example"), middlewares: [huawei-id]}
    between: {rule: PathPrefix("/"), parentRefs: [parent]}
    child: {rule: PathPrefix("/"), parentRefs: [between], service: shop}
`, ""},
		"nobody's": {`
    parent: {rule: Host("shop.example")}
    child: {rule: PathPrefix("/"), parentRefs: [parent], service: shop}
`, "a.yml:12: error: child@file reaches service shop@file without the plugin, and other@file with it"},
		"one parent's of two": {`
    parent: {rule: Host("shop.example"), middlewares: [huawei-id]}
    beside: {rule: Host("beside.example")}
    child: {rule: PathPrefix("/"), parentRefs: [parent, beside], service: shop}
`, "a.yml:13: error: child@file reaches service shop@file without the plugin"},
		"its own": {`
    parent: {rule: PathPrefix("/")}
    child: {rule: PathPrefix("/"), parentRefs: [parent], middlewares: [huawei-id], service: shop}
`, ""},
		"a broader sibling": {`
    parent: {rule: Host("shop.example")}
    child: {rule: PathPrefix("/orders"), parentRefs: [parent], middlewares: [huawei-id], service: shop}
    sibling: {rule: PathPrefix("/"), parentRefs: [parent], service: blog}
`, "sibling@file has no plugin and matches all that child@file matches"},
		"a rule that sees other paths": {`
    parent: {rule: Host("shop.example"), middlewares: [strip]}
    child: {rule: PathPrefix("/orders"), parentRefs: [parent], middlewares: [huawei-id], service: shop}
    else: {rule: PathPrefix("/orders"), service: blog}
`, ""},
		"a broader router beside the parent": {`
    parent: {rule: Host("shop.example") && PathPrefix("/a"), middlewares: [huawei-id]}
    child: {rule: PathPrefix("/orders"), parentRefs: [parent], service: shop}
    else: {rule: Host("shop.example"), service: blog}
`, "else@file has no plugin and matches all that child@file matches"},
		"a parent with a service, which Traefik does not ask": {`
    parent: {rule: Host("shop.example"), service: shop}
    child: {rule: PathPrefix("/"), parentRefs: [parent], middlewares: [huawei-id], service: shop}
`, ""},
		"a redirection behind a parent with TLS": {`
    parent: {rule: Host("shop.example"), tls: {}}
    child: {rule: PathPrefix("/"), parentRefs: [parent], middlewares: [https], service: shop}
`, "error: child@file reaches service shop@file"},
		"a redirection behind a parent without": {`
    parent: {rule: Host("shop.example")}
    child: {rule: PathPrefix("/"), parentRefs: [parent], middlewares: [https], service: shop}
`, "warning: child@file reaches service shop@file"},
		"a redirection as broad as what it could take over": {`
    broad: {rule: PathPrefix("/"), middlewares: [https], service: blog}
`, ""},
		"a parent that is not there": {`
    child: {rule: PathPrefix("/"), parentRefs: [parent], service: shop}
`, "child@file names the parent router parent@file, which none of these files has"},
		"its own parent": {`
    child: {rule: PathPrefix("/"), parentRefs: [sibling], service: shop}
    sibling: {rule: PathPrefix("/"), parentRefs: [child], service: shop}
`, ""},
	})
}

func TestLayers_aChildIsOnTheEntryPointsOfItsFirstParent(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"a.yml": layers + `
    parent: {rule: Host("shop.example"), entryPoints: [web]}
    child: {rule: PathPrefix("/"), parentRefs: [parent], service: shop}
`,
		"traefik.yml": "entryPoints: {web: {http: {middlewares: [huawei-id@file]}}, lan: {}}",
	}
	assert.Empty(t, findings(t, files))
	files["traefik.yml"] = strings.ReplaceAll(files["traefik.yml"], "web:", "www:")
	assert.Len(t, findings(t, files), 2, "the parent is on no entry point, either")
}

func TestLayers_ofIngressRoutesAreFollowed(t *testing.T) {
	t.Parallel()
	const child = `
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: child, namespace: team}
spec:
  parentRefs: [{name: %s, namespace: shop}]
  routes: [{match: PathPrefix("/"), services: [{name: shop, namespace: shop}]}]
---
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: open, namespace: shop}
spec: {routes: [{match: Host("open.example")}]}
`
	assertFindings(t, "a.yml", manifests, map[string]row{
		"with the plugin":    {fmt.Sprintf(child, "shop"), ""},
		"without it":         {fmt.Sprintf(child, "open"), "IngressRoute team/child reaches Service shop/shop without the plugin, and IngressRoute shop/shop with it"},
		"that are not there": {fmt.Sprintf(child, "more"), "names the parent router IngressRoute shop/more, which none of these files has"},
	})
}

// Each layer doubles the ways; what is looked at is bounded.
func TestLayers_manyAreLookedAtInTime(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	parents := ""
	for i := range 40 {
		for _, name := range []string{"a", "b"} {
			fmt.Fprintf(&b, "    %s%d: {rule: PathPrefix(\"/%d\"), middlewares: [huawei-id]%s}\n", name, i, i, parents)
		}
		parents = fmt.Sprintf(", parentRefs: [a%d, b%d]", i, i)
	}
	fmt.Fprintf(&b, "    child: {rule: PathPrefix(\"/\"), service: shop%s}\n", parents)
	got := findings(t, map[string]string{"a.yml": layers + b.String()})
	require.NotEmpty(t, got)
	for _, one := range got {
		assert.Contains(t, one, "more than 64 ways lead to ")
	}
}

// redirected has an application with the plugin on websecure, and behind a redirection on web.
const redirected = `
services:
  shop:
    labels:
      - traefik.http.middlewares.to-https.redirectscheme.scheme=https
      - traefik.http.middlewares.to-http.redirectscheme.scheme=http
      - traefik.http.middlewares.by-regex.redirectregex.regex=^http://(.*)
      - traefik.http.middlewares.by-path.redirectregex.regex=^http://shop.example/old
      - traefik.http.middlewares.huawei-id.plugin.huaweiid.audience.clientIDs=101234567
      - traefik.http.routers.shop.entrypoints=websecure
      - traefik.http.routers.shop.rule=Host(` + "`shop.example`" + `)
      - traefik.http.routers.shop.middlewares=huawei-id
      - traefik.http.routers.plain.entrypoints=web
      - traefik.http.routers.plain.rule=Host(` + "`shop.example`" + `)
      - traefik.http.routers.plain.middlewares=`

func TestRedirections_toHTTPSAreNoWayAroundButForWhatTheyLetPass(t *testing.T) {
	t.Parallel()
	const (
		traefik = "\n  traefik:\n    command:\n      - --entrypoints.web.address=:80\n      - --entrypoints.websecure.address=:443\n"
		trusted = "docker-compose.yml:12: warning: plain@docker reaches container shop without the plugin, and shop@docker with it, for requests that a " +
			"proxy in forwardedHeaders.trustedIPs gave an X-Forwarded-Proto: https"
	)
	assertFindings(t, "docker-compose.yml", strings.TrimSuffix(redirected, "\n"), map[string]row{
		"where nobody is trusted":               {"to-https" + traefik, ""},
		"where a proxy is trusted":              {"to-https" + traefik + "      - --entrypoints.web.forwardedHeaders.trustedIPs=10.0.0.0/8\n", trusted},
		"where anybody is trusted":              {"to-https" + traefik + "      - --entrypoints.web.forwardedHeaders.insecure\n", trusted},
		"where nobody knows":                    {"to-https", trusted},
		"where TLS ends, the router's":          {"to-https\n      - traefik.http.routers.plain.tls=true" + traefik, "error: plain@docker reaches container shop"},
		"where TLS ends, the entry point's":     {"to-https" + traefik + "      - --entrypoints.web.http.tls=true\n", "error: plain@docker reaches container shop"},
		"to HTTP":                               {"to-http" + traefik, "error: plain@docker reaches container shop"},
		"by an expression":                      {"by-regex" + traefik, "warning: plain@docker reaches container shop without the plugin, and shop@docker with it, for requests whose URL its redirectRegex does not match"},
		"of some paths by an expression":        {"by-path" + traefik, "error: plain@docker reaches container shop"},
		"with the plugin behind it":             {"to-https,huawei-id" + traefik, ""},
		"as broad as what it could take over":   {"to-https\n      - traefik.http.routers.plain.service=noop@internal\n      - traefik.http.routers.shop.entrypoints=web" + strings.ReplaceAll(traefik, "websecure", "web"), ""},
		"to an application that nobody guards ": {"to-https\n      - traefik.http.routers.plain.service=other@file" + traefik, ""},
	})
}

// An entry point that redirects leaves requests without a Host to its routers (see e2e/checkconfig).
func TestRedirections_ofAnEntryPointLeaveRequestsWithoutAHost(t *testing.T) {
	t.Parallel()
	const static = "entryPoints: {web: {http: {redirections: {entryPoint: {to: websecure%s}}}%s}, websecure: {http: {middlewares: [huawei-id@file]}}}"
	for rule, test := range map[string]struct{ priority, acme, want string }{
		`Host("health.example")`:     {},
		`HostRegexp("^[a-z.]+$")`:    {},
		`HostRegexp(".*")`:           {want: "for requests without a Host, which the redirection of the entry point web leaves to it"},
		`Path("/health")`:            {want: "for requests without a Host, which the redirection of the entry point web leaves to it"},
		`Host("a") || Path("/b")`:    {want: "for requests without a Host, which the redirection of the entry point web leaves to it"},
		`Host("a.example")`:          {priority: ", priority: 10", want: "more@file reaches service shop@file without the plugin, and other@file with it: "},
		`Host("b") && !Path("/b")`:   {acme: ", allowACMEByPass: true", want: "more@file reaches service shop@file without the plugin, and other@file with it: "},
		`!Host("c") && Path("/b")`:   {want: "for requests without a Host"},
		`Host("d") && Path("/b")`:    {},
		`(Host("e") || Host("f"))`:   {},
		`Host("g") || HostRegexp(g)`: {want: "for requests without a Host"},
	} {
		got := findings(t, map[string]string{
			"a.yml": layers + "    more: {rule: '" + rule + "', service: shop}\n", "traefik.yml": fmt.Sprintf(static, test.priority, test.acme),
		})
		if test.want == "" {
			assert.Empty(t, got, rule)
		} else if assert.Len(t, got, 1, rule) {
			assert.Contains(t, got[0], test.want, rule)
		}
	}
}
