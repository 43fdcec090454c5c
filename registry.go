package huaweiid

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// The registry holds what must survive a reload. Traefik calls New for every router on every configuration change, in
// one interpreter for the life of the process, so that package variables stay.

// unusedFor is how long an upstream that no instance uses is kept: a reload that takes a router away and another that
// brings it back cost nothing then.
const unusedFor = 10 * time.Minute

// registry has one upstream per distinct set of options.
type registry struct {
	mu        sync.Mutex
	upstreams map[string]*tenancy
	after     func(time.Duration, func()) *time.Timer // time.AfterFunc but in tests
}

// tenancy counts an upstream's instances. Its fields are guarded by the registry's lock.
type tenancy struct {
	upstream *upstream
	key      string
	tenants  int
	eviction *time.Timer // runs while there are no tenants

	receivers map[string]*receiver // of account events, by where these are announced
	listening bool                 // a timer reads the fleet's account events
}

var upstreams = &registry{upstreams: map[string]*tenancy{}, after: time.AfterFunc}

// acquire returns the upstream that has the key, or makes it, for as long as ctx lasts: the context that Traefik gives New ends when
// the next configuration comes. Handlers of the old configuration that are still at work keep the upstream meanwhile.
func (r *registry) acquire(ctx context.Context, k string, s upstreamSettings) *upstream {
	t := r.tenancyOf(k, s)
	context.AfterFunc(ctx, func() { r.release(t) })
	return t.upstream
}

// tenancyOf counts one more tenant. The lock is released whatever happens, or the next New would wait for ever.
func (r *registry) tenancyOf(k string, s upstreamSettings) *tenancy {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.upstreams[k]
	if t == nil {
		t = &tenancy{upstream: newUpstream(s), key: k, receivers: map[string]*receiver{}}
		r.upstreams[k] = t
		r.watch()
	}
	t.tenants++
	if t.eviction != nil {
		t.eviction.Stop()
		t.eviction = nil
	}
	r.listen(t)
	return t
}

// receiver returns what instances that use an upstream receive account events with.
func (r *registry) receiver(k string, s *settings) *receiver {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.upstreams[k]
	received := t.receivers[s.events.configURL]
	if received == nil {
		received = newReceiver(s, t.upstream)
		t.receivers[s.events.configURL] = received
		r.watch()
	}
	return received
}

// watch has every upstream that account events may be about be ready for them. r.mu is held.
func (r *registry) watch() {
	for _, t := range r.upstreams {
		if len(t.receivers) == 0 {
			continue
		}
		for _, other := range r.upstreams {
			if sharesClientID(other.upstream, t.upstream.client.clientIDs) {
				watchUsers(other.upstream)
				r.listen(other)
			}
		}
	}
}

// sharesClientID tells whether an upstream may have answers about users of one of the apps. One without client IDs has any app's.
func sharesClientID(u *upstream, clientIDs map[string]bool) bool {
	for id := range clientIDs {
		if u.client.clientIDs[id] {
			return true
		}
	}
	return len(u.client.clientIDs) == 0
}

// listen starts the timer by which an upstream that is in use reads the fleet's account events. r.mu is held.
func (r *registry) listen(t *tenancy) {
	if t.upstream.list == nil || t.listening || t.tenants == 0 || !isWatched(t.upstream) {
		return
	}
	t.listening = true
	r.after(listInterval, func() { r.hear(t) })
}

// hear reads the list, and sets the timer again while there are tenants.
func (r *registry) hear(t *tenancy) {
	defer recovered()
	hearOnce(t.upstream)
	r.mu.Lock()
	defer r.mu.Unlock()
	t.listening = false
	r.listen(t)
}

func hearOnce(u *upstream) {
	defer recovered()
	catchUp(u, newLogger("account events", slog.LevelInfo, u.throttle))
}

// reached is a state that account events may be about.
type reached struct {
	upstream *upstream
	inUse    bool // instances use it; else only a reload may bring them back
}

// obey has every upstream forget the users whom events are about, and then tells the fleet. Events are taken when both are done.
func (r *registry) obey(events []accountEvent, log *logger) error {
	// Taken once: an upstream that is made from here on has not obeyed, and has to read in its list what it was not told.
	states := r.sharing(events)
	for _, e := range events {
		forgotten := 0
		for _, s := range states {
			if sharesClientID(s.upstream, map[string]bool{e.clientID: true}) {
				forgotten += forgetUser(s.upstream, e.openID, e.unionID)
			}
		}
		log.accountEvent(e.kind, forgotten)
	}
	if err := tell(states, events, log); err != nil {
		return err
	}
	for _, e := range events {
		processMetrics.event(e.kind, eventTaken)
	}
	return nil
}

// sharing returns the upstreams that may have answers about users whom events are about.
func (r *registry) sharing(events []accountEvent) []reached {
	clientIDs := map[string]bool{}
	for _, e := range events {
		clientIDs[e.clientID] = true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var states []reached
	for _, t := range r.upstreams {
		if sharesClientID(t.upstream, clientIDs) {
			states = append(states, reached{upstream: t.upstream, inUse: t.tenants > 0})
		}
	}
	return states
}

// release notes that an instance is gone, and has the upstream follow if no other comes.
func (r *registry) release(t *tenancy) {
	defer recovered()
	r.mu.Lock()
	defer r.mu.Unlock()
	t.tenants--
	if t.tenants == 0 {
		t.eviction = r.after(unusedFor, func() { r.evict(t) })
	}
}

func (r *registry) evict(t *tenancy) {
	defer recovered()
	if r.remove(t) {
		closeUpstream(t.upstream)
		prototypes.drop(t.upstream)
	}
}

// remove takes an upstream out unless somebody uses it.
func (r *registry) remove(t *tenancy) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t.tenants > 0 || r.upstreams[t.key] != t {
		return false
	}
	delete(r.upstreams, t.key)
	return true
}

// totals are sums over all upstreams.
type totals struct {
	identities int // kept
	refusals   int
	underWay   int // lookups
	open       int // breakers, of upstreams that are in use
}

// state adds up what the upstreams have at the moment.
func (r *registry) state() totals {
	r.mu.Lock()
	var all []*upstream
	inUse := map[*upstream]bool{}
	for _, t := range r.upstreams {
		all = append(all, t.upstream)
		inUse[t.upstream] = t.tenants > 0
	}
	r.mu.Unlock()
	var s totals
	for _, u := range all {
		u.mu.Lock()
		s.identities += len(u.good.entries)
		s.refusals += len(u.refused.entries)
		u.mu.Unlock()
		u.gate.mu.Lock()
		s.underWay += u.gate.underWay
		if inUse[u] && isOpen(&u.gate.breaker, u.gate.since(epoch)) {
			s.open++
		}
		u.gate.mu.Unlock()
	}
	return s
}

// closeUpstream ends the connections that no lookup uses.
func closeUpstream(u *upstream) {
	u.client.pool.CloseIdleConnections()
	if u.shared != nil {
		u.shared.close()
	}
}

// recovered ends a panic: one that leaves a goroutine of a plugin would end Traefik.
func recovered() { _ = recover() }
