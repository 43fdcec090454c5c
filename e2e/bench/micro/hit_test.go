package main

import (
	"context"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/load"
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
	makes, err := load.Interpreted(staged, module, io.Discard)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	plugin, err := makes(ctx, next, options(huawei.URL(), usual), "auth@file")
	require.NoError(t, err)
	empty, err := makeEmpty(t.TempDir())
	require.NoError(t, err)

	// The first request of each token is a miss.
	users, hit := newCrowd(userToken, 10), newVisit(plugin)
	for range users.size {
		hit.with(users.next())
		require.NoError(t, hit.identified())
	}
	called := huawei.calls.Load()
	const runs = 1000
	ofHit := testing.AllocsPerRun(runs, func() { hit.with(users.next()) })
	require.NoError(t, hit.identified())
	require.Equal(t, called, huawei.calls.Load(), "these were hits")

	nothing := newVisit(empty)
	ofEmpty := testing.AllocsPerRun(runs, func() { nothing.with(users.next()) })

	t.Logf("a hit allocates %.0f times, an empty plugin %.0f times", ofHit, ofEmpty)
	assert.LessOrEqual(t, ofHit-ofEmpty, float64(mostAllocations))
}
