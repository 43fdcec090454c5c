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
//
// A token whose failure has counted in this outage may be the probe all the same, as that of a known user who comes back every few
// seconds. It proves nothing then by failing, so that another probe follows at once.
func (c *course) checkProbes(opened time.Time) {
	settled := opened.Add(c.options.timeout + 300*time.Millisecond)
	asked := map[string]bool{} // tokens that may have counted
	for _, call := range c.callsBetween(c.begun, settled) {
		asked[call.Token] = true
	}
	var probes []time.Time
	for _, probe := range groups(c.callsBetween(settled, c.ended), c.options.timeout+slack/2) {
		probes = append(probes, probe[0].At)
		c.checkProbe(probe, asked)
	}
	if after := c.callsBetween(c.ended, time.Now()); len(after) > 0 {
		probes = append(probes, after[0].At)
	}
	last, period := opened, c.firstPeriod()
	for _, at := range probes {
		if at.Sub(last) < period-early {
			c.problem("a probe comes %v after the one before or the opening, should come after %v", at.Sub(last).Round(time.Millisecond), period)
		}
		last, period = at, 2*period
	}
	c.checkWhoHears(settled, opened)
}

// checkProbe checks the calls of one probe, and notes whose failure counts from then on.
func (c *course) checkProbe(calls []traffic.Call, asked map[string]bool) {
	count, proving := map[string]int{}, map[string]bool{}
	for _, call := range calls {
		count[call.Token]++
		if count[call.Token] > 2 {
			c.problem("a probe has more than 2 calls, the last of them %v after Huawei fell ill", call.At.Sub(c.begun))
		}
		if !asked[call.Token] {
			proving[call.Token] = true
		}
	}
	if len(proving) > 1 {
		c.problem("%d probes at once, the first of them %v after Huawei fell ill: should be one", len(proving), calls[0].At.Sub(c.begun))
	}
	for token := range count {
		asked[token] = true
	}
}

// checkWhoHears: a Huawei that refuses connections sees no calls, but the client whose request was the probe hears of it.
func (c *course) checkWhoHears(settled, opened time.Time) {
	seen, most := 0, 0
	came := map[string]bool{}
	for v := range c.between(c.begun, c.ended, newcomer, stranger) {
		if v.isExpected(c.expect) {
			if v.Start.After(settled) && !came[v.Token] {
				seen++
			}
			came[v.Token] = true
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

// groups parts calls into those that come within a time of the first.
func groups(calls []traffic.Call, within time.Duration) [][]traffic.Call {
	var all [][]traffic.Call
	for _, call := range calls {
		if last := len(all) - 1; last >= 0 && call.At.Sub(all[last][0].At) <= within {
			all[last] = append(all[last], call)
			continue
		}
		all = append(all, []traffic.Call{call})
	}
	return all
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
