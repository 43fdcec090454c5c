package faults

import (
	"context"
	"fmt"
	"sort"
	"time"

	"github.com/traefik-huaweiid/huaweiid/e2e/traffic"
)

const (
	// healthy is how long the traffic goes on before the fault, so that refreshes are part of it.
	healthy = 1200 * time.Millisecond
	// Each sender sends, waits for the answer and for the pace, and sends again.
	knownUsers = 4
	strangers  = 2
	pace       = 80 * time.Millisecond
	// patient bounds the waits for what has no bound of its own to hold.
	patient = 20 * time.Second
)

// course is how a scenario went.
type course struct {
	scenario
	huawei *traffic.Huawei
	*visitors

	begun     time.Time // Huawei is ill from then on
	ended     time.Time // and until then
	recovered time.Time // when a newcomer was let in again; zero = never

	problems []string
}

func (c *course) problem(format string, args ...any) {
	c.problems = append(c.problems, fmt.Sprintf(format, args...))
}

// run lets the fault come and go under traffic.
func (c *course) run() {
	if c.cold {
		c.begin(c.huawei)
		c.begun = time.Now()
	} else if !c.getKnown() {
		return
	}
	c.start()
	defer c.stop()
	if !c.cold {
		time.Sleep(healthy)
		c.begin(c.huawei)
		c.begun = time.Now()
	}
	c.endure()
	c.ended = time.Now()
	if err := end(c.huawei); err != nil {
		c.problem("%v", err)
		return
	}
	c.recover()
}

// start begins the traffic.
func (c *course) start() {
	for i := range knownUsers {
		if !c.cold {
			c.send(known, pace, func(int) string { return c.knownToken(i) })
		}
	}
	for i := range strangers {
		c.send(stranger, pace, func(n int) string { return c.strangeToken(i, n) })
	}
	c.send(newcomer, pace, c.newToken)
}

// getKnown has every known user looked up.
func (c *course) getKnown() bool {
	for i := range knownUsers {
		var a traffic.Answer
		for deadline := time.Now().Add(patient); !a.OK() && time.Now().Before(deadline); {
			a = c.client.Get(context.Background(), c.host, c.knownToken(i))
		}
		if !a.OK() {
			c.problem("before the fault: %v", a)
			return false
		}
	}
	return true
}

// endure lets the time of the fault pass. A flapping one goes and comes back meanwhile.
func (c *course) endure() {
	if c.flaps == 0 {
		time.Sleep(c.lasts)
		return
	}
	for ill := true; time.Since(c.begun) < c.lasts; ill = !ill {
		if ill {
			c.begin(c.huawei)
		} else if err := end(c.huawei); err != nil {
			c.problem("%v", err)
		}
		time.Sleep(c.flaps)
	}
}

// recover waits until a newcomer is let in and every known user's answer is fresh.
func (c *course) recover() {
	back, ok := c.wait(c.recovery()+patient, func(v visit) bool { return v.role == newcomer && v.OK() && v.Start.After(c.ended) })
	if !ok {
		c.problem("no newcomer is let in %v after Huawei came back", time.Since(c.ended))
		return
	}
	c.recovered = back.End()
	if c.cold {
		return
	}
	for i := range knownUsers {
		if _, ok := c.wait(patient, func(v visit) bool {
			return v.Token == c.knownToken(i) && v.OK() && v.Identity == "verified" && v.Start.After(c.ended)
		}); !ok {
			c.problem("the known user %s has no fresh answer %v after Huawei came back", c.knownToken(i), time.Since(c.ended))
		}
	}
}

// recovery is how long after Huawei's return a newcomer may be refused: one period of the breaker's probes.
func (c *course) recovery() time.Duration {
	switch {
	case c.expect.opens:
		period := c.firstPeriod()
		for next := period; next < c.lasts; next += period {
			period *= 2
		}
		return period + slack
	case c.expect.either:
		return 2*probe + slack
	}
	return slack
}

// firstPeriod is the time from the breaker's opening to the first probe.
func (c *course) firstPeriod() time.Duration { return max(probe, c.expect.retryAfter) }

// opened is when a client first saw that the breaker is open; zero = nobody did.
func (c *course) opened() time.Time {
	var first time.Time
	for v := range c.during() {
		if v.Code == "overloaded" && (first.IsZero() || v.End().Before(first)) {
			first = v.End()
		}
	}
	return first
}

// during gives the visits that began and ended while Huawei was ill, of the given roles or of all.
func (c *course) during(roles ...role) func(func(visit) bool) {
	return c.between(c.begun, c.ended, roles...)
}

// between gives the visits that began and ended in a time.
func (c *course) between(from, to time.Time, roles ...role) func(func(visit) bool) {
	return func(yield func(visit) bool) {
		for _, v := range c.visits {
			if v.Start.Before(from) || v.End().After(to) || !v.isOf(roles) {
				continue
			}
			if !yield(v) {
				return
			}
		}
	}
}

func (v visit) isOf(roles []role) bool {
	for _, r := range roles {
		if v.role == r {
			return true
		}
	}
	return len(roles) == 0
}

// callsBetween are the calls that Huawei got in a time, in their order.
func (c *course) callsBetween(from, to time.Time) []traffic.Call {
	var calls []traffic.Call
	for _, call := range c.huawei.Calls() {
		if call.At.After(from) && call.At.Before(to) {
			calls = append(calls, call)
		}
	}
	sort.Slice(calls, func(i, j int) bool { return calls[i].At.Before(calls[j].At) })
	return calls
}
