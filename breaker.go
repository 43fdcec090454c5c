package huaweiid

import "time"

// The breaker keeps an ailing Huawei from being asked at all: requests are answered at once then, and quota is spared.

const (
	// failuresToOpen in a row open the breaker.
	failuresToOpen = 5
	// shortestBreak is the first time it stays open; it doubles with every failed probe.
	shortestBreak = 5 * time.Second
	longestBreak  = time.Minute
)

// breaker is closed until failuresToOpen lookups in a row failed in a way that trips it, or one did whose answer wants Huawei to
// be left alone for a time. Then it is open until a moment, and after that half-open: one lookup goes through as a probe, and its
// end decides. It is not locked.
type breaker struct {
	failures int           // in a row
	pause    time.Duration // of the current outage; 0 = closed
	until    time.Duration // since epoch: open before this moment
	probing  bool
}

// admits tells whether a lookup may start now; if not, how long it has to wait at least.
func (b *breaker) admits(now time.Duration) (wait time.Duration, ok bool) {
	if now < b.until {
		return b.until - now, false
	}
	if b.pause > 0 && b.probing {
		return time.Second, false
	}
	return 0, true
}

// start notes that an admitted lookup starts, and tells whether it is the probe.
func (b *breaker) start() (probe bool) {
	if b.pause == 0 {
		return false
	}
	b.probing = true
	return true
}

// done notes how a lookup ended. Lookups that were under way when the breaker opened do not count: they are old news.
func (b *breaker) done(v *verdict, probe bool, now time.Duration) {
	if probe {
		b.probing = false
	} else if b.pause > 0 {
		return
	}
	if v.outcome == nil || !v.outcome.trips {
		*b = breaker{}
		return
	}
	b.failures++
	switch {
	case probe:
		b.pause = 2 * b.pause
	case b.failures >= failuresToOpen:
		b.pause = shortestBreak
	}
	if v.retryAfter > 0 && v.retryAfter > b.pause {
		b.pause = v.retryAfter
	}
	if b.pause > longestBreak {
		b.pause = longestBreak
	}
	if b.pause > 0 {
		b.until = now + b.pause
	}
}
