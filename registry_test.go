package huaweiid

import (
	"context"
	"net/url"
	"reflect"
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

func newTestRegistry() (*registry, *alarms) {
	a := &alarms{}
	return &registry{upstreams: map[string]*tenancy{}, after: a.after}, a
}

func TestRegistry_sharesOneUpstreamPerSetOfOptions(t *testing.T) {
	t.Parallel()
	r, _ := newTestRegistry()
	s := upstreamSettings{getInfoURL: "https://a", maxConcurrent: 1}
	first := r.acquire(context.Background(), s)
	require.Same(t, first, r.acquire(context.Background(), s))
	s.ttl = time.Second
	require.NotSame(t, first, r.acquire(context.Background(), s))
}

func TestRegistry_everyUpstreamOptionTellsStatesApart(t *testing.T) {
	t.Parallel()
	base := upstreamSettings{}.key()
	typ := reflect.TypeOf(upstreamSettings{})
	changed := map[string]upstreamSettings{
		"getInfoURL":    {getInfoURL: "x"},
		"tokenInfoURL":  {tokenInfoURL: "x"},
		"clientIDs":     {clientIDs: []string{"1"}},
		"timeout":       {timeout: 1},
		"retries":       {retries: 1},
		"maxConcurrent": {maxConcurrent: 1},
		"rootCAs":       {rootCAs: []string{"x"}},
		"proxy":         {proxy: &url.URL{Host: "x"}},
		"proxyDirect":   {proxyDirect: true},
		"ttl":           {ttl: 1},
		"negativeTTL":   {negativeTTL: 1},
		"staleIfError":  {staleIfError: 1},
		"maxEntries":    {maxEntries: 1},
	}
	seen := map[string]string{base: "nothing"}
	for i := 0; i < typ.NumField(); i++ {
		name := typ.Field(i).Name
		s, ok := changed[name]
		require.True(t, ok, "%s is new: does key have it?", name)
		require.NotContains(t, seen, s.key(), name)
		seen[s.key()] = name
	}
}

func TestRegistry_anUpstreamSurvivesAReload(t *testing.T) {
	t.Parallel()
	r, a := newTestRegistry()
	s := upstreamSettings{getInfoURL: "https://a", maxConcurrent: 1}
	old, reload := context.WithCancel(context.Background())
	first := r.acquire(old, s)
	reload() // Traefik ends the old context before it makes the new handlers
	eventually(t, func() bool { return a.count() == 1 })
	require.Equal(t, []time.Duration{10 * time.Minute}, a.set)
	require.Same(t, first, r.acquire(context.Background(), s))
	a.rings[0]() // too late: there is a new tenant
	require.Same(t, first, r.acquire(context.Background(), s))
}

func TestRegistry_anUpstreamNobodyUsesGoesAfterTenMinutes(t *testing.T) {
	t.Parallel()
	r, a := newTestRegistry()
	s := upstreamSettings{getInfoURL: "https://a", maxConcurrent: 1}
	ctx, cancel := context.WithCancel(context.Background())
	first := r.acquire(ctx, s)
	r.acquire(ctx, s)
	cancel()
	eventually(t, func() bool { return a.count() == 1 })
	a.rings[0]()
	require.Empty(t, r.upstreams)
	require.NotSame(t, first, r.acquire(context.Background(), s))
}
