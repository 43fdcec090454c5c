package attacks

import (
	"fmt"
	"strings"
)

// trailers come after the headers were stripped. Where a middleware has read the body before, they are there already.
var trailers = class{
	name:       "trailers",
	advisories: "CVE-2026-88004 GHSA-v67p-phpq-fc8x CVE-2025-12642 GHSA-9w88-79f8-m3vp",
	run: func(c *cases) {
		for _, route := range []string{"buffered", "retried", "buffered-retried", "through"} {
			for _, to := range []string{route, route + ".h2c"} {
				for _, casing := range casings {
					for _, kind := range []string{"mainland", "warning"} {
						c.trailer(to, kind, casing)
					}
				}
			}
		}
	},
}

// trailer sends the same ones in every way, with a body and without: middlewares take these for two kinds of request.
func (c *cases) trailer(to, kind string, casing func(string) string) {
	var names, lines []string
	var fields [][2]string
	for _, name := range append(protectedNames, "X_User_Phone") {
		name = casing(name)
		names = append(names, name)
		lines = append(lines, name+": forged")
		fields = append(fields, [2]string{strings.ToLower(name), "forged"})
	}
	announcement := "Trailer: " + strings.Join(names, ", ")
	end := strings.Join(lines, "\r\n") + "\r\n\r\n"

	for _, body := range []string{"hello", ""} {
		chunks := "0\r\n" + end
		if body != "" {
			chunks = fmt.Sprintf("%x\r\n%s\r\n", len(body), body) + chunks
		}
		t := token(kind)
		name := fmt.Sprintf("%s: %s, %s, behind %d bytes", to, kind, names[0], len(body))
		send := func(how string, lines ...string) {
			r := request{to: to, method: "POST", lines: append(lines, bearer(t), "Transfer-Encoding: chunked"), body: chunks}
			c.judge(name+", "+how, answered(func() answer { return c.ask(r) }), user(t))
		}
		send("HTTP/1.1, announced", announcement)
		send("HTTP/1.1, announced, te", announcement, "TE: trailers")
		send("HTTP/1.1, unannounced")
		send("HTTP/1.1, other announced", "Trailer: X-Other")

		h2 := h2Request{to: to, method: "POST", fields: h2Fields(bearer(t), "TE: trailers"), body: body, trailers: fields}
		c.judge(name+", HTTP/2, unannounced", answered(func() answer { return c.askH2(h2) }), user(t))
		h2.fields = append(h2.fields, h2Fields(announcement)...)
		c.judge(name+", HTTP/2, announced", answered(func() answer { return c.askH2(h2) }), user(t))
	}
}

// answered asks until there is an answer of the backend's. With retry in front of a backend that speaks HTTP/2, Traefik
// loses about every seventh answer to a request without a body, and says 500, whatever other middleware there is.
func answered(ask func() answer) answer {
	var a answer
	for range 20 {
		if a = ask(); !a.blocked {
			break
		}
	}
	return a
}
