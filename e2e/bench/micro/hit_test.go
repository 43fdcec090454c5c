package main

import (
	"context"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/plugin"
	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

// mostAllocations of a hit, beyond those of a plugin that does nothing. Each interpreted step allocates, so that the number
// says how many steps a hit takes; and unlike a time it is the same on every machine. It was 55 when this was written; the
// rest is room for other versions of Go.
const mostAllocations = 66

// mostOfVariants has the same for hits that are not like most, with a seventh of room.
var mostOfVariants = map[string]int{
	"hit-unusual":    125,
	"hit-keep-alive": 125,
	"hit-stream":     88,
	"hit-e164":       131,
	"hit-masked":     174,
	"hit-status":     165,
	"hit-preflights": 91,
	"hit-removing":   185,
	"hit-cookie":     410,
	"hit-debug":      430,
}

func TestHit_allocationsBeyondAnEmptyPluginsAreFew(t *testing.T) {
	l := newLab(t)
	ofHit := l.allocations(t, variant{says: "a hit"})
	t.Logf("a hit allocates %.0f times beyond an empty plugin", ofHit)
	assert.LessOrEqual(t, ofHit, float64(mostAllocations))
}

func TestHit_otherRequestsAndConfigurationsAllocateFewTimesToo(t *testing.T) {
	l := newLab(t)
	for _, v := range variants {
		most, ok := mostOfVariants[v.name]
		require.True(t, ok, "%s has no bound", v.says)
		ofHit := l.allocations(t, v)
		t.Logf("a hit, %s: %.0f allocations beyond an empty plugin", v.says, ofHit)
		assert.LessOrEqual(t, ofHit, float64(most), v.says)
	}
}

// lab makes instances of the plugin in one interpreter.
type lab struct {
	ctx    context.Context
	huawei *huawei
	makes  plugin.Make
	empty  float64 // allocations of the plugin that does nothing
}

func newLab(t *testing.T) *lab {
	huawei, err := startHuawei()
	require.NoError(t, err)
	t.Cleanup(func() { huawei.Close() })
	staged := t.TempDir()
	module, err := proxy.Stage(staged)
	require.NoError(t, err)
	makes, err := plugin.Interpreted(staged, module, io.Discard)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)

	nothing, err := newVisit(func(next http.Handler) (http.Handler, error) { return makeEmpty(t.TempDir(), next) })
	require.NoError(t, err)
	users := newCrowd(userToken, 10)
	return &lab{ctx: ctx, huawei: huawei, makes: makes, empty: testing.AllocsPerRun(1000, func() { nothing.with(users) })}
}

// allocations of a hit beyond those of an empty plugin.
func (l *lab) allocations(t *testing.T, v variant) float64 {
	hit, err := v.visit(func(next http.Handler) (http.Handler, error) {
		return l.makes(l.ctx, next, options(l.huawei.URL(), usual, v.options), "auth@file")
	})
	require.NoError(t, err)
	// The first request of each token is a miss.
	users := v.crowd(10)
	for range users.size {
		hit.with(users)
		require.NoError(t, hit.identified(), v.says)
	}
	called := l.huawei.calls.Load()
	allocations := testing.AllocsPerRun(1000, func() { hit.with(users) })
	require.NoError(t, hit.identified(), v.says)
	require.Equal(t, called, l.huawei.calls.Load(), "these were hits")
	return allocations - l.empty
}
