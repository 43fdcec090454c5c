// Package stampede has the test that many requests at once with one unknown token cost Huawei one call.
package stampede

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/echo"
	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
	"github.com/traefik-huaweiid/huaweiid/e2e/traffic"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

const (
	requests = 1000
	host     = "app"
	// lookup is how long Huawei takes: long enough for the whole stampede to arrive meanwhile.
	lookup = 3 * time.Second
)

// stampede is a herd of requests and what is to come of it.
type stampede struct {
	name   string
	token  func(i int) string // of the i-th request
	tokens int                // distinct ones
	status int
	code   string
}

var stampedes = []stampede{
	{
		name:   "one unknown user",
		token:  func(int) string { return "hongkong/stampede" },
		tokens: 1,
		status: http.StatusOK,
	},
	{
		name:   "one token that Huawei refuses",
		token:  func(int) string { return "expired/stampede" },
		tokens: 1,
		status: http.StatusUnauthorized,
		code:   "token_invalid",
	},
	{
		name:   "a hundred unknown users",
		token:  func(i int) string { return fmt.Sprintf("mainland/stampede/%d", i%100) },
		tokens: 100,
		status: http.StatusOK,
	},
}

func TestStampede_costsOneCallPerToken(t *testing.T) {
	ctx := context.Background()
	huawei, err := traffic.StartHuawei()
	require.NoError(t, err)
	t.Cleanup(huawei.Close)
	backend := httptest.NewServer(echo.Handler())
	t.Cleanup(backend.Close)

	config, err := traffic.Dynamic(traffic.Route{
		Host:    host,
		Backend: backend.URL,
		Options: traffic.Options{
			"huawei": huawei.Upstream(traffic.Options{
				"timeout": "30s",
				// A hundred strangers at once have to fit into three quarters of it.
				"maxConcurrent": 200,
			}),
			"cache":       traffic.Options{"ttl": "10m", "negativeTTL": "5m"},
			"headers":     traffic.Options{"status": traffic.StatusHeader},
			"debugHeader": true,
		},
	})
	require.NoError(t, err)
	p, err := proxy.Start(ctx, proxy.Options{Dynamic: config, LogLevel: "ERROR", TrustLoopback: true})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, p.Stop()) })
	require.NoError(t, p.WaitRouters(ctx, host))
	client := traffic.NewClient(p.URL())
	t.Cleanup(client.Close)

	// One by one before, so that the stampede meets open connections and a proxy that has run before.
	for _, token := range []string{"mainland/first", "expired/first"} {
		require.NoError(t, client.Get(ctx, host, token).Wrong())
	}
	huawei.SetFaults(huaweisim.Fault{Kind: "latency", Latency: lookup.String()})

	for _, s := range stampedes {
		t.Run(s.name, func(t *testing.T) {
			huawei.ResetStats()
			start := time.Now()
			answers := s.run(ctx, client)
			took := time.Since(start)

			coalesced := 0
			var waits []time.Duration
			for _, a := range answers {
				require.NoError(t, a.Wrong())
				require.Equal(t, s.status, a.Status, a)
				require.Equal(t, s.code, a.Code, a)
				waits = append(waits, a.Took)
				if strings.Contains(a.CacheStatus, "collapsed") {
					coalesced++
				}
			}
			calls := huawei.Stats().Calls[huaweisim.GetInfo]
			t.Logf("%d requests with %d tokens in %v: %d calls of getInfo, %d answers coalesced, slowest %v",
				requests, s.tokens, took.Round(time.Millisecond), calls, coalesced, traffic.Percentile(waits, 100).Round(time.Millisecond))
			assert.Equal(t, s.tokens, calls, "calls of getInfo")
			for i := 0; i < requests; i++ {
				require.Equal(t, 1, huawei.TokenCalls(huaweisim.GetInfo, s.token(i)), s.token(i))
			}
			// Those that come after the lookup find its answer in the cache. Were it most of them, this would be no stampede.
			assert.Greater(t, coalesced, requests/2, "answers that waited for another one's lookup")
		})
	}
}

// run sends all requests at once.
func (s stampede) run(ctx context.Context, client *traffic.Client) []traffic.Answer {
	answers := make([]traffic.Answer, requests)
	var ready, done sync.WaitGroup
	gate := make(chan struct{})
	for i := range answers {
		ready.Add(1)
		done.Add(1)
		go func() {
			defer done.Done()
			ready.Done()
			<-gate
			answers[i] = client.Get(ctx, host, s.token(i))
		}()
	}
	ready.Wait()
	close(gate)
	done.Wait()
	return answers
}
