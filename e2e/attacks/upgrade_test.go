package attacks

import (
	"fmt"
	"io"
	"strings"
)

// upgrades turn a connection into a tunnel: what the handshake says is all that the plugin can vouch for.
var upgrades = class{
	name:       "upgrades",
	advisories: "CVE-2026-88008 GHSA-w4v4-9rw7-5326 CVE-2021-32813",
	run: func(c *cases) {
		t, bare := token("mainland"), token("warning")
		webSocket := []string{"Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="}
		for _, list := range []string{
			"Upgrade", "upgrade", "keep-alive, Upgrade", "Upgrade, X-User-OpenID", "X-User-OpenID, X-User-Phone, UPGRADE", ",Upgrade,",
		} {
			for _, to := range []string{"plain", "fronted"} {
				lines := append([]string{"Connection: " + list}, webSocket...)
				if to == "fronted" {
					lines = append(lines, "X-Front-Connection: "+list)
				}
				name := fmt.Sprintf("%s: WebSocket with Connection: %s", to, list)
				c.check(name, c.tunnel(to, append(lines, bearer(t)), user(t)))
				c.check(name+" and forged headers",
					c.tunnel(to, append(append(lines, forgery()...), bearer(bare), "X_User.Phone: forged"), user(bare)))
			}
		}
		lines := append(append([]string{"Connection: Upgrade"}, webSocket...), forgery()...)
		c.send("WebSocket without a token", request{to: "plain", lines: lines}, refused("token_missing"))
		c.send("WebSocket with a bad token", request{to: "plain", lines: append(lines, bearer(token("invalid")))}, refused("token_invalid"))
		c.check("WebSocket without a token where that is optional",
			c.tunnel("optional", append(lines, forgedStatus), nobody().status("anonymous")))

		c.upgradeToH2C()
	},
}

// upgradeToH2C offers to go on in HTTP/2: a backend that takes the offer gets all that follows past every middleware. The
// strict backend takes any.
func (c *cases) upgradeToH2C() {
	const settings = "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"
	for _, protocols := range [][]string{
		{"h2c-14"}, {"h2"}, {"HTTP/2.0"}, {"h2c;v=1"}, {`"h2c"`}, {"TLS/1.0"}, {"SPDY/3.1"}, {"websocket, h2c-16"},
		{"h2c"}, {"H2C"}, {" h2c "}, {"h2c, websocket"}, {"websocket,h2c"}, {",h2c,,H2c"}, {"websocket", "h2c"}, {"h2c", "websocket"},
	} {
		for _, list := range []string{"Upgrade, HTTP2-Settings", "Upgrade", "upgrade,http2-settings", "X-User-OpenID, Upgrade"} {
			t := token("mainland")
			lines := append(forgery(), settings, "Connection: "+list)
			for _, protocol := range protocols {
				lines = append(lines, "Upgrade: "+protocol)
			}
			name := fmt.Sprintf("upgrade to %q by Connection: %s", protocols, list)
			c.send(name+", no token", request{to: "plain", lines: lines}, refused("token_missing"))
			c.check(name, c.noOffer("plain", append(lines, bearer(t)), t))
			// Traefik keeps the first Upgrade line alone, unless it takes the request for no upgrade.
			lines[len(forgery())+1] = "X-Front-Connection: " + list
			c.check("fronted: "+name, c.noOffer("fronted", append(lines, bearer(t)), t))
			// With nothing else about it that is forged.
			for _, rest := range [][]string{{}, {settings}} {
				c.check(fmt.Sprintf("%s, %d settings, nothing else", name, len(rest)),
					c.noOffer("plain", append(rest, "Connection: "+list, "Upgrade: "+strings.Join(protocols, ","), bearer(t)), t))
			}
		}
	}
}

// noOffer tells whether a request got to the backend with its identity and without the offer.
func (c *cases) noOffer(to string, lines []string, token string) error {
	a := c.ask(request{to: to, lines: lines})
	if err := user(token).differs(a); err != nil {
		return err
	}
	upgrade, settings := a.seen.Env["HTTP_UPGRADE"], a.seen.Env["HTTP_HTTP2_SETTINGS"]
	if upgrade != "" && !strings.EqualFold(upgrade, "websocket") || settings != "" {
		return fmt.Errorf("the backend, which answers %d, is offered %q with settings %q", a.status, upgrade, settings)
	}
	return nil
}

// tunnel opens one, compares what the backend saw of the handshake, and sends bytes to and fro.
func (c *cases) tunnel(to string, lines []string, w want) error {
	conn, err := c.dial()
	if err != nil {
		return err
	}
	defer conn.Close()
	a := askOn(conn, request{to: to, lines: lines}.String())
	if err := w.differs(a); err != nil {
		return err
	}
	if a.status != 101 || !strings.EqualFold(a.header.Get("Upgrade"), "websocket") {
		return fmt.Errorf("the handshake's answer is %d with Upgrade %q", a.status, a.header.Get("Upgrade"))
	}
	for _, line := range []string{"X-User-OpenID: forged\r\n", "\x00\xff bytes of any kind\n"} {
		if _, err := io.WriteString(conn, line); err != nil {
			return err
		}
		back, err := conn.Reader.ReadString('\n')
		if err != nil || back != line {
			return fmt.Errorf("the tunnel gave back %q (%v), want %q", back, err, line)
		}
	}
	return nil
}
