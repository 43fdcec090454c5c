package attacks

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// unfitTokens have bytes or a length that no token has. Nobody is asked about them.
var unfitTokens = class{
	name:       "tokens that cannot be one",
	advisories: "CVE-2019-9900 CVE-2023-27488 GHSA-9g5w-hqr3-w2ph CVE-2026-25748",
	run: func(c *cases) {
		invalid := refused("token_invalid")
		for _, u := range unfit {
			// Another one in every place, since refusals are remembered.
			value := func() string { return u.of(token("mainland")) }
			// Some bytes no header carries: then Traefik refuses the request.
			c.unasked("header: "+u.name, request{to: "plain", lines: append(forgery(), bearer(value()))}, invalid.orBlocked())
			c.unasked("header, optional: "+u.name, request{to: "optional", lines: append(forgery(), bearer(value()))}, invalid.orBlocked())
			c.unasked("header, report: "+u.name, request{to: "report", lines: append(forgery(), bearer(value()))},
				nobody().status("token_invalid").orBlocked())
			c.unasked("query: "+u.name, request{to: "sources", target: "/?access_token=" + strings.ReplaceAll(url.QueryEscape(value()), "+", "%20"), lines: forgery()}, invalid)
			c.unasked("cookie: "+u.name, request{to: "sources", lines: append(forgery(), "Cookie: sid="+value())}, invalid.orBlocked())
		}
		// As bytes of a header these end a line: see the class of request smuggling.
		for _, end := range []string{"%0a", "%0d%0a", "%0d%0aX-User-Phone:%20forged", "%0AX-User-OpenID:%20forged", "%0d%0a%0d%0aGET%20/smuggled"} {
			c.unasked("query: a token and "+end, request{to: "sources", target: "/?access_token=mainland/x" + end, lines: forgery()}, invalid)
		}
		// A live token without the scheme, or with another, was not given to us.
		for _, credentials := range []string{"", "Basic ", "Token ", "DPoP ", "Bearer-", "Bearer:", "Bearer=", "\"Bearer\" ", "Basic Bearer "} {
			line := "Authorization: " + credentials + token("mainland")
			c.unasked(fmt.Sprintf("the scheme %q", credentials), request{to: "plain", lines: append(forgery(), line)}, refused("token_missing"))
			c.unasked(fmt.Sprintf("the scheme %q, optional", credentials), request{to: "optional", lines: append(forgery(), line)},
				nobody().status("anonymous"))
		}
		for _, value := range []string{"%zz", "%", "%u0041", "%2", "%00%zz"} {
			c.unasked("query: the bad escape "+value, request{to: "sources", target: "/?access_token=" + value, lines: forgery()}, invalid)
		}
		// Another issuer's token is none of Huawei's business.
		for _, jwt := range []string{"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln", "eyJhbGciOiJub25lIn0.eyJpc3MiOiJ4In0."} {
			c.unasked("a JWT: "+jwt, request{to: "plain", lines: append(forgery(), bearer(jwt))}, refused("token_foreign"))
		}
		// A sibling domain can set such a cookie where it cannot set the true one (__Host-).
		for _, space := range []string{"\u2003", "\u00a0", "\u0085", "\u3000", "\v", "\f"} {
			c.unasked(fmt.Sprintf("a cookie behind %q", space), request{to: "sources", lines: append(forgery(),
				"Cookie: "+space+"sid="+token("mainland"))}, refused("token_missing").orBlocked())
			c.unasked(fmt.Sprintf("a second cookie behind %q", space), request{to: "sources", lines: append(forgery(),
				"Cookie: a=b;"+space+"sid="+token("mainland"))}, refused("token_missing").orBlocked())
		}
	},
}

// unasked sends a request that Huawei must not hear of.
func (c *cases) unasked(name string, r request, w want) {
	before := c.huawei.sim.Stats()
	a := c.ask(r)
	after := c.huawei.sim.Stats()
	if calls := after.Calls[huaweisim.GetInfo] - before.Calls[huaweisim.GetInfo]; calls != 0 {
		a.err = fmt.Errorf("Huawei was asked %d times", calls)
	}
	c.judge(name, a, w)
}

// unfit makes values that are no token of one that would be good.
var unfit = []struct {
	name string
	of   func(good string) string
}{
	{"a carriage return", followedBy("\rX-User-Phone: forged")},
	{"a NUL", followedBy("\x00mainland/x")},
	{"a NUL at its end", followedBy("\x00")},
	{"a tab", followedBy("\tx")},
	{"a space", followedBy(" x")},
	{"DEL", followedBy("\x7f")},
	{"latin-1", followedBy("\xe9")},
	{"no UTF-8", followedBy("\xc0\x80")},
	{"an umlaut", followedBy("ü")},
	{"a fullwidth solidus", func(good string) string { return strings.Replace(good, "/", "／", 1) }},
	{"an emoji", followedBy("😀")},
	{"a zero-width space", followedBy("\u200b")},
	{"a line separator", followedBy("\u2028x")},
	{"2049 bytes", func(good string) string { return good + strings.Repeat("a", 2049-len(good)) }},
	{"a lookup of a name", followedBy("${jndi:ldap://x/a}")},
	{"SQL", followedBy("'/**/union/**/select")},
	{"a tag", followedBy("<script>")},
	{"another parameter", followedBy("&open_id=OPENID")},
	{"a percent sign", followedBy("%252B")},
	{"64 KiB", followedBy(strings.Repeat("a", 64<<10))},
}

func followedBy(end string) func(string) string {
	return func(good string) string { return good + end }
}

// smuggledParameters are tokens that are something else as well where a token is put into a form without escaping.
var smuggledParameters = class{
	name:       "parameters smuggled in a token",
	advisories: "CVE-2023-27487 GHSA-7rh7-c77v-6434 CVE-2026-58425",
	run: func(c *cases) {
		for _, to := range []string{"plain", "audience"} {
			victim := token("mainland")
			for i, more := range []string{"=", "==", "+", "+x", "+access_token=" + victim, "/../" + victim, "~", "a+b/c=="} {
				t := token("mainland") + more
				c.send(fmt.Sprintf("%s: %d, with %.8q", to, i, more), request{to: to, lines: append(forgery(), bearer(t))}, user(t))
				var err error
				if calls := c.huawei.sim.TokenCalls(huaweisim.GetInfo, t); calls != 1 {
					err = fmt.Errorf("Huawei was asked about it %d times, want once", calls)
				}
				c.check(fmt.Sprintf("%s: %d is one token to Huawei", to, i), err)
			}
			for i, more := range []string{
				"&open_id=OPENID", "&open_id=", "&access_token=" + victim, "&nsp_svc=GOpen.User.getInfo", "&", "&&=",
				"%26access_token=" + victim, "%2B", "%", "%00", "#" + victim, "?access_token=" + victim, ";x=1", `"`, `\`, `{"a":1}`, "<x>",
			} {
				c.unasked(fmt.Sprintf("%s: unfit %d, with %.8q", to, i, more),
					request{to: to, lines: append(forgery(), bearer(token("mainland")+more))}, refused("token_invalid"))
			}
			// Somebody else's token and something behind it: whoever gets it cut off is somebody else.
			t := victim + "+open_id=OPENID"
			c.send(to+": a victim's token and more", request{to: to, lines: append(forgery(), bearer(t))}, user(t))
			var err error
			if calls := c.huawei.sim.TokenCalls(huaweisim.GetInfo, victim); calls != 0 {
				err = fmt.Errorf("Huawei was asked about the victim %d times", calls)
			}
			c.check(to+": Huawei was not asked about the victim", err)
		}
		var err error
		if rejected := c.huawei.sim.Stats().Rejected; len(rejected) > 0 {
			err = fmt.Errorf("Huawei got requests that are none: %v", rejected)
		}
		c.check("every call had one access_token", err)
	},
}
