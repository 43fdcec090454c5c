package reload

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/traffic"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

const (
	reloads = 100
	// settled is the reload from which on nothing may grow any more.
	settled = 25
)

func TestReloads_areNotNoticedByAnyone(t *testing.T) {
	s := start(t)
	s.reload(t, 0)
	for i := range users {
		require.NoError(t, s.client.Get(context.Background(), app, token(i)).Wrong())
	}

	begin := time.Now()
	first := s.reloadUnderTraffic(t, 1, settled)
	early := s.useAtRest(t, use{})
	second := s.reloadUnderTraffic(t, settled+1, reloads)
	most := use{goroutines: early.goroutines + goroutineNoise, heap: early.heap + heapNoise}
	late := s.useAtRest(t, most)
	took := time.Since(begin)

	requests := first.requests + second.requests
	t.Logf("%d reloads in %v under %d requests of %d users, slowest %v", reloads, took.Round(time.Millisecond), requests, users,
		max(first.slowest, second.slowest).Round(time.Millisecond))
	t.Logf("after %d reloads %v; after %d %v", settled, early, reloads, late)
	assert.LessOrEqual(t, late.goroutines, most.goroutines, "goroutines grow")
	assert.LessOrEqual(t, late.heap, most.heap, "the heap grows")
	assert.Greater(t, requests, 10*reloads, "requests")
	for i := range users {
		assert.Equal(t, 1, s.huawei.TokenCalls(huaweisim.GetInfo, token(i)), "lookups of "+token(i))
	}
}

// reload puts the n-th configuration in service: each has another unrelated router, and with every tenth the number of
// routers that use the plugin changes.
func (s *stage) reload(t *testing.T, n int) {
	t.Helper()
	unrelated := fmt.Sprintf("unrelated%d", n)
	routes := []traffic.Route{s.route(app), {Host: unrelated, Backend: s.backend}}
	for i := range 3 + n/10%4 {
		routes = append(routes, s.route(fmt.Sprintf("more%d", i)))
	}
	s.apply(t, routes...)
}

// reloadUnderTraffic makes the reloads while users send requests.
func (s *stage) reloadUnderTraffic(t *testing.T, from, to int) *flow {
	t.Helper()
	f := s.flow()
	for n := from; n <= to; n++ {
		s.reload(t, n)
	}
	f.stop()
	for _, failed := range f.failed[:min(10, len(f.failed))] {
		t.Errorf("not as if nothing happened: %s", failed)
	}
	require.Zero(t, len(f.failed), "failed requests of %d", f.requests)
	return f
}
