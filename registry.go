package huaweiid

import (
	"context"
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
		t = &tenancy{upstream: newUpstream(s), key: k}
		r.upstreams[k] = t
	}
	t.tenants++
	if t.eviction != nil {
		t.eviction.Stop()
		t.eviction = nil
	}
	return t
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
	r.mu.Lock()
	defer r.mu.Unlock()
	if t.tenants > 0 || r.upstreams[t.key] != t {
		return
	}
	delete(r.upstreams, t.key)
	closeUpstream(t.upstream)
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
