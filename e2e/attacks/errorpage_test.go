package attacks

import (
	"fmt"
	"net/url"
	"strings"
)

// errorPages: Traefik's errors middleware asks another service for a page, and sends it the headers of the request that
// failed. Before 3.6.15 the token is among them, unless it was taken off before: errors has to come after the plugin.
var errorPages = class{
	name:       "error pages",
	advisories: "CVE-2026-41181 GHSA-p6hg-qh38-555r",
	run: func(c *cases) {
		// A user of whom little is known: what is forged and not stripped stays.
		t := token("warning")
		for _, row := range []struct {
			name, target string
			lines        []string
		}{
			{"in a header", "/fail", []string{bearer(t)}},
			{"in a header, by now known", "/fail", []string{bearer(t)}},
			{"in a cookie", "/fail", []string{"Cookie: a=b; sid=" + t}},
			{"in the query", "/fail?a=b&access_token=" + url.QueryEscape(t), nil},
		} {
			for _, to := range []string{"pages-inside", "pages-outside"} {
				a := c.ask(request{to: to, target: row.target, lines: append(forgery(), row.lines...)})
				c.check(to+", token "+row.name+": no forged identity", harmless(a, user(t).identity))
				if to == "pages-inside" {
					c.check(to+", token "+row.name+": the page's service gets no token", tokenless(a, t))
				}
			}
		}
		c.check("the backend gets no token either", tokenless(answer{seen: last(c.strict.requests("/fail"))}, t))
		// A refusal makes no page where errors comes after the plugin, and one without an identity where it comes before.
		c.send("refused inside", request{to: "pages-inside", lines: append(forgery(), bearer(token("invalid")))}, refused("token_invalid"))
		for _, lines := range [][]string{nil, {bearer(token("invalid"))}} {
			a := c.ask(request{to: "pages-outside", lines: append(forgery(), lines...)})
			c.check(fmt.Sprintf("refused outside, %d tokens: no identity", len(lines)), harmless(a, identity{}))
		}
		c.check("nothing forged reached the page's service", c.pages.leak())
	},
}

// harmless tells whether a page's service saw the identity, or none.
func harmless(a answer, is identity) error {
	if a.seen == nil {
		return fmt.Errorf("the page's service was not asked: %s", a)
	}
	if a.seen.differs(identity{}) == nil {
		return nil
	}
	return a.seen.differs(is)
}

// tokenless tells whether a token is in anything that a service saw.
func tokenless(a answer, token string) error {
	if a.seen == nil {
		return fmt.Errorf("the service was not asked: %s", a)
	}
	for _, header := range a.seen.Raw {
		if strings.Contains(header[1], token) || strings.Contains(header[1], url.QueryEscape(token)) {
			return fmt.Errorf("it is in the header %s", header[0])
		}
	}
	// Traefik escapes the URL once more when it puts it into the page's.
	for _, form := range []string{token, url.QueryEscape(token), url.QueryEscape(url.QueryEscape(token))} {
		if strings.Contains(a.seen.URI, form) {
			return fmt.Errorf("it is in %s", a.seen.URI)
		}
	}
	return nil
}

func last(all []*seen) *seen {
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1]
}
