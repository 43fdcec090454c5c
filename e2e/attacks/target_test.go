package attacks

import (
	"net/http"
	"strings"
)

// targets are ways to name a path, a host or a method so that a gateway thinks of another one than the backend does. The
// plugin makes no exceptions for any: whatever a request is for, it is judged.
var targets = class{
	name: "request targets, hosts and overrides",
	advisories: "CVE-2026-35051 CVE-2026-54764 CVE-2026-40912 CVE-2025-66490 CVE-2026-40575 CVE-2026-42273 CVE-2026-33494 " +
		"CVE-2023-27487 CVE-2023-36456 CVE-2025-41235 GHSA-7rh7-c77v-6434 GHSA-pxq7-h93f-9jrg GHSA-5hvv-m4w4-gf6v",
	run: func(c *cases) {
		for _, target := range []string{
			"/", "//", "///", "/./", "/../", "/..", "/a/../..", "/%2e%2e/", "/%2E./", "/%2f", "/a%2fb", "/..;/", "/;a=b/", "/a%00b",
			"/%5c..%5c", `/\..\`, "/a#b", "/?a#b", "/%23", "/a%3fb", "/ping", "/ping/", "/%70ing", "/metrics", "/healthz", "/.well-known/x",
			"/?access_token=forged", "/?sid=forged", "/%zz", "/a b", "/\xff", "?x", "", "*", "x",
			"http://nowhere.example/", "HTTP://plain/", "http://plain:80/", "http://name:word@plain/", "https://plain/", "http:///",
		} {
			c.target("target "+target, "GET "+target+" HTTP/1.1", "Host: plain")
		}
		for _, method := range []string{"OPTIONS *", "CONNECT plain:80", "CONNECT /", "TRACE /", "get /", "FORGED /", "PRI *", "GET  /", " GET /"} {
			c.target("request line "+method, method+" HTTP/1.1", "Host: plain")
		}
		for _, version := range []string{"HTTP/1.0", "HTTP/1.1 ", "HTTP/0.9", "HTTP/2.0", "http/1.1", "HTTP/1.2", ""} {
			c.target("version "+version, strings.TrimSuffix("GET / "+version, " "), "Host: plain")
		}
		c.target("no host, HTTP/1.0", "GET / HTTP/1.0")
		c.target("no host, HTTP/1.1", "GET / HTTP/1.1")
		for _, host := range []string{
			"PLAIN", "pLaiN", "plain:80", "plain:", "plain.", "plain.:80", "[::1]", "127.0.0.1", "plain,optional", "a b", "plain/x", "plain@x",
			"", "*", "plain\toptional", "plain\x00", "plain%00",
		} {
			c.target("host "+host, "GET / HTTP/1.1", "Host: "+host)
		}
		c.target("two hosts", "GET / HTTP/1.1", "Host: plain", "Host: optional")
		for _, line := range []string{
			"X-Forwarded-Uri: /ping", "X-Forwarded-Prefix: /ping", "X-Forwarded-Host: optional", "X-Forwarded-Method: OPTIONS",
			"X-Forwarded-Proto: https", "X-Forwarded-Port: 8080", "X-Forwarded-For: 127.0.0.1", "X-Real-Ip: 127.0.0.1",
			"X-Original-URL: /ping", "X-Rewrite-URL: /ping", "X-Original-Host: optional", "X-Host: optional", "Forwarded: for=127.0.0.1;host=optional",
			"X-HTTP-Method-Override: OPTIONS", "X-Envoy-Original-Path: /ping", "User-Agent: kube-probe/1.31", "User-Agent: GoogleHC/1.0",
			"X-Middleware-Subrequest: 1", "X-Huaweiid: verified", "Sec-Fetch-Mode: cors", "Expect: 100-continue",
		} {
			c.target(line, "GET / HTTP/1.1", "Host: plain", line)
		}
	},
}

// target sends a request that begins so with forged headers, without and with a token.
func (c *cases) target(name string, lines ...string) {
	var own []int
	if strings.HasPrefix(lines[0], "OPTIONS * ") {
		own = append(own, http.StatusOK) // net/http answers that before anything else does
	}
	wire := strings.Join(append(lines, forgery()...), "\r\n") + "\r\n"
	c.send(name+", no token", request{wire: wire + "\r\n"}, refused("token_missing").orBlocked(own...))
	t := token("warning")
	c.send(name+", a token", request{wire: wire + bearer(t) + "\r\n\r\n"}, user(t).orBlocked(own...))
}
