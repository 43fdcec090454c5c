package attacks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// eventsPath is where the route events receives account events.
const eventsPath = "/huawei/events"

// accountEvents are events that somebody else than Huawei sends, or that Huawei sends about something else. Whom they make forgotten
// is looked up again, and who should have been forgotten is let in.
var accountEvents = class{
	name: "account events that are none",
	advisories: "CVE-2015-9235 CVE-2018-0114 CVE-2022-21449 CVE-2016-5431 (alg none, HS256 with the public key, a key of the sender's); " +
		"RFC 8725 §2",
	run: func(c *cases) {
		c.genuineEvents()
		c.forgedEvents()
		c.repeatedEvents()
		c.eventsDuringLookups()
	},
}

// remembering are routes whose answers last for longer than the class does: of any app, and of one.
var remembering = []string{"hour", "hour-audience"}

// known has a user known on all remembering routes.
func (c *cases) known(name, t string) {
	for _, to := range remembering {
		c.send(fmt.Sprintf("%s, known on %s", name, to), request{to: to, lines: append(forgery(), bearer(t))}, user(t))
	}
}

// lookedUp checks how often Huawei was asked about a user, after another request on each remembering route.
func (c *cases) lookedUp(name, t string, want int) {
	for _, to := range remembering {
		c.send(fmt.Sprintf("%s, %s", name, to), request{to: to, lines: append(forgery(), bearer(t))}, user(t))
	}
	c.check(name, c.lookups(t, want*len(remembering)))
}

// deliver sends an event and checks the status of the answer.
func (c *cases) deliver(name string, e huaweisim.Event, want int) {
	c.check(name+": the answer", func() error {
		e.Receiver = c.proxy.URL() + eventsPath
		req, err := c.huawei.sim.NewDelivery(context.Background(), e)
		if err != nil {
			return err
		}
		req.Host = "events"
		resp, err := (&http.Client{Timeout: patience}).Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if resp.StatusCode != want {
			return errors.Join(err, fmt.Errorf("the answer is %d %.200s, want %d", resp.StatusCode, body, want))
		}
		return err
	}())
}

// genuineEvents are obeyed: the answer of before serves nobody any more.
func (c *cases) genuineEvents() {
	for _, alg := range []string{"RS256", "PS256", "ES256"} {
		t := token("mainland")
		c.known(alg, t)
		c.deliver(alg, huaweisim.Event{Token: t, Alg: alg}, http.StatusOK)
		c.lookedUp(alg+", looked up again", t, 2)
	}
	t := token("mainland")
	c.known("before it is revoked by event", t)
	c.huawei.sim.Revoke(t)
	c.deliver("revoked", huaweisim.Event{Token: t}, http.StatusOK)
	for _, to := range remembering {
		c.send("revoked, "+to, request{to: to, lines: append(forgery(), bearer(t))}, refused("token_invalid"))
	}
}

// forgedEvents forget nobody.
func (c *cases) forgedEvents() {
	for _, fault := range huaweisim.EventFaults() {
		want := http.StatusUnauthorized
		switch fault {
		case "wrong-issuer", "wrong-audience", "other-app", "body-audience", "no-events", "bad-event", "no-event", "no-json", "oversize":
			want = http.StatusBadRequest
		case "get":
			want = http.StatusMethodNotAllowed
		}
		t := token("mainland")
		c.known(fault, t)
		c.deliver(fault, huaweisim.Event{Token: t, Fault: fault}, want)
		c.lookedUp(fault+", forgotten by nobody", t, 1)
	}
	c.deliver("another unknown key", huaweisim.Event{Fault: "unknown-kid"}, http.StatusUnauthorized)
	var err error
	if n := c.huawei.sim.EventAnnouncements(); n > 2 {
		err = fmt.Errorf("the keys were asked for %d times, want once a minute at most", n)
	}
	c.check("unknown keys cause no calls", err)
}

// repeatedEvents were taken before.
func (c *cases) repeatedEvents() {
	t := token("mainland")
	event := huaweisim.Event{Token: t, JTI: t}
	c.known("before the first", t)
	c.deliver("the first", event, http.StatusOK)
	c.lookedUp("after the first", t, 2)
	c.deliver("the same again", event, http.StatusOK)
	c.lookedUp("after the same again", t, 2)
}

// eventsDuringLookups end what lookups bring that were under way.
func (c *cases) eventsDuringLookups() {
	defer c.ailing.sim.SetFaults()
	t := token("mainland")
	c.ailing.sim.SetFaults(huaweisim.Fault{Kind: "latency", Latency: "1500ms"})
	answered := make(chan answer, 1)
	go func() { answered <- c.ask(request{to: "hour-ailing", lines: append(forgery(), bearer(t))}) }()
	c.check("Huawei is asked", eventually(func() error {
		if c.ailing.sim.TokenCalls(huaweisim.GetInfo, t) == 0 {
			return errors.New("Huawei was not asked")
		}
		return nil
	}))
	c.deliver("during a lookup", huaweisim.Event{Token: t}, http.StatusOK)
	c.ailing.sim.Revoke(t)
	c.ailing.sim.SetFaults()
	c.send("after the event, while the lookup is under way", request{to: "hour-ailing", lines: append(forgery(), bearer(t))},
		refused("token_invalid"))
	// Huawei's answer was on its way when the event came.
	c.judge("during the lookup", <-answered, user(t))
	c.send("after the lookup", request{to: "hour-ailing", lines: append(forgery(), bearer(t))}, refused("token_invalid"))
}
