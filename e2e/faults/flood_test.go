package faults

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
	"github.com/traefik-huaweiid/huaweiid/e2e/traffic"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// flood is more unknown tokens than the plugin may ask about, every one of them different.
type flood struct {
	name          string
	latency       time.Duration // of Huawei's answers; 0 = at once
	maxConcurrent int
	cache         traffic.Options
	// newcomers says that half of the tokens are those of users; the others Huawei refuses.
	newcomers bool
	// remembers says that known users' answers outlive the flood: they are to be looked up once in all.
	remembers bool

	huawei *traffic.Huawei
	*visitors
	err           error
	before, after int64 // heap
}

// The flood has so many senders, and each known user one.
const (
	floodSenders = 24
	floodPace    = 40 * time.Millisecond
	floodKnown   = 8
	knownPace    = 60 * time.Millisecond
	floodLasts   = 8 * time.Second
	// floodHeap is what two looks at the heap may differ by. A flood that left a KiB per token would leave more.
	floodHeap = 3 << 20
)

func floods() []*flood {
	return []*flood{
		{
			name:          "flood of unknown tokens, Huawei slow",
			latency:       500 * time.Millisecond,
			maxConcurrent: 16,
			cache:         traffic.Options{"ttl": "4s", "negativeTTL": "5m", "maxEntries": 400},
			newcomers:     true,
		},
		{
			name:          "flood of refused tokens",
			maxConcurrent: 64,
			cache:         traffic.Options{"ttl": "1h", "negativeTTL": "5m", "maxEntries": 40},
			remembers:     true,
		},
	}
}

func (f *flood) route(host, backend string, huawei *traffic.Huawei) traffic.Route {
	return traffic.Route{Host: host, Backend: backend, Options: traffic.Options{
		"huawei":  huawei.Upstream(traffic.Options{"timeout": "10s", "maxConcurrent": f.maxConcurrent}),
		"cache":   f.cache,
		"headers": traffic.Options{"status": traffic.StatusHeader},
	}}
}

// run lets the flood come while known users go on.
func (f *flood) run(p *proxy.Proxy) {
	ctx := context.Background()
	for i := range floodKnown {
		if a := f.client.Get(ctx, f.host, f.knownToken(i)); !a.OK() {
			f.err = fmt.Errorf("before the flood: %v", a)
			return
		}
	}
	if f.before, f.err = heapAtRest(ctx, f.client, p); f.err != nil {
		return
	}
	if f.latency > 0 {
		f.huawei.SetFaults(late(f.latency))
	}
	for i := range floodKnown {
		f.send(known, knownPace, func(int) string { return f.knownToken(i) })
	}
	for i := range floodSenders {
		if f.newcomers && i%2 == 0 {
			f.send(newcomer, floodPace, func(n int) string { return fmt.Sprintf("mainland/%s/%d/%d", f.host, i, n) })
		} else {
			f.send(stranger, floodPace, func(n int) string { return fmt.Sprintf("expired/%s/%d/%d", f.host, i, n) })
		}
	}
	time.Sleep(floodLasts)
	f.stop()
	f.after, f.err = heapAtRest(ctx, f.client, p)
}

// heapAtRest is Traefik's heap without the buffers of the client's connections.
func heapAtRest(ctx context.Context, client *traffic.Client, p *proxy.Proxy) (int64, error) {
	client.Close()
	lowest := int64(0)
	for range 5 {
		heap, err := p.Heap(ctx)
		if err != nil {
			return 0, err
		}
		if lowest == 0 || heap < lowest {
			lowest = heap
		}
		time.Sleep(100 * time.Millisecond)
	}
	return lowest, nil
}

func (f *flood) check(t *testing.T) {
	require.NoError(t, f.err)
	var knownTook, overTook []time.Duration
	let, stale := 0, 0
	for _, v := range f.visits {
		require.NoError(t, v.Wrong())
		switch {
		case v.role == known:
			require.True(t, v.OK(), v)
			knownTook = append(knownTook, v.Took)
			if v.Identity != "verified" {
				stale++
			}
		case v.Code == "overloaded":
			overTook = append(overTook, v.Took)
		case v.role == newcomer:
			require.True(t, v.OK(), v)
			let++
		default:
			require.Equal(t, "token_invalid", v.Code, v)
		}
	}

	stats := f.huawei.Stats()
	assert.LessOrEqual(t, stats.MostUnderWay, f.maxConcurrent, "calls under way at once")
	assert.LessOrEqual(t, f.after, f.before+floodHeap, "the heap grows")
	fewest, most := 1, 1
	if !f.remembers {
		fewest, most = 2, 1+int(floodLasts/time.Second)
	}
	for i := range floodKnown {
		calls := f.huawei.TokenCalls(huaweisim.GetInfo, f.knownToken(i))
		assert.True(t, fewest <= calls && calls <= most, "a known user is looked up %d times, should be %d to %d", calls, fewest, most)
	}
	assert.LessOrEqual(t, stale, len(knownTook)/20, "stale answers for known users: their refreshes do not get through")
	assert.Less(t, traffic.Percentile(knownTook, 50), atOnce, "half of the known users' waits")

	if !f.newcomers {
		return
	}
	assert.NotZero(t, let, "newcomers let in")
	assert.Greater(t, len(overTook), len(f.visits)/4, "refused for being over the bound: else this was no flood")
	assert.Less(t, traffic.Percentile(knownTook, 95), f.latency, "known users wait for Huawei")
	most95 := max(atOnce, 3*traffic.Percentile(knownTook, 95))
	assert.LessOrEqual(t, traffic.Percentile(overTook, 95), most95, "those over the bound are kept waiting")
	for _, v := range f.visits {
		if v.Code == "overloaded" {
			require.True(t, strings.Trim(v.RetryAfter, "0123456789") == "" && v.RetryAfter != "", v)
		}
	}
}
