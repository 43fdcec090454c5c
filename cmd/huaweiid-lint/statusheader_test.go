package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// statuses has a middleware of the plugin with headers.status, and one of each kind that a router can have in front of it.
const statuses = `
http:
  middlewares:
    huawei-id: {plugin: {huaweiid: {audience: {clientIDs: ["101234567"]}, headers: {status: x-user-status}}}}
    without: {plugin: {huaweiid: {audience: {clientIDs: ["101234567"]}}}}
    watching: {plugin: {huaweiid: {audience: {clientIDs: ["101234567"]}, mode: Report}}}
    metered: {plugin: {huaweiid: {audience: {clientIDs: ["101234567"]}, mode: report, metricsPath: /metrics}}}
    clean: {headers: {customRequestHeaders: {x-user-status: ""}}}
    named: {headers: {customRequestHeaders: {X-Shop: "1"}, customResponseHeaders: {X-Shop: "1"}, stsSeconds: 1}}
    cors: {headers: {accessControlAllowOriginList: ["https://shop.example"]}}
    vary: {headers: {addVaryHeader: true}}
    both: {headers: {customRequestHeaders: {X-User-Status: ""}, accessControlAllowMethods: [GET]}}
    hosts: {headers: {allowedHosts: [shop.example]}}
    clean-hosts: {headers: {customRequestHeaders: {X-User-Status: ""}, allowedHosts: [shop.example]}}
    ssl: {headers: {sslRedirect: true}}
    rate: {rateLimit: {average: 1}}
    flight: {inFlightReq: {amount: 1}}
    lan: {ipAllowList: {sourceRange: [10.0.0.0/8]}}
    old-lan: {ipWhiteList: {sourceRange: [10.0.0.0/8]}}
    basic: {basicAuth: {users: []}}
    digest: {digestAuth: {users: []}}
    forward: {forwardAuth: {address: "http://auth.example"}}
    https: {redirectScheme: {scheme: https}}
    regex: {redirectRegex: {regex: a, replacement: b}}
    breaker: {circuitBreaker: {expression: a}}
    buffer: {buffering: {maxRequestBodyBytes: 1}}
    grpc: {grpcWeb: {allowOrigins: ["*"]}}
    again: {retry: {attempts: 2}}
    other: {plugin: {other: {}}}
    later: {notYet: {a: 1}}
    pages: {errors: {status: ["500"], service: shop, query: /}}
    prefix: {addPrefix: {prefix: /a}}
    strip: {stripPrefix: {prefixes: [/a]}}
    strip-regex: {stripPrefixRegex: {regex: [/a]}}
    replace: {replacePath: {path: /a}}
    replace-regex: {replacePathRegex: {regex: a, replacement: b}}
    small: {compress: {}}
    type: {contentType: {}}
    certificate: {passTLSClientCert: {pem: true}}
    limits: {chain: {middlewares: [small, rate]}}
    circle: {chain: {middlewares: [circle, rate]}}
    cleaned: {chain: {middlewares: [clean, rate]}}
  services:
    shop: {loadBalancer: {servers: [{url: "http://10.0.0.1"}]}}
  routers:
    shop: {rule: Host("shop.example"), service: shop, middlewares: [IN-FRONT, huawei-id, rate]}
`

func TestStatusHeader_isNotTheClientsWhereAnotherMiddlewareAnswers(t *testing.T) {
	t.Parallel()
	const answers = ", in front of it, may answer requests by itself: "
	for names, want := range map[string]string{
		"rate":                   "rate@file (rateLimit)" + answers,
		"flight":                 "flight@file (inFlightReq)" + answers,
		"lan":                    "lan@file (ipAllowList)" + answers,
		"old-lan":                "old-lan@file (ipWhiteList)" + answers,
		"basic":                  "basic@file (basicAuth)" + answers,
		"digest":                 "digest@file (digestAuth)" + answers,
		"forward":                "forward@file (forwardAuth)" + answers,
		"cors":                   "cors@file (headers)" + answers,
		"vary":                   "vary@file (headers)" + answers,
		"both":                   "both@file (headers)" + answers,
		"hosts":                  "hosts@file (headers)" + answers,
		"ssl":                    "ssl@file (headers)" + answers,
		"https":                  "https@file (redirectScheme)" + answers,
		"regex":                  "regex@file (redirectRegex)" + answers,
		"breaker":                "breaker@file (circuitBreaker)" + answers,
		"buffer":                 "buffer@file (buffering)" + answers,
		"grpc":                   "grpc@file (grpcWeb)" + answers,
		"other":                  "other@file" + answers,
		"later":                  "later@file (notYet)" + answers,
		"without":                "without@file" + answers,
		"metered":                "metered@file" + answers,
		"circle":                 "rate@file (rateLimit)" + answers,
		"limits":                 "rate@file (rateLimit)" + answers,
		"small, cors, rate":      "cors@file (headers)" + answers,
		"named, rate":            "rate@file (rateLimit)" + answers,
		"again":                  "again@file (retry), in front of it, hands on a copy, which Traefik's metrics and access log do not see: ",
		"clean, rate, cors":      "",
		"clean, again":           "",
		"cleaned":                "",
		"clean-hosts":            "",
		"huawei-id, rate":        "",
		"watching":               "",
		"pages, prefix, strip":   "",
		"strip-regex, replace":   "",
		"replace-regex, small":   "",
		"type, certificate":      "",
		"named, none@docker":     "",
		"none@docker, watching ": "",
	} {
		t.Run(names, func(t *testing.T) {
			t.Parallel()
			if want != "" {
				want = "a.yml:45: warning: X-User-Status, which huawei-id@file sets as headers.status, is the client's to choose on shop@file where " + want
			}
			assertFinding(t, "a.yml", strings.Replace(statuses, "IN-FRONT", names, 1), want)
		})
	}
	// Nobody goes by a header that there is not.
	assertFinding(t, "a.yml", strings.NewReplacer("IN-FRONT", "rate", ", headers: {status: x-user-status}", "").Replace(statuses), "")
}

// With the plugin first at the entry point nothing answers in front of it; with something in front of it there, that does.
func TestStatusHeader_isThePluginsWhereItComesFirstAtTheEntryPoint(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"a.yml":       strings.Replace(statuses, "IN-FRONT", "rate, cors", 1),
		"traefik.yml": "entryPoints: {web: {http: {middlewares: [huawei-id@file, rate@file]}}}",
	}
	assert.Empty(t, findings(t, files))
	files["traefik.yml"] = "entryPoints: {web: {http: {middlewares: [rate@file, huawei-id@file]}}}"
	got := findings(t, files)
	require.Len(t, got, 1)
	assert.Contains(t, got[0], "is the client's to choose on shop@file where rate@file (rateLimit), in front of it")
	files["traefik.yml"] = "entryPoints: {web: {http: {middlewares: [clean@file, rate@file]}}}"
	assert.Empty(t, findings(t, files))
}

// What a parent answers counts for the parent, whatever its children have.
func TestStatusHeader_isLookedAtOnEachLayer(t *testing.T) {
	t.Parallel()
	begin := strings.Replace(statuses, "IN-FRONT, ", "", 1)
	const (
		onParent = "is the client's to choose on parent@file"
		onChild  = "is the client's to choose on child@file where rate@file (rateLimit)"
	)
	assertFindings(t, "a.yml", begin, map[string]row{
		"the parent has it":                {"    parent: {rule: Host(\"a\"), middlewares: [huawei-id]}\n    child: {rule: Path(\"/\"), parentRefs: [parent], middlewares: [rate], service: shop}", ""},
		"the parent has it behind a limit": {"    parent: {rule: Host(\"a\"), middlewares: [rate, huawei-id]}\n    child: {rule: Path(\"/\"), parentRefs: [parent], service: shop}", onParent + " where rate@file (rateLimit)"},
		"the child has it":                 {"    parent: {rule: Host(\"a\")}\n    child: {rule: Path(\"/\"), parentRefs: [parent], middlewares: [huawei-id], service: shop}", onParent + ": metrics"},
		"the parent answers without it":    {"    parent: {rule: Host(\"a\"), middlewares: [rate]}\n    child: {rule: Path(\"/\"), parentRefs: [parent], middlewares: [huawei-id], service: shop}", onParent + ": metrics"},
		"the parent takes it off":          {"    parent: {rule: Host(\"a\"), middlewares: [clean]}\n    child: {rule: Path(\"/\"), parentRefs: [parent], middlewares: [rate, huawei-id], service: shop}", ""},
	})
	got := findings(t, map[string]string{"a.yml": begin + "    parent: {rule: Host(\"a\")}\n    child: {rule: Path(\"/\"), parentRefs: [parent], middlewares: [rate, huawei-id], service: shop}"})
	require.Len(t, got, 2)
	assert.Contains(t, got[0], onParent)
	assert.Contains(t, got[1], onChild)
}

func TestStatusHeader_isLookedAtInFiltersOfRoutes(t *testing.T) {
	t.Parallel()
	begin := strings.Replace(manifests, `"101234567"]}`, `"101234567"]}, headers: {status: X-User-Status}`, 1) + `
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: rate, namespace: shop}
spec: {rateLimit: {average: 1}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: more, namespace: shop}
spec:
  rules:
    - backendRefs: [{name: shop, port: 80}]
      filters:
        - `
	const (
		ours = "\n        - {type: ExtensionRef, extensionRef: {group: traefik.io, kind: Middleware, name: huawei-id}}"
		rate = "{type: ExtensionRef, extensionRef: {group: traefik.io, kind: Middleware, name: rate}}"
	)
	assertFindings(t, "a.yml", begin, map[string]row{
		"a limit":           {rate + ours, "is the client's to choose on HTTPRoute shop/more where shop-rate@kubernetescrd (rateLimit), in front of it"},
		"a removal":         {"{type: RequestHeaderModifier, requestHeaderModifier: {remove: [x-user-status]}}\n        - " + rate + ours, ""},
		"a value":           {"{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: x-user-status, value: none}]}}\n        - " + rate + ours, ""},
		"something added":   {"{type: RequestHeaderModifier, requestHeaderModifier: {add: [{name: x-user-status, value: none}]}}\n        - " + rate + ours, "where shop-rate@kubernetescrd (rateLimit)"},
		"a redirection":     {"{type: RequestRedirect, requestRedirect: {scheme: https}}" + ours, "where filter 1 of rule 1 of HTTPRoute shop/more (RequestRedirect), in front of it"},
		"nothing before it": {"{type: URLRewrite, urlRewrite: {hostname: a}}" + ours, ""},
	})
}
