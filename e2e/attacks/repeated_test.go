package attacks

import (
	"fmt"
	"strings"
)

// repeatedIdentity sends identity headers more than once: what reads the first value, the last or all must find ours only.
var repeatedIdentity = class{
	name:       "repeated identity headers",
	advisories: "CVE-2026-26308 CVE-2020-25017 CVE-2021-32777 GHSA-6g4j-5vrw-2m8h",
	run: func(c *cases) {
		values := []string{"forged", "", " ", "\tforged\t", "forged, forged", `"forged"`, "=?utf-8?q?forged?="}
		for _, to := range c.everyStack("plain") {
			if to.missing != "" {
				c.skip(to.name, to.missing)
				continue
			}
			for _, kind := range []string{"mainland", "warning"} {
				for _, value := range values {
					for _, times := range []int{1, 2, 20} {
						t := token(kind)
						var lines []string
						for i := range times {
							for _, name := range protectedNames {
								lines = append(lines, casings[i%len(casings)](name)+": "+value)
							}
						}
						c.send(fmt.Sprintf("%s: %s, %q %d times", to.name, kind, value, times),
							request{to: to.name, lines: append(lines, bearer(t))}, user(t))
					}
				}
			}
		}
		c.overHTTP2()
	},
}

// overHTTP2 has names in lower case, and no line structure to break.
func (c *cases) overHTTP2() {
	for _, kind := range []string{"mainland", "warning"} {
		t := token(kind)
		fields := h2Fields(append(forgery(), bearer(t))...)
		ask := func(name string, w want, more ...[2]string) {
			c.judge("HTTP/2: "+kind+", "+name, c.askH2(h2Request{to: "plain", fields: append(fields, more...)}), w)
		}
		ask("lower case", user(t))
		ask("repeated", user(t), h2Fields(append(forgery(), forgery()...)...)...)
		for _, separator := range separators {
			ask("alias with "+separator, user(t), [2]string{"x" + separator + "user" + separator + "phone", "forged"})
		}
		ask("upper case", user(t).orBlocked(), [2]string{"X-User-Phone", "forged"})
		ask("a name with a line break", user(t).orBlocked(), [2]string{"x-other\r\nx-user-phone", "forged"})
		ask("a name with a colon", user(t).orBlocked(), [2]string{"x-user-phone:", "forged"})
		ask("a name with a space", user(t).orBlocked(), [2]string{"x-user-phone ", "forged"})
		ask("a value with a line break", user(t).orBlocked(), [2]string{"x-other", "a\r\nx-user-phone: forged"})
		ask("a value with a line feed", user(t).orBlocked(), [2]string{"x-other", "a\nx-user-phone: forged"})
		ask("a value with NUL", user(t).orBlocked(), [2]string{"x-other", "a\x00x-user-phone: forged"})
		ask("hop-by-hop", user(t).orBlocked(), [2]string{"connection", "x-user-openid"})
		ask("proxy-connection", user(t).orBlocked(), [2]string{"proxy-connection", "x-user-openid"})
		ask("transfer-encoding", user(t).orBlocked(), [2]string{"transfer-encoding", "chunked"})
		ask("a second authority", user(t).orBlocked(), [2]string{"host", "optional"})
		ask("a pseudo-field after the others", user(t).orBlocked(), [2]string{":path", "/forged"})
		ask("an unknown pseudo-field", user(t).orBlocked(), [2]string{":x-user-phone", "forged"})
	}
}

// repeatedTokens have a gateway judge one token and the backend another.
var repeatedTokens = class{
	name:       "repeated tokens",
	advisories: "CVE-2021-32777 GHSA-6g4j-5vrw-2m8h",
	run: func(c *cases) {
		a, b, bad := token("mainland"), token("mainland"), token("invalid")
		repeated := refused("token_repeated")
		header := func(name string, w want, lines ...string) {
			c.send("header: "+name, request{to: "plain", lines: append(lines, forgery()...)}, w)
		}
		header("two users", repeated, bearer(a), bearer(b))
		header("the same twice", user(a), bearer(a), bearer(a))
		header("good, then bad", repeated, bearer(a), bearer(bad))
		header("bad, then good", repeated, bearer(bad), bearer(a))
		header("empty, then good", repeated, "Authorization: Bearer ", bearer(a))
		header("good, then empty", repeated, bearer(a), "Authorization: Bearer")
		header("other casing", repeated, bearer(a), "AUTHORIZATION: bEARER "+b)
		header("sixteen times the same", user(b), bearers(b, 16)...)
		header("seventeen times the same", refused("token_unreadable"), bearers(b, 17)...)
		header("twenty of which one is another", refused("token_unreadable"), append(bearers(b, 19), bearer(a))...)
		header("another scheme is no token", user(a), "Authorization: Basic "+b, bearer(a))
		header("another scheme behind is none either", user(a), bearer(a), "Authorization: Basic "+b)
		header("as a list in one line", refused("token_invalid"), bearer(a)+", Bearer "+b)
		header("an alias of Authorization is none", user(a), bearer(a), "Authorization_: Bearer "+b)

		source := func(name, target string, w want, lines ...string) {
			c.send(name, request{to: "sources", target: target, lines: append(lines, forgery()...)}, w)
		}
		source("cookie: two in a line", "/", repeated, "Cookie: sid="+a+"; sid="+b)
		source("cookie: two lines", "/", repeated, "Cookie: sid="+a, "Cookie: sid="+b)
		source("cookie: one quoted", "/", repeated, `Cookie: sid=`+a+`; sid="`+b+`"`)
		source("cookie: one empty", "/", repeated, "Cookie: sid=; other=1; sid="+b)
		source("cookie: other names", "/", user(a), "Cookie: SID="+b+"; xsid="+b+"; sid="+a+"; sid2="+b)
		source("query: two", "/?access_token="+a+"&access_token="+b, repeated)
		source("query: one escaped", "/?access_token="+a+"&access%5Ftoken="+b, repeated)
		source("query: one empty", "/?access_token=&access_token="+b, repeated)
		source("query: the same twice", "/?access_token="+b+"&access%5ftoken="+b, user(b))
		source("query: seventeen", "/?"+strings.Repeat("access_token="+b+"&", 17), refused("token_unreadable"))
		source("cookie: the same twice", "/", user(a), "Cookie: sid="+a+"; sid="+a, `Cookie: sid="`+a+`"`)
		source("cookie: the same twice, and another right behind", "/", repeated, "Cookie: sid="+a+";sid="+a+";sid="+b)
		source("cookie: seventeen", "/", refused("token_unreadable"), "Cookie: "+strings.Repeat("sid="+a+";", 17))
		// Traefik hands on semicolons as ampersands, to the plugin and to the backend alike.
		source("query: two with a semicolon", "/?access_token="+a+";access_token="+b, repeated)
		source("header before cookie and query", "/?access_token="+b, user(a), bearer(a), "Cookie: sid="+b)
		source("cookie before query", "/?access_token="+b, user(a), "Cookie: sid="+a)
		source("header bad, cookie good", "/", refused("token_invalid"), bearer(bad), "Cookie: sid="+b)
		source("header repeated, cookie good", "/", repeated, bearer(a), bearer(b), "Cookie: sid="+b)

		crumbs := append(h2Fields(forgery()...), [2]string{"cookie", "sid=" + a}, [2]string{"cookie", "sid=" + b})
		c.judge("HTTP/2: cookie in two fields", c.askH2(h2Request{to: "sources", fields: crumbs}), repeated)
		c.judge("HTTP/2: two users", c.askH2(h2Request{to: "plain", fields: h2Fields(bearer(a), bearer(b))}), repeated)
		c.send("report: two users", request{to: "report", lines: append(forgery(), bearer(a), bearer(b))}, nobody().status("token_repeated"))
		c.send("optional: two users", request{to: "optional", lines: append(forgery(), bearer(a), bearer(b))}, repeated)
	},
}

func bearers(token string, times int) []string {
	var lines []string
	for range times {
		lines = append(lines, bearer(token))
	}
	return lines
}
