package faults

import (
	"fmt"
	"strconv"
	"time"

	"github.com/traefik-huaweiid/huaweiid/e2e/traffic"
)

// early is by how much a probe may seem to come too early, because its clients and its Huawei look at the clock late.
const early = time.Second

// String is for messages.
func (e expectation) String() string {
	text := fmt.Sprintf("%d %s", e.status, e.code)
	if e.opens || e.either {
		text += " or overloaded"
	}
	if e.either || e.unharmed {
		text += " or 200"
	}
	return text
}

// checkBreaker: it opens if it should; then Huawei gets at most one probe per period, and the refused do not wait.
func (c *course) checkBreaker() {
	opened := c.opened()
	switch {
	case c.expect.either:
		return
	case !c.expect.opens:
		if !opened.IsZero() {
			c.problem("the breaker opened, though nothing of this fault should open it")
		}
		return
	case opened.IsZero():
		c.problem("the breaker did not open")
		return
	}
	c.checkRetryAfter()
	c.checkProbes(opened)
	c.checkHaste(opened)
}

// checkRetryAfter: clients are told to wait as long as Huawei wants, and never longer than the breaker does.
func (c *course) checkRetryAfter() {
	longest := int((c.recovery() - slack) / time.Second)
	c.each(c.during(newcomer, stranger), fmt.Sprintf("with a Retry-After of 1 to %d if 503", longest), func(v visit) bool {
		after, err := strconv.Atoi(v.RetryAfter)
		return v.Status != 503 || err == nil && after >= 1 && after <= longest
	})
	if wanted := c.expect.retryAfter; wanted > 0 {
		c.each(c.during(newcomer), "with the Retry-After that Huawei gave", func(v visit) bool {
			return v.Code != c.expect.code || v.RetryAfter == strconv.Itoa(int(wanted/time.Second))
		})
	}
}

// checkProbes: from when the lookups of before the opening have ended, calls come as probes only, each with at most one
// retry, the first one after a period and each later one after twice the last.
func (c *course) checkProbes(opened time.Time) {
	settled := opened.Add(c.options.timeout + 300*time.Millisecond)
	probes := starts(c.callsBetween(settled, c.ended), c.options.timeout+slack/2, func(calls int) {
		if calls > 2 {
			c.problem("a probe has %d calls, should have at most 2", calls)
		}
	})
	if after := c.callsBetween(c.ended, time.Now()); len(after) > 0 {
		probes = append(probes, after[0])
	}
	last, period := opened, c.firstPeriod()
	for _, at := range probes {
		if at.Sub(last) < period-early {
			c.problem("a probe comes %v after the one before or the opening, should come after %v", at.Sub(last).Round(time.Millisecond), period)
		}
		last, period = at, 2*period
	}

	// A Huawei that refuses connections sees no calls, but the client whose request was the probe hears of it.
	seen, most := 0, 0
	for v := range c.between(settled, c.ended, newcomer, stranger) {
		if v.isExpected(c.expect) {
			seen++
		}
	}
	for next, p := c.firstPeriod(), c.firstPeriod(); next < c.ended.Sub(opened)+early; next += p {
		most++
		p *= 2
	}
	if seen > most {
		c.problem("%d clients heard of a call that failed, should be at most one for each of %d probes", seen, most)
	}
}

// starts gives the first of each group of calls that come within a time, and tells how many each group has.
func starts(calls []time.Time, within time.Duration, each func(calls int)) []time.Time {
	var first []time.Time
	count := 0
	for _, at := range calls {
		if len(first) == 0 || at.Sub(first[len(first)-1]) > within {
			if count > 0 {
				each(count)
			}
			first, count = append(first, at), 0
		}
		count++
	}
	if count > 0 {
		each(count)
	}
	return first
}

// atOnce is how long a refused stranger may wait once the breaker is open.
const atOnce = 100 * time.Millisecond

// checkHaste compares the refused with known users who were served from the cache at the same time: on a machine so busy
// that these wait as well, the refused may wait longer than they should.
func (c *course) checkHaste(opened time.Time) {
	refused, served := c.haste(opened)
	if len(refused) < 15 {
		c.problem("only %d were refused while the breaker was open, too few to tell how long they wait", len(refused))
		return
	}
	for _, p := range []struct {
		percent int
		most    time.Duration
	}{{50, atOnce / 2}, {95, atOnce}} {
		waited, meanwhile := traffic.Percentile(refused, p.percent), traffic.Percentile(served, p.percent)
		if waited > max(p.most, 3*meanwhile) {
			c.problem("%d %% of the refused waited up to %v, should be %v (known users: %v)", p.percent, waited, p.most, meanwhile)
		}
	}
}

// haste tells how long those waited who were refused because the breaker was open, and those who were served meanwhile.
func (c *course) haste(opened time.Time) (refused, served []time.Duration) {
	for v := range c.between(opened, c.ended) {
		switch {
		case v.Code == "overloaded":
			refused = append(refused, v.Took)
		case v.OK():
			served = append(served, v.Took)
		}
	}
	return refused, served
}
