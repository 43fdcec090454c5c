package attacks

import (
	"fmt"
	"strings"
)

// spellings are names configured otherwise than net/http keeps them: who looks one up as it is written finds nothing, or
// the client's.
var spellings = class{
	name:       "names in another spelling",
	advisories: "CVE-2026-33433 GHSA-qr99-7898-vr7c",
	run: func(c *cases) {
		for _, name := range []string{"X-Access-Token", "x-access-token", "X-ACCESS-TOKEN", "x-aCCess-toKEN"} {
			t := token("mainland")
			// headers: openID x-SUBSCRIBER-id, no unionID, phone X_Legacy.Phone.
			u := user(t).identity
			want := want{identity: identity{subscriberVariable: u[openIDVariable], legacyVariable: u[phoneVariable]}}
			lines := []string{name + ": " + t}
			c.send("token in "+name, request{to: "renamed", lines: lines}, want)
			for _, forged := range []string{
				"X-Subscriber-Id", "x-SUBSCRIBER-id", "x_subscriber_id", "X_Legacy.Phone", "X-Legacy-Phone", "x_legacy.phone",
				"X-User-OpenID", "X-User-UnionID", "X-User-Phone",
			} {
				c.send("token in "+name+", forged "+forged, request{to: "renamed", lines: append(lines, forged+": forged")}, want)
			}
			c.send("two tokens in "+name, request{to: "renamed", lines: []string{name + ": " + t, "x-Access-token: " + token("mainland")}},
				refused("token_repeated"))
			fields := [][2]string{{"x-access-token", t}, {"x-subscriber-id", "forged"}, {"x_legacy.phone", "forged"}}
			c.judge("HTTP/2: token like in "+name, c.askH2(h2Request{to: "renamed", fields: fields}), want)
		}
		c.schemeElsewhere()
		for i, scheme := range []string{"Bearer", "bearer", "BEARER", "bEaReR"} {
			t := token("mainland")
			c.send(fmt.Sprintf("scheme %d: %s", i, scheme), request{to: "plain", lines: append(forgery(), "authorization: "+scheme+" "+t)}, user(t))
			c.send(fmt.Sprintf("scheme %d with spaces: %s", i, scheme), request{to: "plain", lines: append(forgery(), "AUTHORIZATION:  "+scheme+"   "+t+" ")}, user(t))
		}
	},
}

// schemeElsewhere has scheme and token of a known user in a value that is something else.
func (c *cases) schemeElsewhere() {
	t := token("mainland")
	for _, when := range []string{"asked", "known"} {
		c.send("a user who is "+when, request{to: "plain", lines: []string{bearer(t)}}, user(t))
	}
	codes := map[string]string{
		"Basic Bearer " + t: "token_missing", "xBearer " + t: "token_missing", ", Bearer " + t: "token_missing", "BearerBearer " + t: "token_missing",
		"Bearer Bearer " + t: "token_invalid", "Bearer " + t + " Bearer " + t: "token_invalid", "Bearer x" + t: "token_invalid", t: "token_missing",
		"Bearer\t" + t: "token_invalid", "Bearer " + t + ",": "token_invalid", "Bearer" + t: "token_missing", "\"Bearer\" " + t: "token_missing",
	}
	for _, value := range inOrder(codes) {
		c.send(strings.ReplaceAll(value, t, "TOKEN"), request{to: "plain", lines: append(forgery(), "Authorization: "+value)},
			refused(codes[value]))
	}
}
