package attacks

import (
	"fmt"
	"strings"
)

// connectionLists name identity headers as hop-by-hop, so that a proxy drops the ones that a middleware set.
var connectionLists = class{
	name: "hop-by-hop lists",
	advisories: "CVE-2021-32813 CVE-2024-45410 CVE-2021-33197 CVE-2025-48865 CVE-2022-31813 CVE-2022-1388 " +
		"GHSA-m697-4v8f-55qg GHSA-62c8-mh53-4cqv GHSA-pvxj-25m6-7vqr",
	run: func(c *cases) {
		// Traefik cleans Connection itself where the entry point makes no exceptions. Here it is as if it did not.
		for _, to := range c.everyStack("fronted") {
			c.connectionLists(to, "X-Front-Connection")
		}
		for _, to := range c.everyStack("plain") {
			c.connectionLists(to, "Connection")
		}
		c.forwardedAsHopByHop()

		t := token("mainland")
		for _, casing := range casings {
			c.send("the token as hop-by-hop: "+casing("Authorization"), request{to: "plain", lines: []string{
				casing("Connection: Authorization"), bearer(t), forgery()[0],
			}}, refused("token_missing"))
		}
	},
}

// hopByHop are lists, line by line.
var hopByHop = [][]string{
	{"X-User-OpenID"},
	{"close, X-User-OpenID"},
	{"X-User-OpenID, X-User-UnionID, X-User-Phone"},
	{"x-user-openid, x-user-unionid, x-user-phone"},
	{"X-USER-OPENID, X-USER-UNIONID, X-USER-PHONE"},
	{"x-UsEr-oPeNiD"},
	{"X_User_OpenID, X.User.Phone"},
	{",, ,X-User-OpenID,,"},
	{",", "X-User-OpenID", ""},
	{"", "X-User-OpenID"},
	{"\tX-User-OpenID\t,\tX-User-Phone"},
	{"X-User-OpenID,X-User-OpenID,X-User-OpenID"},
	{"X-User-OpenID", "X-User-OpenID"},
	{"keep-alive", "X-User-Phone", "x-user-unionid, x-user-openid"},
	{"close, te, keep-alive, X-User-OpenID, X-Other"},
	{"\u00a0X-User-OpenID"},
	{"X-User-UnionID,\u00a0X-User-OpenID"},
	{"X-User-Phone\u0085,X-User-UnionID\u2003,\u3000X-User-OpenID"},
	{"X-User-OpenID\u00a0, X-User-Phone"},
}

func (c *cases) connectionLists(to place, header string) {
	if to.missing != "" {
		c.skip(to.name, to.missing)
		return
	}
	for _, list := range hopByHop {
		t := token("mainland")
		lines := []string{bearer(t)}
		for _, line := range list {
			lines = append(lines, header+": "+line)
		}
		name := fmt.Sprintf("%s: %q", to.name, list)
		c.send(name, request{to: to.name, lines: lines}, user(t))
		c.send(name+" and forged headers", request{to: to.name, lines: append(lines, forgery()...)}, user(t))
	}
}

// forwardedAsHopByHop compares with what Traefik does for headers of its own.
func (c *cases) forwardedAsHopByHop() {
	for _, forwarded := range []string{"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip"} {
		for _, casing := range casings {
			t := token("mainland")
			a := c.send("the identity with Connection: "+casing(forwarded), request{to: "plain", lines: []string{
				bearer(t), "Connection: " + casing(forwarded), "Connection: close, " + casing("X-User-Phone"),
			}}, user(t))
			var err error
			if a.seen != nil && a.seen.Env[fold(forwarded)] == "" {
				err = fmt.Errorf("the backend does not see %s", forwarded)
			}
			c.check("Traefik keeps "+casing(forwarded), err)
		}
	}
	for _, line := range []string{"Proxy-Connection: X-User-OpenID", "Keep-Alive: X-User-OpenID", "TE: trailers, X-User-OpenID"} {
		t := token("mainland")
		name, _, _ := strings.Cut(line, ":")
		c.send(name+" names an identity header", request{to: "plain", lines: []string{bearer(t), line}}, user(t))
	}
}
