package attacks

import (
	"fmt"
	"strings"
	"sync"
)

// sharedState is about middlewares in one process that are asked about one token and must not answer for each other.
var sharedState = class{
	name: "answers of another middleware",
	advisories: "CVE-2026-33496 GHSA-84rm-mhfq-f476 CVE-2021-32701 GHSA-qvp4-rpmr-xwrr (lua-resty-openidc#399, " +
		"heimdall#3452)",
	run: func(c *cases) {
		for _, kind := range []string{"mainland", "warning", "foreign", "invalid"} {
			for round := range 4 {
				c.check(fmt.Sprintf("one %s token at four middlewares at once, round %d", kind, round), c.crossing(token(kind)))
			}
		}
		// A hit is judged by the rules of the instance that it serves.
		t := token("nophone")
		c.send("a hit", request{to: "plain", lines: append(forgery(), bearer(t))}, user(t))
		c.send("the same where a phone is required", request{to: "requiring", lines: append(forgery(), bearer(t))}, refused("phone_required"))
		c.send("and without that again", request{to: "plain", lines: append(forgery(), bearer(t))}, user(t))
		t = token("hongkong")
		c.send("a hit with a number", request{to: "plain", lines: append(forgery(), bearer(t))}, user(t))
		e164 := user(t)
		e164.identity = e164.identity.with(phoneVariable, "+"+e164.identity[phoneVariable][2:])
		c.send("the same as e164", request{to: "e164", lines: append(forgery(), bearer(t))}, e164)

		// Keys differ between upstreams: so do the names that tokens have in refusals.
		t = token("invalid")
		names := map[string]string{}
		var err error
		for _, to := range []string{"plain", "audience", "foreign-audience", "elsewhere"} {
			a := c.ask(request{to: to, lines: []string{bearer(t)}})
			fingerprint := fingerprintIn(a.body)
			if other, taken := names[fingerprint]; taken || fingerprint == "" {
				err = fmt.Errorf("a token is %q at %s and at %s", fingerprint, to, other)
			}
			names[fingerprint] = to
		}
		c.check("one token has another key at every upstream", err)
	},
}

// crossing asks four middlewares at once about one token, again and again. Each has an answer of its own.
func (c *cases) crossing(t string) error {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var wrong error
	for to, w := range answersOfEach(t) {
		for range 3 {
			wg.Go(func() {
				for range 4 {
					err := w.differs(c.ask(request{to: to, lines: append(forgery(), bearer(t))}))
					if err != nil {
						mu.Lock()
						wrong = fmt.Errorf("%s: %w", to, err)
						mu.Unlock()
					}
				}
			})
		}
	}
	wg.Wait()
	return wrong
}

func answersOfEach(t string) map[string]want {
	if strings.HasPrefix(t, "invalid/") {
		w := refused("token_invalid")
		return map[string]want{"plain": w, "elsewhere": w, "audience": w, "foreign-audience": w}
	}
	all := map[string]want{
		"plain": user(t), "elsewhere": user(elsewhereToken(t)),
		"audience": user(t), "foreign-audience": refused("token_foreign"),
	}
	if strings.HasPrefix(t, "foreign/") {
		all["audience"], all["foreign-audience"] = all["foreign-audience"], all["audience"]
	}
	return all
}

// fingerprintIn is the name that a refusal gives to a token.
func fingerprintIn(refusal string) string {
	_, after, _ := strings.Cut(refusal, `"urn:huaweiid:`)
	fingerprint, _, _ := strings.Cut(after, `"`)
	return fingerprint
}
