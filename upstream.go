package huaweiid

import (
	"crypto/sha256"
	"fmt"
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
	salt   string // what the cache key has beside the token: the upstream's identity
	client *client
	since  func(time.Time) time.Duration // time.Since but in tests
	random func() float64                // from 0 up to 1

	ttl          time.Duration
	jitter       float64       // ns by which a life is shorter than the ttl at most
	window       time.Duration // past a life, in which a good answer serves while Huawei fails
	negativeTTL  time.Duration
	forAll       int // lookups that may be under way at once
	forStrangers int // of them; the last quarter is for known users

	throttle *throttle // of the log lines

	mu      *sync.RWMutex // guards all below; never held during a call. Hits only read, and do not wait for each other
	good    *cache
	refused *cache
	flights map[key]*flight
	breaker breaker

	strangers int // lookups under way for users who are not in the cache
}

// epoch is what moments are counted from: a monotonic clock that one compiled call reads.
var epoch = time.Now()

// flight is one lookup under way. Whoever receives from done may read the verdict.
type flight struct {
	done    chan struct{} // closed when the verdict is there
	begun   time.Duration // since epoch
	verdict *verdict
	known   bool
	probe   bool
	news    bool // there may be something to log

	before time.Duration // the breaker's pause before it landed
	after  time.Duration // and after that
}

// Ways in which an answer was come by.
const (
	fromCache     = "hit"
	fromRefusals  = "negative_hit"
	fromHuawei    = "miss"
	fromCoalesced = "coalesced"
	fromStale     = "stale"
	fromNowhere   = "overloaded" // nobody was asked
)

// answer says for whom a token stands, or what is in the way of knowing it, and how that was come by.
type answer struct {
	identity   *entry
	outcome    *outcome // nil = there is an identity
	from       string
	ttl        time.Duration // what is left of the entry's life; negative when stale
	retryAfter time.Duration // 0 = nobody said
}

func newUpstream(s upstreamSettings) *upstream {
	identity := sha256.Sum256([]byte(fmt.Sprintf("%q %q %q %v",
		s.huawei.getInfoURL, s.huawei.tokenInfoURL, s.audience.clientIDs, s.wantsPhone)))
	return &upstream{
		salt:     string(identity[:saltLength]),
		client:   newClient(s),
		since:    time.Since,
		random:   rand.Float64,
		throttle: newThrottle(),

		ttl:          s.cache.ttl,
		jitter:       float64(s.cache.ttl / 10),
		window:       s.cache.staleIfError,
		negativeTTL:  s.cache.negativeTTL,
		forAll:       s.huawei.maxConcurrent,
		forStrangers: s.huawei.maxConcurrent - s.huawei.maxConcurrent/4,

		mu:      &sync.RWMutex{},
		good:    newCache(limitOf(s.cache.maxEntries, s.cache.ttl)),
		refused: newCache(limitOf(s.cache.maxEntries/4, s.cache.negativeTTL)),
		flights: map[key]*flight{},
	}
}

// saltLength is how many bytes of SHA-256 of the upstream's identity a key has. Nobody can choose upstreams, so that two of
// them never share as many; and with so few, a token of a hundred bytes takes two of SHA-256's blocks instead of three.
const saltLength = 12

// limitOf is how many entries of a ttl are kept at most.
func limitOf(limit int, ttl time.Duration) int {
	if ttl == 0 {
		return 0
	}
	return limit
}

// credentials is what stands before a token in a key. It is what most requests have there, so that a hit takes their whole
// value as it is.
const credentials = "Bearer "

// keyOf names a token.
func keyOf(u *upstream, token string) key {
	return sha256.Sum256([]byte(u.salt + credentials + token))
}

// resolve finds out whom a token stands for: from the cache, or from the one lookup per key that is under way at any
// time. It returns within the lookup's time-out.
func resolve(u *upstream, k key, token string, log *logger) answer {
	u.mu.Lock()
	now := u.since(epoch)
	e := u.good.entries[k]
	known := false
	if e != nil {
		if now < e.expires {
			return hit(u, e, token, now, log)
		}
		known = now < e.end
	}
	if r := u.refused.entries[k]; r != nil && now < r.expires {
		u.mu.Unlock()
		return answer{outcome: r.refusal, from: fromRefusals, ttl: r.expires - now}
	}
	return fetch(u, k, token, known, now, log)
}

// hit answers from the cache, and starts the refresh that is due. u.mu is held, and is not when hit returns.
func hit(u *upstream, e *entry, token string, now time.Duration, log *logger) answer {
	if now >= e.refresh {
		refreshAhead(u, e, token, now, log)
	}
	u.mu.Unlock()
	return answer{identity: e, from: fromCache, ttl: e.expires - now}
}

// fetch resolves what is not in the cache. u.mu is held, and is not when fetch returns.
//
// The lookup belongs to no client, although it runs on the goroutine of the request that needs it first: no context of a
// request reaches it, and when that client leaves, it goes on for those who wait and for the cache.
func fetch(u *upstream, k key, token string, known bool, now time.Duration, log *logger) answer {
	from := fromHuawei
	f := u.flights[k]
	if f != nil {
		u.mu.Unlock()
		<-f.done
		from = fromCoalesced
	} else {
		var wait time.Duration
		f, wait = startFlight(u, k, known, now)
		u.mu.Unlock()
		if f == nil {
			return overloaded(u, k, wait, log)
		}
		fly(u, k, token, f, log)
	}
	v := f.verdict
	if v.identity != nil {
		return answer{identity: v.identity, from: from}
	}
	return orStale(u, k, answer{outcome: v.outcome, from: from, retryAfter: v.retryAfter})
}

// overloaded is the answer where no lookup may start: for the time that the breaker wants, or (0) because too many are under way.
func overloaded(u *upstream, k key, wait time.Duration, log *logger) answer {
	if wait == 0 {
		wait = time.Second
		log.crowded()
	}
	return orStale(u, k, answer{outcome: outcomeByWhen[whenOverloaded], from: fromNowhere, retryAfter: wait})
}

// orStale puts an older good answer in the place of a failure that is not about the token.
func orStale(u *upstream, k key, a answer) answer {
	if a.outcome.definite {
		return a
	}
	u.mu.Lock()
	now := u.since(epoch)
	e := u.good.entries[k]
	u.mu.Unlock()
	if e == nil || now >= e.end {
		return a
	}
	from := fromStale
	if now < e.expires { // another lookup has brought a good one meanwhile
		from = fromCache
	}
	return answer{identity: e, from: from, ttl: e.expires - now}
}

// refreshAhead starts a lookup for an entry that is near its end, once in the entry's life. u.mu is held.
func refreshAhead(u *upstream, e *entry, token string, now time.Duration, log *logger) {
	if u.flights[e.key] != nil {
		return
	}
	if f, _ := startFlight(u, e.key, true, now); f != nil {
		changed := *e
		changed.refresh = e.expires
		replaceEntry(u.good, e, &changed)
		go fly(u, e.key, token, f, log)
	}
}

// startFlight makes room for a lookup, unless the breaker says no, and how long to wait, or the bound on lookups under way does,
// and nobody knows how long. u.mu is held.
func startFlight(u *upstream, k key, known bool, now time.Duration) (*flight, time.Duration) {
	if len(u.flights) >= u.forAll || !known && u.strangers >= u.forStrangers {
		return nil, 0
	}
	f := &flight{done: make(chan struct{}), begun: now, known: known}
	if u.breaker.pause > 0 { // closed, it admits everything and knows no probes
		if wait := admit(u, f, now); wait > 0 {
			return nil, wait
		}
	}
	if !known {
		u.strangers++
	}
	u.flights[k] = f
	return f, 0
}

// admit asks a breaker that is not closed, and returns how long it wants no lookup. u.mu is held.
func admit(u *upstream, f *flight, now time.Duration) time.Duration {
	wait, ok := u.breaker.admits(now)
	if ok {
		f.probe = u.breaker.start()
	}
	return wait
}

// fly makes a flight's lookup and lets those go who wait for it.
func fly(u *upstream, k key, token string, f *flight, log *logger) {
	defer letGo(u, k, f, log)
	f.verdict = lookUp(u.client, token)
	landFlight(u, k, f)
}

// letGo lets those go who wait for a flight, whatever happens.
func letGo(u *upstream, k key, f *flight, log *logger) {
	if r := recover(); r != nil {
		crash(u, k, f, r)
	}
	close(f.done)
	if f.news { // nobody waits for a log
		announceLanding(u, k, f, log)
	}
}

// crash makes a panic in a lookup a failed answer.
func crash(u *upstream, k key, f *flight, cause interface{}) {
	if f.verdict == nil {
		f.verdict = failed(whenMalformed, fmt.Sprintf("panic: %v", cause))
		landFlight(u, k, f)
	}
}

// announceLanding logs what is news. It runs when the panics of the flight are caught already, so it catches its own.
//
// While the breaker is open, nothing may come through on the connections that there are, so that the next probe gets a new one.
func announceLanding(u *upstream, k key, f *flight, log *logger) {
	defer recovered()
	log.landing(k, f)
	if f.after > 0 {
		u.client.pool.CloseIdleConnections()
	}
}

// landFlight ends a flight and stores its verdict.
func landFlight(u *upstream, k key, f *flight) {
	u.mu.Lock()
	defer u.mu.Unlock()
	now := u.since(epoch)
	delete(u.flights, k)
	if !f.known {
		u.strangers--
	}
	v := f.verdict
	e := v.identity
	// A good answer after a good answer is no news to the breaker.
	if e == nil || u.breaker.failures > 0 {
		tellBreaker(u, f, now)
	}
	if e == nil {
		rememberRefusal(u, k, v, now)
		return
	}
	e.key = k
	left := v.life
	if left > 0 {
		// Huawei may have said so as early as when it was asked; who waits for the answer gets it, however little is left.
		left -= now - f.begun
		if left <= 0 {
			forget(u, k)
			return
		}
	}
	// A refusal of the same token is past its end by now, or nobody would have looked the token up.
	setMoments(u, e, left, now)
	putEntry(u.good, e, now)
}

// tellBreaker tells the breaker how a flight ended. u.mu is held.
func tellBreaker(u *upstream, f *flight, now time.Duration) {
	f.news = true
	f.before = u.breaker.pause
	u.breaker.done(f.verdict, f.probe, now)
	f.after = u.breaker.pause
}

// rememberRefusal stores a refusal and ends the good answer it is the end of. u.mu is held.
func rememberRefusal(u *upstream, k key, v *verdict, now time.Duration) {
	if !v.outcome.definite {
		return
	}
	forget(u, k)
	if v.outcome.remembered {
		end := now + u.negativeTTL
		putEntry(u.refused, &entry{key: k, refusal: v.outcome, expires: end, end: end}, now)
	}
}

// forget ends the good answer that there may be. u.mu is held.
func forget(u *upstream, k key) {
	if e := u.good.entries[k]; e != nil {
		removeEntry(u.good, e)
	}
}

// setMoments gives a good answer its moments. Its life is up to a tenth shorter than the ttl, at random, so that users who came
// together do not come back together; and no rule outlives the token itself, of whose life so much is left (0 = enough). In
// the last fifth it is refreshed.
func setMoments(u *upstream, e *entry, left, now time.Duration) {
	life := u.ttl - time.Duration(u.random()*u.jitter)
	end := life + u.window
	if left > 0 && left < end {
		end = left
		if life > end {
			life = end
		}
	}
	e.refresh = now + life/5*4
	e.expires = now + life
	e.end = now + end
}
