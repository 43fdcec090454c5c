package huaweiid

import (
	"crypto/sha256"
	"fmt"
	"math/rand"
	"net/http"
	"sync"
	"time"
)

// upstream is what all instances with the same huawei, audience and cache options share, across reloads: the cache, the
// lookups under way, the gate and the connections.
type upstream struct {
	salt   string // what the cache key has beside the token: the upstream's identity
	client *client
	gate   *gate
	shared sharedTier                    // nil = none
	list   *eventList                    // account events of the fleet, where there is a shared tier; nil = none
	since  func(time.Time) time.Duration // time.Since but in tests
	random func() float64                // from 0 up to 1

	ttl         time.Duration
	jitter      float64       // ns by which a life is shorter than the ttl at most
	staleWindow time.Duration // past a life, in which a good answer serves while Huawei fails
	negativeTTL time.Duration

	throttle *throttle // of the log lines
	metrics  *metrics

	mu      sync.Mutex // guards all below; never held during a call. Hits do not need it
	good    *cache
	refused *cache
	flights flights
	cause   string // of the last refusal of a token
}

// epoch is what moments are counted from: a monotonic clock that one compiled call reads.
var epoch = time.Now()

const (
	// staleRetry is for how long a user is served a stale answer before Huawei is asked about them again.
	staleRetry = 5 * time.Second
	// refreshRetry is when a refresh for which there was no room is tried again.
	refreshRetry = time.Second
)

func newUpstream(s upstreamSettings) *upstream {
	identity := sha256.Sum256([]byte(fmt.Sprintf("%q %q %q %v",
		s.huawei.getInfoURL, s.huawei.tokenInfoURL, s.audience.clientIDs, s.wantsPhone)))
	u := &upstream{
		salt:     string(identity[:saltLength]),
		client:   newClient(s),
		gate:     newGate(s.huawei.maxConcurrent),
		since:    time.Since,
		random:   rand.Float64,
		throttle: newThrottle(),
		metrics:  processMetrics,

		ttl:         s.cache.ttl,
		jitter:      float64(s.cache.ttl / 10),
		staleWindow: s.cache.staleIfError,
		negativeTTL: s.cache.negativeTTL,

		good:    newCache(limitOf(s.cache.maxEntries, s.cache.ttl)),
		refused: newCache(limitOf(s.cache.maxEntries/4, s.cache.negativeTTL)),
		flights: flights{},
	}
	// A nil *redisTier in the interface would not be nil.
	if tier := newRedisTier(s, u.salt); tier != nil {
		u.shared = tier
		tier.events.heard = func() bool { return isWatched(u) }
		u.list = newEventList(tier)
	}
	return u
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

// resolve finds out whom a request's token stands for: from the process's own cache, from the key's one flight, or by a
// lookup. It returns within the lookup's time-out.
func resolve(u *upstream, k key, token string, req *http.Request, log *logger) answer {
	// What decide would say, without the lock that only lookups need.
	u.good.mu.RLock()
	e := u.good.entries[k]
	u.good.mu.RUnlock()
	if e != nil {
		if now := u.since(epoch); now < e.refresh {
			countLookup(u.metrics, fromCache)
			return answer{entry: e, from: fromCache, ttl: e.expires - now}
		}
	}
	return resolveAnew(u, k, token, req, log)
}

// resolveAnew is resolve where the cache has no fresh answer.
func resolveAnew(u *upstream, k key, token string, req *http.Request, log *logger) answer {
	a, f, do := decide(u, k)
	if do == doWait {
		a = awaitFlight(f)
		if a.entry == nil || !endedSince(u, a.entry) {
			countLookup(u.metrics, a.from)
			return a
		}
		// The request may have come after the event that ended it. Once is enough: what is under way now has begun since.
		a, f, do = decide(u, k)
	}
	switch do {
	case doRefresh:
		go fly(u, k, token, clientAddress(req), f, log)
	case doWait:
		a = awaitFlight(f)
	case doFly:
		fly(u, k, token, clientAddress(req), f, log)
		a = f.answer
	}
	countLookup(u.metrics, a.from)
	return a
}

// awaitFlight waits for the answer of a flight that another request has caused.
func awaitFlight(f *flight) answer {
	<-f.done
	a := f.answer
	if a.from == fromHuawei {
		a.from = fromCoalesced
	}
	return a
}

// What decide wants done.
const (
	doAnswer  = iota // with what is in the cache
	doRefresh        // the same, and make the flight's lookup beside the request
	doWait           // for a lookup that is under way
	doFly            // make the flight's lookup
)

// decide looks for a key's answer in the cache, and for its flight where there is none. It starts the flight that is missing.
func decide(u *upstream, k key) (answer, *flight, int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	now := u.since(epoch)
	known := false // there is a good answer that still could serve
	if e := u.good.entries[k]; e != nil {
		if now < e.expires || now < e.retry {
			return decideKnown(u, e, now)
		}
		known = now < e.end
	}
	if r := u.refused.entries[k]; r != nil {
		if now < r.expires {
			return answer{outcome: r.refusal, from: fromRefusals, ttl: r.expires - now}, nil, doAnswer
		}
	}
	if f := u.flights[k]; f != nil {
		return answer{}, f, doWait
	}
	return answer{}, beginFlight(u.flights, k, known, now), doFly
}

// decideKnown decides where there is a good answer that serves, be it as stale. The lock is held.
func decideKnown(u *upstream, e *entry, now time.Duration) (answer, *flight, int) {
	a := answer{entry: e, from: fromCache, ttl: e.expires - now}
	if now >= e.expires {
		a.from = fromStale
		return a, nil, doAnswer
	}
	if now < e.refresh || u.flights[e.key] != nil {
		return a, nil, doAnswer
	}
	refreshing := *e
	refreshing.refresh = e.expires
	replaceEntry(u.good, e, &refreshing)
	return a, beginFlight(u.flights, e.key, true, now), doRefresh
}

// fly makes a flight's lookup. What comes after it, nobody waits for.
func fly(u *upstream, k key, token, address string, f *flight, log *logger) {
	defer recovered()
	makeLookup(u, k, token, address, f, log)
	tellWatchers(u, k, f)
	report(u, k, f, log)
	if u.shared != nil && f.fresh != nil {
		go share(u.shared, token, f.fresh, log)
	}
}

// makeLookup is a lookup's way from the key's flight on: shared tier, gate, Huawei, store. It ends the flight whatever happens.
func makeLookup(u *upstream, k key, token, address string, f *flight, log *logger) {
	defer letGo(u, k, f)
	if u.shared != nil {
		if e := fromOthers(u, k, token, f, log); e != nil {
			landShared(u, f, e)
			return
		}
	}
	askHuawei(u, k, token, address, f)
	land(u, k, f)
}

// askHuawei asks if the gate lets the lookup through.
func askHuawei(u *upstream, k key, token, address string, f *flight) {
	f.pass, f.verdict = enterGate(u.gate, k, f.known, address)
	if f.pass == nil {
		return
	}
	f.verdict = lookUp(u.client, token)
	f.ruling = leaveGate(u.gate, f.pass, f.verdict)
	f.pass = nil
}

// letGo lets those go who wait for a flight. A panic in the lookup is a failed answer to them.
func letGo(u *upstream, k key, f *flight) {
	if r := recover(); r != nil {
		if f.pass != nil {
			f.ruling = leaveGate(u.gate, f.pass, nil)
		}
		f.verdict = failed(whenMalformed, fmt.Sprintf("panic: %v", r))
		f.answer = answer{outcome: f.verdict.outcome, from: fromHuawei}
		abandon(u, k)
	}
	close(f.done)
}

func abandon(u *upstream, k key) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.flights, k)
}

// land ends a flight and stores what it brought, in one step: no second lookup can begin in between.
func land(u *upstream, k key, f *flight) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.flights, k)
	now := u.since(epoch)
	switch v := f.verdict; {
	case v.identity != nil:
		keepIdentity(u, k, f, now)
	case v.outcome.definite:
		keepRefusal(u, k, f, now)
	default:
		f.answer = answer{outcome: v.outcome, from: fromHuawei, retryAfter: v.retryAfter}
		if v.outcome.code == codeOverloaded {
			f.answer.from = fromNowhere
		}
		makeDo(u, k, f, now)
	}
}

// landShared ends a flight with what another replica found out.
func landShared(u *upstream, f *flight, e *entry) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.flights, e.key)
	now := u.since(epoch)
	f.answer = answer{entry: e, outcome: e.refusal, from: fromShared, ttl: e.expires - now}
	if e.identity == nil {
		f.answer.entry = nil
		forget(u, e.key)
		keep(u, u.refused, e, now)
		return
	}
	keepGood(u, e, now)
}

// keep stores an entry. The lock is held.
func keep(u *upstream, c *cache, e *entry, now time.Duration) {
	if evicted := putEntry(c, e, now); evicted > 0 {
		u.metrics.evictions.Add(int64(evicted))
	}
}

// keepIdentity stores a good answer. The lock is held.
//
// Its life counts from when Huawei was asked, and is up to a tenth shorter than the ttl, at random, so that users who came
// together do not come back together. No rule outlives the token itself. In the last fifth it is refreshed.
func keepIdentity(u *upstream, k key, f *flight, now time.Duration) {
	life := u.ttl - time.Duration(u.random()*u.jitter)
	end := life + u.staleWindow
	if left := f.verdict.life; left > 0 && left < end {
		end = left
		if life > end {
			life = end
		}
	}
	e := &entry{
		key:      k,
		identity: f.verdict.identity,
		asked:    f.begun,
		refresh:  f.begun + life/5*4,
		expires:  f.begun + life,
		end:      f.begun + end,
	}
	f.answer = answer{entry: e, from: fromHuawei, ttl: life}
	if e.end <= now {
		forget(u, k) // those who wait get it all the same
		return
	}
	// A refusal of the same token is past its end by now, or nobody would have looked the token up.
	if keepGood(u, e, now) {
		f.fresh = e
	}
}

// keepRefusal ends the good answer that a refusal is about, and stores the refusal. The lock is held.
func keepRefusal(u *upstream, k key, f *flight, now time.Duration) {
	o := f.verdict.outcome
	f.answer = answer{outcome: o, from: fromHuawei}
	u.cause = f.verdict.cause
	forget(u, k)
	if !o.remembered {
		return
	}
	end := f.begun + u.negativeTTL
	e := &entry{key: k, refusal: o, asked: f.begun, expires: end, end: end}
	if now < end {
		keep(u, u.refused, e, now)
	}
	f.fresh = e // also if it is not kept: it ends the good answer everywhere
}

// makeDo puts an older good answer, if there is one, in the place of a failure that is not about the token. The lock is held.
func makeDo(u *upstream, k key, f *flight, now time.Duration) {
	e := u.good.entries[k]
	if e == nil || now >= e.end {
		return
	}
	later := *e
	f.answer = answer{entry: &later, from: fromStale, ttl: e.expires - now}
	if now < e.expires {
		f.answer.from = fromCache
		if f.verdict.outcome.code == codeOverloaded {
			later.refresh = now + refreshRetry
		}
	} else {
		later.retry = now + staleRetry
		if later.retry > e.end {
			later.retry = e.end
		}
	}
	replaceEntry(u.good, e, &later)
}

// forget ends the good answer that there may be. The lock is held.
func forget(u *upstream, k key) {
	if e := u.good.entries[k]; e != nil {
		removeEntry(u.good, e)
	}
}

// lastCause is why Huawei last refused a token.
func lastCause(u *upstream) string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.cause
}

// report logs what an operator would want to know of a lookup.
func report(u *upstream, k key, f *flight, log *logger) {
	logLanding(log, k, f, u.client.wantsPhone)
	// While the breaker is open no answer may come on the connections that there are: the next probe gets a new one.
	if f.ruling.after > 0 {
		u.client.pool.CloseIdleConnections()
	}
}
