package attacks

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// unfitValues are what Huawei, or who speaks in its place, could say to split the backend's request or to slip in a header.
var unfitValues = class{
	name:       "values that no header may carry",
	advisories: "CVE-2023-27493 CVE-2026-31908 CVE-2019-9900",
	run: func(c *cases) {
		for _, member := range []string{"openID", "unionID", "mobileNumber", "phoneCountryCode", "purePhoneNumber"} {
			ends := map[string]string{
				"CR LF":      "\r\nX-User-Phone: forged",
				"two lines":  "\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: plain\r\nX-User-OpenID: forged\r\n\r\n",
				"LF":         "\nX-User-OpenID: forged",
				"CR":         "\rforged",
				"NUL":        "\x00forged",
				"a tab":      "\tforged",
				"a space":    " forged",
				"DEL":        "\x7f",
				"an emoji":   "😀",
				"an umlaut":  "ü",
				"257 bytes":  strings.Repeat("1", 257),
				"60 000":     strings.Repeat("1", 60_000),
				"64 KiB":     strings.Repeat("1", 64<<10),
				"next line":  "\u0085forged",
				"separators": "\u2028\u2029forged",
			}
			for _, name := range inOrder(ends) {
				t := token("mainland")
				u, _ := huaweisim.UserOf(t)
				said := members(u)
				said[member] += ends[name]
				c.sayings.sayJSON(t, "application/json", written(said))
				c.send(member+" with "+name, request{to: "strange", lines: append(forgery(), bearer(t))}, refused("huawei_malformed"))
				c.send(member+" with "+name+", report", request{to: "strange-report", lines: append(forgery(), bearer(t))}, nobody())
			}
		}
		for _, shape := range []string{
			"crlfopenid", "nulopenid", "emojiopenid", "spaceopenid", "longopenid", "crlfphone", "crlfunion", "numberopenid",
			"nullopenid", "objectopenid", "noopenid", "emptyopenid", "numberphone", "numberunion",
		} {
			t := token("body/" + shape)
			c.send("shape "+shape, request{to: "plain", lines: append(forgery(), bearer(t))}, refused("huawei_malformed"))
		}
		var err error
		if smuggled := c.strict.requests("/smuggled"); len(smuggled) > 0 {
			err = fmt.Errorf("%d requests were split off", len(smuggled))
		}
		c.check("no request was split off", err)
	},
}

func members(u huaweisim.User) map[string]string {
	return map[string]string{
		"openID": u.OpenID, "unionID": u.UnionID, "mobileNumber": u.MobileNumber,
		"phoneCountryCode": u.PhoneCountryCode, "purePhoneNumber": u.PurePhoneNumber,
	}
}

func written(members map[string]string) string {
	text, err := json.Marshal(members)
	if err != nil {
		panic("writing members: " + err.Error())
	}
	return string(text)
}

// strangeAnswers are refusals that look like answers, and answers that look like something else.
var strangeAnswers = class{
	name:       "Huawei's answers taken for others",
	advisories: "CVE-2025-66490 CVE-2026-25748 GHSA-9g5w-hqr3-w2ph (fail open)",
	run: func(c *cases) {
		for _, contentType := range []string{
			"application/json", "text/plain;charset=utf-8", "text/html", "application/xml", "multipart/form-data; boundary=x", "", "forged",
			"application/json\t; charset=utf-16",
		} {
			t := token("mainland")
			u, _ := huaweisim.UserOf(t)
			c.sayings.sayJSON(t, contentType, written(members(u)))
			c.send(fmt.Sprintf("a good answer as %q", contentType), request{to: "strange", lines: append(forgery(), bearer(t))}, user(t))
			bodies := map[string]string{
				"a page":        "<!DOCTYPE html><html><body>Sign in</body></html>",
				"a form":        "openID=forged&unionID=forged",
				"nothing":       "",
				"a list":        `[{"openID":"forged"}]`,
				"two objects":   `{"openID":"forged"}{"openID":"forged"}`,
				"other letters": `{"OPENID":"forged","openid":"forged","OpenID":"forged"}`,
				"UTF-16":        "\xff\xfe{\x00\"\x00o\x00\"\x00",
				"an error":      `{"openID":"forged","error":"session timeout"}`,
			}
			for _, name := range inOrder(bodies) {
				t := token("mainland")
				c.sayings.sayJSON(t, contentType, bodies[name])
				c.send(fmt.Sprintf("%s as %q", name, contentType), request{to: "strange", lines: append(forgery(), bearer(t))}, refused("huawei_malformed"))
			}
		}
		codes := map[string]string{
			"nspgood/6": "token_invalid", "nspgood/102": "token_invalid", "nspgood/403": "permission_denied", "nspgood/105": "huawei_misconfigured",
			"httpgood/400": "huawei_misconfigured", "httpgood/403": "permission_denied", "httpgood/404": "huawei_misconfigured",
			"nspempty/6": "token_invalid", "nsp/31204": "token_invalid", "body/error": "huawei_malformed", "body/huge": "huawei_malformed",
			"body/trailing": "huawei_malformed", "body/truncated": "huawei_malformed", "http/204": "huawei_malformed", "http/301": "huawei_misconfigured",
		}
		for _, kind := range inOrder(codes) {
			c.send(kind, request{to: "plain", lines: append(forgery(), bearer(token(kind)))}, refused(codes[kind]))
		}
		t := token("body/dupes")
		c.send("members that differ in their letters", request{to: "plain", lines: append(forgery(), bearer(t))}, user(t))
		c.redirects()
	},
}

// redirects lead to an answer with an identity, and would take the token there.
func (c *cases) redirects() {
	defer c.ailing.sim.SetFaults()
	for _, status := range []int{http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect, http.StatusSeeOther} {
		c.ailing.sim.SetFaults(huaweisim.Fault{Kind: "http", Status: status})
		c.send(fmt.Sprintf("redirect %d", status), request{to: "answers", lines: append(forgery(), bearer(token("mainland")))},
			refused("huawei_misconfigured"))
	}
	var err error
	if n := c.ailing.sim.Stats().RedirectsFollowed; n != 0 {
		err = fmt.Errorf("%d redirects were followed", n)
	}
	c.check("no redirect is followed", err)
}
