package huaweiid

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// alarms are timers that ring when told.
type alarms struct {
	mu    sync.Mutex
	set   []time.Duration
	rings []func()
}

func (a *alarms) after(d time.Duration, ring func()) *time.Timer {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.set = append(a.set, d)
	a.rings = append(a.rings, ring)
	return time.NewTimer(time.Hour)
}

func (a *alarms) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.rings)
}

func testSettings(getInfoURL string) upstreamSettings {
	return upstreamSettings{huawei: huaweiSettings{getInfoURL: getInfoURL, maxConcurrent: 1}}
}

func newTestRegistry() (*registry, *alarms) {
	a := &alarms{}
	return &registry{upstreams: map[string]*tenancy{}, after: a.after}, a
}

func TestRegistry_sharesOneUpstreamPerSetOfOptions(t *testing.T) {
	t.Parallel()
	r, _ := newTestRegistry()
	s := testSettings("https://a")
	first := r.acquire(context.Background(), s.key(), s)
	require.Same(t, first, r.acquire(context.Background(), s.key(), s))
	s.cache.ttl = time.Second
	require.NotSame(t, first, r.acquire(context.Background(), s.key(), s))
}

func TestRegistry_anUpstreamSurvivesAReload(t *testing.T) {
	t.Parallel()
	r, a := newTestRegistry()
	s := testSettings("https://a")
	old, reload := context.WithCancel(context.Background())
	first := r.acquire(old, s.key(), s)
	reload() // Traefik ends the old context before it makes the new handlers
	eventually(t, func() bool { return a.count() == 1 })
	require.Equal(t, []time.Duration{10 * time.Minute}, a.set)
	require.Same(t, first, r.acquire(context.Background(), s.key(), s))
	a.rings[0]() // too late: there is a new tenant
	require.Same(t, first, r.acquire(context.Background(), s.key(), s))
}

func TestRegistry_anUpstreamNobodyUsesGoesAfterTenMinutes(t *testing.T) {
	t.Parallel()
	r, a := newTestRegistry()
	s := testSettings("https://a")
	ctx, cancel := context.WithCancel(context.Background())
	first := r.acquire(ctx, s.key(), s)
	r.acquire(ctx, s.key(), s)
	cancel()
	eventually(t, func() bool { return a.count() == 1 })
	a.rings[0]()
	require.Empty(t, r.upstreams)
	require.NotSame(t, first, r.acquire(context.Background(), s.key(), s))
}

// A lock that stays held would stop Traefik's configuration loop at the next New.
func TestRegistry_aPanicLeavesTheLockFree(t *testing.T) {
	t.Parallel()
	r := &registry{} // without a map to write into
	s := testSettings("https://a")
	require.Panics(t, func() { r.acquire(context.Background(), s.key(), s) })
	require.True(t, r.mu.TryLock())
}

func TestRegistry_countsTheOpenBreakersOfUpstreamsInUse(t *testing.T) {
	t.Parallel()
	r, a := newTestRegistry()
	s := testSettings("https://a")
	ctx, cancel := context.WithCancel(context.Background())
	u := r.acquire(ctx, s.key(), s)
	u.gate.breaker = *openBreaker()
	now := time.Second
	u.gate.since = func(time.Time) time.Duration { return now }
	require.Equal(t, 1, r.state().open)
	now = time.Hour
	require.Zero(t, r.state().open, "whoever comes next is let through")
	now = time.Second
	cancel()
	eventually(t, func() bool { return a.count() == 1 })
	require.Zero(t, r.state().open, "it keeps nobody out any more")
}
