package attacks

import (
	"fmt"
	"time"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// lifetimes are about answers that outlive what they were given for.
var lifetimes = class{
	name: "answers past their end",
	advisories: "CVE-2026-8922 CVE-2021-32701 (Kong 3.12, oauth2-introspection 3.13.0.10, OIDC 3.15.0.1; liboauth2 2026-06; " +
		"Quarkus#43994)",
	run: func(c *cases) {
		defer c.ailing.sim.SetFaults()
		c.stale()
		c.refusedWhileStale()
		c.shortLived()
		c.uncached()
		c.flood()
	},
}

// ttl is longer than an answer's life on the route short.
const ttl = 1100 * time.Millisecond

// down makes the ailing Huawei cut every connection, up ends that. It takes five failures in a row to open the breaker; a
// success in between keeps it closed.
func (c *cases) down() { c.ailing.sim.SetFaults(huaweisim.Fault{Kind: "reset"}) }

func (c *cases) up() {
	c.ailing.sim.SetFaults()
	t := token("mainland")
	for _, to := range []string{"short", "short-audience"} {
		c.send(fmt.Sprintf("a new user while Huawei is well, %s, %d cases later", to, len(c.ended)), request{to: to, lines: append(forgery(), bearer(t))}, user(t).status("verified"))
	}
}

// stale answers serve while Huawei is down: without what the client adds.
func (c *cases) stale() {
	forged := append(forgery(), forgedStatus, "x_user_phone: forged", "X.User-UnionID: forged")
	known := []string{token("mainland"), token("nophone"), token("warning")}
	ask := func(when, status string) {
		for i, t := range known {
			c.send(fmt.Sprintf("%s, user %d", when, i), request{to: "short", lines: append(forged, bearer(t))}, user(t).status(status))
		}
	}
	ask("fresh", "verified")
	time.Sleep(ttl)
	c.down()
	ask("stale", "stale")
	c.send("a stranger while Huawei is down", request{to: "short", lines: append(forged, bearer(token("mainland")))}, refused("huawei_unavailable"))
	c.up()
}

// refusedWhileStale has a refusal end an answer for good: not even an outage brings it back.
func (c *cases) refusedWhileStale() {
	faults := []huaweisim.Fault{
		{Kind: "nsp", NSP: "6"}, {Kind: "nsp", NSP: "102"}, {Kind: "nsp", NSP: "403"},
	}
	codes := []string{"token_invalid", "token_invalid", "permission_denied"}
	var known []string
	for i := range faults {
		t := token("mainland")
		known = append(known, t)
		c.send(fmt.Sprintf("before, user %d", i), request{to: "short", lines: append(forgery(), bearer(t))}, user(t).status("verified"))
	}
	time.Sleep(ttl)
	for i, t := range known {
		c.ailing.sim.SetFaults(faults[i])
		c.send("refused after the ttl: "+faults[i].NSP+" "+codes[i], request{to: "short", lines: append(forgery(), bearer(t))}, refused(codes[i]))
	}
	c.down()
	for i, t := range known {
		c.send("Huawei down after "+faults[i].NSP+" "+codes[i], request{to: "short", lines: append(forgery(), bearer(t))}, refused("huawei_unavailable"))
	}
	c.up()

	t := token("mainland")
	c.send("before it is revoked", request{to: "short", lines: []string{bearer(t)}}, user(t).status("verified"))
	c.ailing.sim.Revoke(t)
	revoked := refused("token_invalid")
	c.check("a revoked token ends with its answer", eventually(func() error {
		return revoked.differs(c.ask(request{to: "short", lines: append(forgery(), bearer(t))}))
	}))
	c.send("and stays out", request{to: "short", lines: append(forgery(), bearer(t))}, revoked)
}

// shortLived tokens end long before the hour that answers are kept on this route.
func (c *cases) shortLived() {
	t, revoked := token("expires/1"), token("expires/1")
	for i, t := range []string{t, revoked} {
		c.send(fmt.Sprintf("alive, user %d", i), request{to: "short-audience", lines: append(forgery(), bearer(t))}, user(t).status("verified"))
	}
	time.Sleep(ttl)
	c.ailing.sim.Revoke(revoked)
	c.send("a token past its life is looked up again", request{to: "short-audience", lines: append(forgery(), bearer(revoked))}, refused("token_invalid"))
	c.down()
	c.send("a token past its life is not stale, it has ended", request{to: "short-audience", lines: append(forgery(), bearer(t))},
		refused("huawei_unavailable"))
	c.up()
	for _, kind := range []string{"expires/0", "expires/-1", "expires/-3600"} {
		t := token(kind)
		for i := range 3 {
			c.send(fmt.Sprintf("%s, %d", kind, i), request{to: "short-audience", lines: append(forgery(), bearer(t))}, refused("token_invalid"))
		}
	}
}

// uncached answers are good for the request that asked.
func (c *cases) uncached() {
	t := token("mainland")
	for i := range 3 {
		c.send(fmt.Sprintf("ttl 0s, %d", i), request{to: "uncached", lines: append(forgery(), bearer(t))}, user(t))
	}
	c.check("ttl 0s asks every time", c.lookups(t, 3))
	c.huawei.sim.Revoke(t)
	c.send("ttl 0s, revoked", request{to: "uncached", lines: append(forgery(), bearer(t))}, refused("token_invalid"))
}

// flood sends ten times more refused tokens than answers are kept, and good users stay known.
func (c *cases) flood() {
	var known []string
	for i := range 8 {
		t := token("mainland")
		known = append(known, t)
		c.send(fmt.Sprintf("before the flood, user %d", i), request{to: "crowded", lines: []string{bearer(t)}}, user(t))
	}
	var wrong error
	for range 640 {
		if err := refused("token_invalid").differs(c.ask(request{to: "crowded", lines: []string{bearer(token("invalid"))}})); err != nil {
			wrong = err
		}
	}
	c.check("all of the flood is refused", wrong)
	for i, t := range known {
		c.send(fmt.Sprintf("after the flood, user %d", i), request{to: "crowded", lines: append(forgery(), bearer(t))}, user(t))
		c.check(fmt.Sprintf("still known, user %d", i), c.lookups(t, 1))
	}
}

func (c *cases) lookups(t string, want int) error {
	if got := c.huawei.sim.TokenCalls(huaweisim.GetInfo, t); got != want {
		return fmt.Errorf("Huawei was asked %d times, want %d", got, want)
	}
	return nil
}
