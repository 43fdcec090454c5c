package huaweiid

import (
	"crypto/sha256"
	"fmt"
	"log/slog"
	"math/rand"
	"sync"
	"time"
)

// upstream is what all instances with the same huawei, audience and cache options share, across reloads: the cache, the
// lookups under way, the breaker and the connections.
//
// No select anywhere: Yaegi v0.16.1 keeps one slice of cases per select statement, so that goroutines receive from each
// other's channels, and one user would get another's identity. Whoever waits, waits on one channel, which the lookup's
// time-out bounds.
type upstream struct {
	settings upstreamSettings
	salt     string // what the cache key has beside the token: a zero byte, SHA-256 of the upstream's identity
	client   *client
	since    func(time.Time) time.Duration // time.Since but in tests
	random   func() float64                // from 0 up to 1
	throttle *throttle                     // of the log lines

	mu      *sync.RWMutex // guards all below; never held during a call. Hits only read, and do not wait for each other
	good    *cache
	refused *cache
	flights map[key]*flight
	breaker breaker
	known   int // lookups under way for users in the cache
	unknown int // lookups under way for strangers
}

// epoch is what moments are counted from: a monotonic clock that one compiled call reads.
var epoch = time.Now()

// flight is one lookup under way. Whoever receives from done may read the verdict.
type flight struct {
	done    chan struct{} // closed when the verdict is there
	verdict verdict
	known   bool
	probe   bool
}

// Ways in which an answer was come by.
const (
	fromCache     = "hit"
	fromRefusals  = "negative_hit"
	fromHuawei    = "miss"
	fromCoalesced = "coalesced"
	fromStale     = "stale"
)

// answer is a verdict and how it was come by.
type answer struct {
	verdict verdict
	from    string
	ttl     time.Duration // what is left of the entry's life; negative when stale
}

func newUpstream(s upstreamSettings) *upstream {
	identity := sha256.Sum256([]byte(fmt.Sprintf("%q", append([]string{s.getInfoURL, s.tokenInfoURL}, s.clientIDs...))))
	return &upstream{
		settings: s,
		salt:     "\x00" + string(identity[:]),
		client:   newClient(s),
		mu:       &sync.RWMutex{},
		since:    time.Since,
		random:   rand.Float64,
		good:     newCache(s.maxEntries),
		refused:  newCache(s.maxEntries / 4),
		flights:  map[key]*flight{},
		throttle: newThrottle(),
	}
}

// credentials is what stands before a token in a key. It is what most requests have there, so that a hit takes their whole
// value as it is.
const credentials = "Bearer "

// keyOf names a token.
func (u *upstream) keyOf(token string) key {
	return sha256.Sum256([]byte(u.salt + credentials + token))
}

// resolve finds out whom a token stands for: from the cache, or from the one lookup per key that is under way at any
// time. It returns within the lookup's time-out.
func (u *upstream) resolve(k key, token string, log *logger) answer {
	u.mu.Lock()
	now := u.since(epoch)
	e := u.good.entries[k]
	if e != nil && now < e.expires {
		if now >= e.refresh {
			u.refreshAhead(e, token, now, log)
		}
		u.mu.Unlock()
		return answer{verdict: verdict{identity: e.identity}, from: fromCache, ttl: e.expires - now}
	}
	if r := u.refused.entries[k]; r != nil && now < r.expires {
		u.mu.Unlock()
		return answer{verdict: verdict{outcome: r.refusal}, from: fromRefusals, ttl: r.expires - now}
	}
	f, from := u.flights[k], fromCoalesced
	if f == nil {
		var wait time.Duration
		f, wait = u.start(k, token, e != nil && now < e.end, now, log)
		from = fromHuawei
		if f == nil {
			u.mu.Unlock()
			return u.orStale(k, answer{verdict: verdict{outcome: outcomeByWhen[whenOverloaded], retryAfter: wait}, from: from})
		}
	}
	u.mu.Unlock()

	<-f.done
	return u.orStale(k, answer{verdict: f.verdict, from: from})
}

// orStale puts an older good answer in the place of a failure that is not about the token.
func (u *upstream) orStale(k key, a answer) answer {
	if a.verdict.outcome == nil || a.verdict.outcome.definite() {
		return a
	}
	u.mu.Lock()
	now := u.since(epoch)
	e := u.good.entries[k]
	u.mu.Unlock()
	if e == nil || now >= e.end {
		return a
	}
	return answer{verdict: verdict{identity: e.identity}, from: fromStale, ttl: e.expires - now}
}

// refreshAhead starts a lookup for an entry that is near its end, once in the entry's life. u.mu is held.
func (u *upstream) refreshAhead(e *entry, token string, now time.Duration, log *logger) {
	if u.flights[e.key] != nil {
		return
	}
	if f, _ := u.start(e.key, token, true, now, log); f != nil {
		changed := *e
		changed.refresh = e.expires
		u.good.replace(e, &changed)
	}
}

// start begins a lookup, unless the breaker or the bound on lookups under way says no: then it returns how long to wait.
// The last quarter of that bound is for known users. u.mu is held.
func (u *upstream) start(k key, token string, known bool, now time.Duration, log *logger) (f *flight, wait time.Duration) {
	if wait, ok := u.breaker.admits(now); !ok {
		return nil, wait
	}
	most := u.settings.maxConcurrent
	if u.known+u.unknown >= most || !known && u.unknown >= most-most/4 {
		return nil, time.Second
	}
	f = &flight{done: make(chan struct{}), known: known, probe: u.breaker.start()}
	if known {
		u.known++
	} else {
		u.unknown++
	}
	u.flights[k] = f
	go u.fly(k, token, f, log)
	return f, 0
}

// fly makes a flight's lookup. It belongs to no client: those who left do not end it. Whatever happens, those who wait
// are let go.
func (u *upstream) fly(k key, token string, f *flight, log *logger) {
	defer recovered()
	before, after := u.finish(k, token, f)

	log.lookup(k, f.verdict)
	if after > before {
		log.event(slog.LevelWarn, "breaker", "not asking Huawei for a while: lookups fail", "pause", after)
	}
	if after < before {
		log.event(slog.LevelInfo, "breaker closed", "asking Huawei again")
	}
}

// finish brings a flight to its end, and returns the breaker's pause before and after it.
func (u *upstream) finish(k key, token string, f *flight) (before, after time.Duration) {
	defer func() { close(f.done) }()
	f.verdict = u.lookup(token)
	before, after = u.land(k, f)
	return before, after
}

// lookup asks Huawei, and makes a panic a failed answer.
func (u *upstream) lookup(token string) (v verdict) {
	defer func() {
		if r := recover(); r != nil {
			v = failed(whenMalformed, fmt.Sprintf("panic: %v", r))
		}
	}()
	v = u.client.lookup(token)
	return v
}

// land ends a flight and stores its verdict. It returns the breaker's pause before and after.
func (u *upstream) land(k key, f *flight) (before, after time.Duration) {
	u.mu.Lock()
	defer u.mu.Unlock()
	now := u.since(epoch)
	delete(u.flights, k)
	if f.known {
		u.known--
	} else {
		u.unknown--
	}
	before = u.breaker.pause
	u.breaker.done(f.verdict, f.probe, now)
	after = u.breaker.pause
	u.remember(k, f.verdict, now)
	return before, after
}

// remember stores a verdict as its kind wants. u.mu is held.
func (u *upstream) remember(k key, v verdict, now time.Duration) {
	switch {
	case v.identity != nil:
		if r := u.refused.entries[k]; r != nil {
			u.refused.remove(r)
		}
		u.good.put(u.goodEntry(k, v, now), now)
	case v.outcome.definite():
		if e := u.good.entries[k]; e != nil {
			u.good.remove(e)
		}
		if v.outcome.remembered {
			end := now + u.settings.negativeTTL
			u.refused.put(&entry{key: k, refusal: v.outcome, expires: end, end: end}, now)
		}
	}
}

// goodEntry gives a good answer its moments. Its life is up to a tenth shorter than the ttl, at random, so that users who
// came together do not come back together; and no rule outlives the token itself. In the last fifth it is refreshed.
func (u *upstream) goodEntry(k key, v verdict, now time.Duration) *entry {
	life := u.settings.ttl - time.Duration(u.random()*float64(u.settings.ttl/10))
	window := u.settings.staleIfError
	if life == 0 {
		window = 0
	}
	if v.life > 0 {
		life = shorter(life, v.life)
		window = shorter(window, v.life-life)
	}
	values := v.identity.values
	openID, unionID, phone := values[columnOpenID], values[columnUnionID], values[columnPhoneRaw]
	return &entry{
		key:      k,
		identity: v.identity,
		refresh:  now + life/5*4,
		expires:  now + life,
		end:      now + life + window,
		openID:   openID,
		unionID:  unionID,
		phone:    phone,
		whole:    openID != "" && unionID != "" && phone != "",
	}
}

func shorter(a, b time.Duration) time.Duration {
	if a < b {
		return a
	}
	return b
}
