package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

// mostAllocations of a hit, beyond those of a plugin that does nothing. Each interpreted step allocates, so that the number
// says how many steps a hit takes; and unlike a time it is the same on every machine. It was 56 when this was written; the
// rest is room for other versions of Go.
const mostAllocations = 66

func TestHit_allocationsBeyondAnEmptyPluginsAreFew(t *testing.T) {
	huawei, err := startHuawei()
	require.NoError(t, err)
	defer huawei.Close()
	staged := t.TempDir()
	module, err := proxy.Stage(staged)
	require.NoError(t, err)
	s := spec{Limit: usual, Dir: staged, Module: module, Scratch: t.TempDir(), Huawei: huawei.URL()}
	hit, err := newVisit(s.plugin(nil))
	require.NoError(t, err)
	nothing, err := newVisit(s.empty())
	require.NoError(t, err)

	// The first request of each token is a miss.
	users := newCrowd(userToken, 10)
	for range users.size {
		hit.with(users)
		require.NoError(t, hit.identified())
	}
	called := huawei.calls.Load()
	const runs = 1000
	ofHit := testing.AllocsPerRun(runs, func() { hit.with(users) })
	require.NoError(t, hit.identified())
	require.Equal(t, called, huawei.calls.Load(), "these were hits")

	ofEmpty := testing.AllocsPerRun(runs, func() { nothing.with(users) })

	t.Logf("a hit allocates %.0f times, an empty plugin %.0f times", ofHit, ofEmpty)
	assert.LessOrEqual(t, ofHit-ofEmpty, float64(mostAllocations))
}
