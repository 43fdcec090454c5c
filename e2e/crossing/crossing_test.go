// Package crossing has the test that no request gets another one's identity: the interpreter runs the plugin's goroutines
// on state of its own, and has mixed up what they receive before.
package crossing

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/plugin"
	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
	"github.com/traefik-huaweiid/huaweiid/internal/redistest"
)

// variant is a configuration and a crowd for it.
type variant struct {
	name     string
	visits   int64
	tokens   int
	kinds    [][]kind
	audience bool
	cache    map[string]any
	// evicts says that lives are longer than the test: a token that is looked up again has been evicted.
	evicts bool
	// watched has the answers say how they were come by, for which they go the whole way: the fast way is for those that do not.
	watched bool
	// shared says that a Redis is behind the cache, from which what was evicted comes back.
	shared bool
	// removes has the token taken off, preflights told apart, and one header more, where nobody watches.
	removes bool
}

const statusHeader = "X-User-Status"

// Every variant is there twice, watched and not, and each time they make more than 300 000 visits together. Lives are short, so
// that entries end and are refreshed all the time.
var variants = []variant{
	{
		name:   "entries end all the time",
		visits: 200_000,
		tokens: 400,
		kinds:  [][]kind{goodKinds, goodKinds, goodKinds, goodKinds, refusedKinds},
		cache:  map[string]any{"ttl": "250ms", "negativeTTL": "100ms", "staleIfError": "10s"},
	},
	{
		name:   "entries are evicted all the time",
		visits: 100_000,
		tokens: 400,
		kinds:  [][]kind{goodKinds, goodKinds, goodKinds, goodKinds, refusedKinds},
		cache:  map[string]any{"ttl": "1h", "negativeTTL": "5m", "staleIfError": "0s", "maxEntries": "280"},
		evicts: true,
	},
	{
		name:   "entries come back from Redis, and end there",
		visits: 20_000,
		tokens: 400,
		kinds:  [][]kind{goodKinds, goodKinds, goodKinds, goodKinds, refusedKinds},
		cache:  map[string]any{"ttl": "3s", "negativeTTL": "1s", "staleIfError": "0s", "maxEntries": "150"},
		shared: true,
	},
	{
		name:     "only some apps' tokens",
		visits:   100_000,
		tokens:   300,
		kinds:    [][]kind{goodKinds, goodKinds, goodKinds, foreignKinds},
		audience: true,
		cache:    map[string]any{"ttl": "200ms", "negativeTTL": "150ms", "staleIfError": "0s"},
		removes:  true,
	},
}

func TestRequests_getTheirOwnIdentityOrTheirOwnRefusal(t *testing.T) {
	dir := t.TempDir()
	module, err := proxy.Stage(dir)
	require.NoError(t, err)
	// One interpreter for all of them, as in Traefik.
	makes, err := plugin.Interpreted(dir, module, io.Discard)
	require.NoError(t, err)

	for _, v := range variants {
		t.Run(v.name+", the fast way", func(t *testing.T) { v.test(t, makes) })
		v.watched = true
		t.Run(v.name+", watched", func(t *testing.T) { v.test(t, makes) })
	}
}

func (v variant) test(t *testing.T, makes plugin.Make) {
	sim := huaweisim.New()
	// Not slow, but long enough for a convoy to meet.
	sim.SetFaults(huaweisim.Fault{Kind: "latency", Latency: "3ms"})
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	t.Cleanup(sim.Close)

	options := map[string]any{
		"huawei": map[string]any{
			"getInfoURL":    server.URL + huaweisim.GetInfoPath,
			"tokenInfoURL":  server.URL + huaweisim.TokenInfoPath,
			"allowHTTP":     "true",
			"timeout":       lookupTimeout.String(),
			"maxConcurrent": "512",
		},
		"cache":       v.cache,
		"debugHeader": fmt.Sprint(v.watched),
		"logLevel":    "error",
	}
	if v.audience {
		options["audience"] = map[string]any{"clientIDs": huaweisim.ClientID}
	}
	if v.shared {
		options["redis"] = map[string]any{
			"address": redistest.Start(t).Address, "secret": "a secret of at least 32 bytes, for tests", "timeout": "1s",
		}
	}
	removes := v.removes && !v.watched
	if removes {
		options["token"] = map[string]any{"remove": "true"}
		options["allowPreflight"] = "true"
		options["headers"] = map[string]any{"status": statusHeader}
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	middleware, err := makes(ctx, http.HandlerFunc(backend), options, "crossing@file")
	require.NoError(t, err)

	c := &crowd{middleware: middleware, people: people(v.tokens, v.kinds...), visits: v.visits, removes: removes}
	start := time.Now()
	err = c.run()
	took := time.Since(start)
	calls := sim.Stats().Calls[huaweisim.GetInfo]
	for _, wrong := range c.wrong[:min(told, len(c.wrong))] {
		t.Errorf("wrong: %v", wrong)
	}
	require.NoError(t, err)
	require.Zero(t, len(c.wrong), "so many of %d answers are wrong", v.visits)
	require.NoError(t, c.alone())

	t.Logf("%d requests with %d tokens in %v: %s; %d refused, %d clients left early, %d calls of getInfo, slowest %v",
		v.visits, v.tokens, took.Round(time.Millisecond), c.ways(), c.refused.Load(), c.left.Load(), calls, c.slowest.Round(time.Millisecond))
	if v.evicts {
		evicted := evictions(c.people, sim)
		t.Logf("%d good answers were evicted", evicted)
		assert.NotZero(t, evicted)
	}
	if !v.watched {
		assert.Equal(t, map[string]int{wayNone: int(v.visits)}, c.how)
		assert.Less(t, calls*4, int(v.visits), "hits are what this is about")
		return
	}
	for _, way := range []string{wayHit, wayMiss, wayCoalesced, wayRefusal} {
		assert.NotZero(t, c.how[way], "no answer came by way of: %s", way)
	}
	assert.Equal(t, v.shared, c.how[wayShared] > 0, "%d answers came from Redis", c.how[wayShared])
	assert.Zero(t, c.how[wayStale]+c.how[wayNone], "answers that did not come by a way that they can")
}

// evictions counts the lookups of good answers that were there already, where lives are longer than the test.
func evictions(people []*person, sim *huaweisim.Sim) int {
	evicted := 0
	for _, who := range people {
		if who.status == 0 {
			evicted += max(0, sim.TokenCalls(huaweisim.GetInfo, who.token)-1)
		}
	}
	return evicted
}
