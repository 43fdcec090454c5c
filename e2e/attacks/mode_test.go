package attacks

import (
	"fmt"
	"strings"
)

// modes other than enforce let requests through that have no identity: nobody else may give them one.
var modes = class{
	name:       "modes that let through",
	advisories: "CVE-2017-6062 CVE-2026-25748 CVE-2023-27488 CVE-2026-30851",
	run: func(c *cases) {
		forged := append(forgery(), forgedStatus, "x_user_openid: forged", "X.User.Phone: forged", "X_Identity.Status: forged")
		for _, row := range []struct {
			name  string
			lines []string
			code  string // in mode enforce
		}{
			{"no token", nil, "token_missing"},
			{"another scheme", []string{"Authorization: Basic dXNlcjpwYXNz"}, "token_missing"},
			{"an empty header", []string{"Authorization:"}, "token_missing"},
			{"an empty token", []string{"Authorization: Bearer"}, "token_invalid"},
			{"a bad token", []string{bearer(token("invalid"))}, "token_invalid"},
			{"an expired token", []string{bearer(token("expired"))}, "token_invalid"},
			{"a revoked token", []string{bearer(token("revoked"))}, "token_invalid"},
			{"an unknown token", []string{bearer("forged")}, "token_invalid"},
			{"a malformed token", []string{bearer("a b")}, "token_invalid"},
			{"two tokens", []string{bearer(token("mainland")), bearer(token("mainland"))}, "token_repeated"},
			{"no permission", []string{bearer(token("forbidden"))}, "permission_denied"},
			{"Huawei makes no sense", []string{bearer(token("body/html"))}, "huawei_malformed"},
			{"Huawei does not understand", []string{bearer(token("nsp/105"))}, "huawei_misconfigured"},
		} {
			lines := append(row.lines[:len(row.lines):len(row.lines)], forged...)
			optional := refused(row.code)
			if row.code == "token_missing" {
				optional = nobody().status("anonymous")
			}
			report := nobody().status(row.code)
			if strings.HasPrefix(row.code, "huawei_") {
				report = nobody().status("pending") // nothing is remembered, and report mode waits for nobody
			}
			// Twice: once by asking, once by what is remembered.
			for _, when := range []string{"", ", again"} {
				c.send("enforce: "+row.name+when, request{to: "enforce", lines: lines}, refused(row.code))
				c.send("optional: "+row.name+when, request{to: "optional", lines: lines}, optional)
				c.send("report: "+row.name+when, request{to: "report", lines: lines}, report)
			}
		}
		for _, kind := range []string{"mainland", "warning"} {
			t := token(kind)
			for _, to := range []string{"enforce", "optional", "report"} {
				c.send(to+": a good token, "+kind, request{to: to, lines: append(forged, bearer(t))}, user(t).status("verified"))
			}
		}
	},
}

// preflights pass without a token where that is allowed, and must not be a way in for anything else.
var preflights = class{
	name:       "preflights",
	advisories: "CVE-2026-30851 CVE-2026-39998 CVE-2025-66490",
	run: func(c *cases) {
		forged := append(forgery(), forgedStatus, "x_user_openid: forged")
		preflight := append(forged, "Origin: https://app.example", "Access-Control-Request-Method: GET")
		good := token("mainland")
		send := func(name, to, method string, w want, lines ...string) {
			c.send(name, request{to: to, method: method, lines: lines}, w)
		}
		anonymous := nobody().status("anonymous")
		send("without a token", "preflight", "OPTIONS", anonymous, preflight...)
		send("with a token", "preflight", "OPTIONS", anonymous, append(preflight, bearer(good))...)
		send("with a bad token", "preflight", "OPTIONS", anonymous, append(preflight, bearer(token("invalid")))...)
		send("with two tokens", "preflight", "OPTIONS", anonymous, append(preflight, bearer(good), bearer(token("mainland")))...)
		send("with hop-by-hop names", "preflight", "OPTIONS", anonymous, append(preflight, "Connection: X-User-OpenID")...)
		chunked := append(preflight, "Transfer-Encoding: chunked", "Trailer: X-User-OpenID")
		for _, to := range []string{"preflight", "buffered-preflight", "buffered-preflight.h2c"} {
			r := request{to: to, method: "OPTIONS", lines: chunked, body: "5\r\nhello\r\n0\r\nX-User-OpenID: forged\r\n\r\n"}
			c.send("with a trailer, "+to, r, refused("token_missing"))
		}
		// The buffering middleware tells that the body is empty, and keeps the trailers.
		for _, to := range []string{"buffered-preflight", "buffered-preflight.h2c"} {
			r := request{to: to, method: "OPTIONS", lines: chunked, body: "0\r\nX-User-OpenID: forged\r\n\r\n"}
			c.send("with a trailer and no body, "+to, r, anonymous)
		}
		c.send("with a body", request{to: "preflight", method: "OPTIONS", lines: append(preflight, "Content-Length: 5"), body: "hello"},
			refused("token_missing"))
		for _, line := range []string{
			"X-HTTP-Method-Override: DELETE", "X-Method-Override: DELETE", "X-HTTP-Method: DELETE", "X_Http.Method_Override: DELETE",
			"Upgrade: websocket",
		} {
			a := c.ask(request{to: "preflight", method: "OPTIONS", lines: append(preflight, "Connection: Upgrade", line)})
			c.judge("with "+line, a, anonymous)
			name, _, _ := strings.Cut(line, ":")
			var err error
			if a.seen != nil && a.seen.Env[fold(name)] != "" {
				err = fmt.Errorf("the backend sees %q", a.seen.Env[fold(name)])
			}
			c.check("the backend does not see "+line, err)
		}
		send("not allowed", "enforce", "OPTIONS", refused("token_missing"), preflight...)
		send("not allowed, with a token", "enforce", "OPTIONS", user(good).status("verified"), append(preflight, bearer(good))...)
		send("not allowed, optional", "optional", "OPTIONS", anonymous, preflight...)

		missing := refused("token_missing")
		send("no Origin", "preflight", "OPTIONS", missing, append(forged, "Access-Control-Request-Method: GET")...)
		send("no method", "preflight", "OPTIONS", missing, append(forged, "Origin: https://app.example")...)
		for _, method := range []string{"GET", "POST", "TRACE", "options", "Options"} {
			send("as "+method, "preflight", method, missing.orBlocked(), preflight...)
		}
		for _, override := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Forwarded-Method"} {
			send("by "+override, "preflight", "GET", missing, append(preflight, override+": OPTIONS")...)
		}
		send("aliases of the two headers", "preflight", "OPTIONS", missing, append(forged, "Origin_: x", "Access_Control_Request_Method: GET")...)
		fields := h2Fields(preflight...)
		c.judge("HTTP/2", c.askH2(h2Request{to: "preflight", method: "OPTIONS", fields: fields}), anonymous)
		c.judge("HTTP/2 as GET", c.askH2(h2Request{to: "preflight", fields: fields}), missing)
	},
}
