package huaweiid

import "time"

// The breaker keeps an ailing Huawei from being asked at all: requests are answered at once then, and quota is spared.
// A client chooses which tokens it sends, so what its own tokens draw must not open the breaker for others: what counts
// is bounded per token and per client address. Only failures to connect are Huawei's or ours without doubt.

const (
	// failuresToOpen in a row open the breaker.
	failuresToOpen = 5
	// shortestPause is how long it stays open first; each failed probe doubles that.
	shortestPause = 5 * time.Second
	longestPause  = time.Minute
	// failuresPerAddress is how often the unknown tokens of one client address count in a row.
	failuresPerAddress = 2
	// addressesTold is how many client addresses Huawei has to name a Retry-After before all obey it.
	addressesTold = 2
	// probePriority is for how long the probe is kept for a known user, and for another client address than the last.
	probePriority = time.Second
	// loneFailures of one address, without any of another, are worth a warning.
	loneFailures = 20
)

// breaker is closed (no pause), open (until a moment) or half-open: one lookup at a time goes through as a probe. It is
// not locked. Moments are counted from epoch.
type breaker struct {
	failures  int             // that counted, in a row
	ignored   int             // that did not count because their address had counted often enough, in a row
	tokens    map[key]bool    // whose failures counted
	addresses map[string]int  // how often the unknown tokens of a client address counted
	told      map[string]bool // client addresses whose lookups were answered with a Retry-After

	pause   time.Duration // of the current outage; 0 = closed
	until   time.Duration // open before this moment
	probing bool          // a probe is under way

	useless      string        // client address of the last probe, if that proved nothing
	uselessUntil time.Duration // before this moment another address has to probe
}

// admits tells whether a lookup may start now, and whether as a probe; if not, how long it has to wait at least.
func admits(b *breaker, known bool, address string, now time.Duration) (wait time.Duration, probe, ok bool) {
	switch {
	case b.pause == 0:
		return 0, false, true
	case now < b.until:
		return b.until - now, false, false
	case b.probing:
		return probePriority, false, false
	case !known && now < b.until+probePriority:
		return b.until + probePriority - now, false, false
	case address == b.useless && now < b.uselessUntil:
		return b.uselessUntil - now, false, false
	}
	b.probing = true
	return 0, true, true
}

// isOpen tells whether a breaker keeps lookups from Huawei, strangers' at least. One that waits for somebody to probe does not, however
// long nobody comes.
func isOpen(b *breaker, now time.Duration) bool {
	return b.pause > 0 && (b.probing || now < b.until+probePriority)
}

// conclude notes how an admitted lookup ended. One that was under way when the breaker opened, and is no probe, is old news.
func conclude(b *breaker, p *pass, v *verdict, now time.Duration) {
	if p.probe {
		b.probing = false
	} else if b.pause > 0 {
		return
	}
	if v.identity != nil {
		*b = breaker{}
		return
	}
	pause := b.nextPause(p, b.counts(p, v))
	if b.obeys(p, v) && v.retryAfter > pause {
		pause = v.retryAfter
	}
	if pause > longestPause {
		pause = longestPause
	}
	if pause > 0 {
		b.pause, b.until, b.uselessUntil = pause, now+pause, 0
	} else if p.probe {
		b.useless, b.uselessUntil = p.address, now+probePriority
	}
}

// counts tells whether a failure counts, and notes whom it counts for.
func (b *breaker) counts(p *pass, v *verdict) bool {
	if v.unconnected {
		return true
	}
	if !v.outcome.trips || b.tokens[p.key] {
		return false
	}
	if !p.known {
		if b.addresses[p.address] >= failuresPerAddress {
			b.ignored++
			return false
		}
		if b.addresses == nil {
			b.addresses = map[string]int{}
		}
		b.addresses[p.address]++
	}
	if b.tokens == nil {
		b.tokens = map[key]bool{}
	}
	b.tokens[p.key] = true
	return true
}

// nextPause returns how long the breaker is open from now on; 0 = it stays as it is.
func (b *breaker) nextPause(p *pass, counts bool) time.Duration {
	if !counts {
		return 0
	}
	b.failures++
	if p.probe {
		return 2 * b.pause
	}
	if b.failures >= failuresToOpen {
		return shortestPause
	}
	return 0
}

// obeys tells whether an answer's Retry-After is for all: a known user's is, and a stranger's once another client address
// was told so as well.
func (b *breaker) obeys(p *pass, v *verdict) bool {
	if v.retryAfter == 0 || !v.outcome.trips {
		return false
	}
	if p.known {
		return true
	}
	if b.told == nil {
		b.told = map[string]bool{}
	}
	if len(b.told) < addressesTold {
		b.told[p.address] = true
	}
	return len(b.told) >= addressesTold
}

// isLonely tells whether lookups fail and all of them are for one client address, so that the breaker cannot open: either it is
// one client's own tokens, or all clients come through a proxy that Traefik does not trust to name them.
func isLonely(b *breaker) bool {
	return b.ignored == loneFailures && len(b.addresses) == 1 && b.pause == 0
}
