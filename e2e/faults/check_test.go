package faults

import (
	"net/http"
	"strings"
	"time"
)

// reported is how many problems of one kind a message names.
const reported = 3

// check judges the course. It may be called once the traffic has ended.
func (c *course) check() {
	if c.ended.IsZero() {
		return // it did not come so far, and says why
	}
	c.checkEverybody()
	if c.expect.definite {
		c.checkKnownAreRefused()
	} else {
		c.checkKnownAreServed()
	}
	c.checkAsked()
	c.checkBreaker()
	c.checkRecovery()
}

// each reports the first visits that are not as they should be.
func (c *course) each(visits func(func(visit) bool), should string, is func(visit) bool) {
	wrong := 0
	for v := range visits {
		if is(v) {
			continue
		}
		wrong++
		if wrong <= reported {
			c.problem("%v (%s after Huawei fell ill): should be %s", v.Answer, v.Start.Sub(c.begun).Round(time.Millisecond), should)
		}
	}
	if wrong > reported {
		c.problem("and %d more that should be %s", wrong-reported, should)
	}
}

// checkEverybody holds whatever Huawei does: own identities, no identity for strangers, honest refusals, in time.
func (c *course) checkEverybody() {
	all := c.between(time.Time{}, time.Now())
	for v := range all {
		if err := v.Wrong(); err != nil {
			c.problem("%v", err)
		}
	}
	c.each(c.between(time.Time{}, time.Now(), stranger), "refused, as a stranger", func(v visit) bool { return !v.OK() })
	longest := c.options.timeout + 2*slack
	c.each(all, "answered within the time-out", func(v visit) bool { return v.Took < longest })
}

// checkKnownAreServed: inside the stale window users who were known get nothing but 200. Past it they hear that Huawei
// cannot be asked, and never that their token is bad.
func (c *course) checkKnownAreServed() {
	const margin = 500 * time.Millisecond
	inside := c.begun.Add(c.options.staleIfError - margin)
	outside := c.begun.Add(c.options.staleIfError + ttl + margin)
	c.each(c.between(time.Time{}, inside, known), "200, inside the stale window", visit.isServed)
	c.each(c.between(inside, time.Now(), known), "200 or 502 to 504", func(v visit) bool { return v.isServed() || v.isFailure() })
	c.each(c.between(outside, c.ended, known), "502 to 504, past the stale window", visit.isFailure)
	if !c.recovered.IsZero() {
		c.each(c.between(c.recovered.Add(margin), time.Now(), known), "200, after Huawei's return", visit.isServed)
	}

	if c.cold || c.expect.either || c.expect.unharmed {
		return
	}
	stale := 0
	for v := range c.during(known) {
		if v.Stale() {
			stale++
		}
	}
	if stale == 0 {
		c.problem("no known user got a stale answer, so that the fault was not felt at all")
	}
}

func (v visit) isServed() bool { return v.OK() }

func (v visit) isFailure() bool {
	return v.Status == http.StatusBadGateway || v.Status == http.StatusServiceUnavailable || v.Status == http.StatusGatewayTimeout
}

// checkKnownAreRefused: what Huawei says of a token ends what was known of it at once.
func (c *course) checkKnownAreRefused() {
	refused := map[string]time.Time{}
	for v := range c.during(known) {
		if !v.OK() && (refused[v.Token].IsZero() || v.End().Before(refused[v.Token])) {
			refused[v.Token] = v.End()
		}
	}
	if len(refused) != knownUsers {
		c.problem("%d of %d known users were refused", len(refused), knownUsers)
	}
	c.each(c.during(known), "200 until the first refusal, and then refused like it", func(v visit) bool {
		first := refused[v.Token]
		if v.OK() {
			return !v.Stale() && (first.IsZero() || v.Start.Before(first))
		}
		return v.isExpected(c.expect)
	})
}

func (v visit) isExpected(e expectation) bool { return v.Status == e.status && v.Code == e.code }

// checkAsked: whom the plugin has to ask about gets what Huawei's state means, or hears that it is not asked now.
func (c *course) checkAsked() {
	let, refused := 0, 0
	c.each(c.during(newcomer), c.expect.String(), func(v visit) bool {
		if v.OK() {
			let++
			return c.expect.either || c.expect.unharmed
		}
		refused++
		return v.isExpected(c.expect) || v.Code == "overloaded" && (c.expect.opens || c.expect.either)
	})
	c.each(c.during(stranger), c.expect.String(), func(v visit) bool {
		own := v.Status == http.StatusUnauthorized || v.Status == http.StatusForbidden
		remembered := strings.Contains(v.CacheStatus, "detail=negative")
		return v.isExpected(c.expect) || own && (remembered || c.expect.either || c.expect.unharmed) ||
			v.Code == "overloaded" && (c.expect.opens || c.expect.either)
	})
	if let+refused == 0 {
		c.problem("no newcomer came meanwhile")
	}
	if c.expect.unharmed && refused > let/4 {
		c.problem("%d newcomers were refused and only %d let in, though Huawei answers in time", refused, let)
	}
}

// checkRecovery: one period of the probes after Huawei's return all is well.
func (c *course) checkRecovery() {
	if took := c.recovered.Sub(c.ended); !c.recovered.IsZero() && took > c.recovery() {
		c.problem("the first newcomer is let in %v after Huawei's return, should be within %v", took.Round(time.Millisecond), c.recovery())
	}
}
