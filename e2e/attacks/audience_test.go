package attacks

import (
	"fmt"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// otherApps replay, at this gateway, tokens that their users gave to them: the confused deputy. Huawei's getInfo answers
// for the token of any app.
var otherApps = class{
	name:       "tokens of other apps",
	advisories: "CVE-2026-58425 CVE-2026-33496 GHSA-84rm-mhfq-f476 (confused deputy, RFC 9700 §4.8)",
	run: func(c *cases) {
		// The replay, as it is without client IDs: another app's user is in, phone number and all.
		stolen := token("foreign")
		c.send("without client IDs another app's token is accepted", request{to: "plain", lines: append(forgery(), bearer(stolen))}, user(stolen))
		c.send("with client IDs it is refused", request{to: "audience", lines: append(forgery(), bearer(stolen))}, refused("token_foreign"))
		c.send("refused again, from what is remembered", request{to: "audience", lines: append(forgery(), bearer(stolen))}, refused("token_foreign"))
		c.send("at its own app's gateway it is good", request{to: "foreign-audience", lines: append(forgery(), bearer(stolen))}, user(stolen))
		c.send("still refused after that", request{to: "audience", lines: append(forgery(), bearer(stolen))}, refused("token_foreign"))
		ours := token("mainland")
		c.send("ours is refused at the other gateway", request{to: "foreign-audience", lines: append(forgery(), bearer(ours))}, refused("token_foreign"))

		send := func(kind string, w want) {
			c.send(kind, request{to: "audience", lines: append(forgery(), bearer(token(kind)))}, w)
		}
		good := func(kind string) {
			t := token(kind)
			c.send(kind, request{to: "audience", lines: append(forgery(), bearer(t))}, user(t))
		}
		good("mainland")
		good("warning")
		good("numericclient")
		good("expires/5")
		send("apptoken", refused("token_foreign"))
		send("mismatch", refused("token_foreign"))
		send("mismatch-union", refused("token_foreign"))
		send("expires/0", refused("token_invalid"))
		send("expires/-1", refused("token_invalid"))
		send("expires/-9223372036854775808", refused("token_invalid"))
		send("expired", refused("token_invalid"))
		send("revoked", refused("token_invalid"))
		send("tinfo/nsp/102", refused("token_invalid"))
		send("tinfo/nsp/31204", refused("token_invalid"))
		send("tinfo/http/302", refused("huawei_misconfigured"))
		send("tinfo/http/204", refused("huawei_malformed"))
		for _, shape := range []string{
			"empty", "html", "gzip", "huge", "truncated", "nested", "array", "error", "noclient", "notype", "stringtype", "noexpire", "objectclient",
		} {
			send("tinfo/body/"+shape, refused("huawei_malformed"))
		}

		// Where no phone is asked for, getTokenInfo's answer is the only one.
		silent := func(kind string, w want) {
			c.send(kind+", no phone asked for", request{to: "silent-audience", lines: append(forgery(), bearer(token(kind)))}, w)
		}
		withoutPhone := token("nophone")
		c.send("ours, no phone asked for", request{to: "silent-audience", lines: append(forgery(), bearer(withoutPhone))}, user(withoutPhone))
		silent("foreign", refused("token_foreign"))
		silent("apptoken", refused("token_foreign"))
		silent("expires/0", refused("token_invalid"))
		silent("revoked", refused("token_invalid"))
		silent("tinfo/http/302", refused("huawei_misconfigured"))
		for _, shape := range []string{"empty", "html", "error", "noopenid", "crlfopenid", "noclient", "notype", "noexpire"} {
			silent("tinfo/body/"+shape, refused("huawei_malformed"))
		}

		// The question comes before the answer: of a token that is not ours, no user's data is fetched.
		var err error
		t := token("foreign")
		c.ask(request{to: "audience", lines: []string{bearer(t)}})
		if calls := c.huawei.sim.TokenCalls(huaweisim.GetInfo, t); calls != 0 {
			err = fmt.Errorf("getInfo was called %d times", calls)
		}
		c.check("getInfo is not called for another app's token", err)
	},
}
