package huaweiid

import (
	"encoding/json"
	"expvar"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// counted is an instance with a name, and so with counters, of its own.
type counted struct {
	t       *testing.T
	handler http.Handler
	plugin  *plugin
	sim     *huaweisim.Sim
	got     http.Header // what the backend got last
}

func newCounted(t *testing.T, change func(*Config)) *counted {
	t.Helper()
	c := &counted{t: t}
	next := http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) { c.got = req.Header.Clone() })
	c.plugin, c.sim = newInstance(t, next, change)
	c.plugin.tally = newTally("m@file")
	if c.plugin.watcher != nil {
		c.plugin.watcher.tally = c.plugin.tally
	}
	c.plugin.upstream.metrics = newMetrics()
	c.plugin.upstream.client.metrics = c.plugin.upstream.metrics
	c.handler = c.plugin.handler()
	return c
}

// send makes a request and returns its status.
func (c *counted) send(lines ...string) int {
	c.t.Helper()
	req := httptest.NewRequest(http.MethodGet, "/", nil)
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Add(name, value)
	}
	c.got = nil
	rw := httptest.NewRecorder()
	c.handler.ServeHTTP(rw, req)
	return rw.Code
}

// requireOutcomes waits for what is counted when lookups land.
func (c *counted) requireOutcomes(want map[string]int64) {
	c.t.Helper()
	got := map[string]int64{}
	for waited := 0; waited < 2000; waited++ {
		got = map[string]int64{}
		c.plugin.tally.outcomes.Do(func(kv expvar.KeyValue) {
			if n := kv.Value.(*expvar.Int).Value(); n > 0 {
				got[kv.Key] = n
			}
		})
		if hits := c.plugin.tally.hits.Value(); hits > 0 {
			got[statusVerified] += hits
		}
		if fmt.Sprint(got) == fmt.Sprint(want) {
			return
		}
		time.Sleep(time.Millisecond)
	}
	require.Equal(c.t, want, got)
}

func TestMetrics_countEveryRequestOnceByItsOutcome(t *testing.T) {
	t.Parallel()
	c := newCounted(t, func(c *Config) { c.Mode, c.AllowPreflight = modeOptional, "true" })
	for n := 0; n < 3; n++ {
		require.Equal(t, 200, c.send("Authorization: Bearer mainland/1"))
	}
	require.Equal(t, 200, c.send())
	require.Equal(t, 401, c.send("Authorization: Bearer expired/1"))
	require.Equal(t, 401, c.send("Authorization: Bearer expired/1"))
	require.Equal(t, 400, c.send("Authorization: Bearer mainland/1", "Authorization: Bearer mainland/2"))
	require.Equal(t, 502, c.send("Authorization: Bearer body/html/1"))
	c.requireOutcomes(map[string]int64{
		statusVerified: 3, statusAnonymous: 1, codeTokenInvalid: 2, codeTokenRepeated: 1, codeMalformed: 1,
	})
	c.handler = c.plugin.besidePreflights(c.plugin.handler())
	req := httptest.NewRequest(http.MethodOptions, "/", nil)
	req.Header.Set("Origin", "https://app.example")
	req.Header.Set("Access-Control-Request-Method", "GET")
	c.handler.ServeHTTP(httptest.NewRecorder(), req)
	require.EqualValues(t, 1, valueIn(c.plugin.tally.outcomes, outcomePreflight))
}

func TestMetrics_noHitIsLostAmongMany(t *testing.T) {
	t.Parallel()
	c := newCounted(t, nil)
	c.plugin.next = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	c.handler = c.plugin.handler()
	c.send("Authorization: Bearer mainland/1")
	var all sync.WaitGroup
	for n := 0; n < 8; n++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for i := 0; i < 500; i++ {
				req := httptest.NewRequest(http.MethodGet, "/", nil)
				req.Header.Set("Authorization", "Bearer mainland/1")
				c.handler.ServeHTTP(httptest.NewRecorder(), req)
			}
		}()
	}
	all.Wait()
	c.requireOutcomes(map[string]int64{statusVerified: 4001})
}

func TestMetrics_tellHowAnAnswerWasComeBy(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.ask("mainland/1")
	r.ask("mainland/1")
	r.ask("expired/1")
	r.ask("expired/1")
	r.sim.SetFaults(down(""))
	r.clock.advance(2 * time.Minute)
	r.requireUser(r.ask("mainland/1"), "mainland/1", fromStale)
	for result, want := range map[string]int64{fromHuawei: 2, fromCache: 1, fromRefusals: 1, fromStale: 1} {
		require.Equal(t, want, valueIn(r.metrics.lookups, result), result)
	}
	require.EqualValues(t, 1, valueIn(r.metrics.calls, "getInfo ok"))
	require.EqualValues(t, 1, valueIn(r.metrics.calls, "getInfo "+codeTokenInvalid))
	require.EqualValues(t, 1, valueIn(r.metrics.calls, "getInfo "+codeUnavailable))
}

// A token without a scope is one client's; a host that may not ask is everybody's.
func TestMetrics_tellADeniedHostFromADeniedToken(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for _, token := range []string{"http/403/1", "nsp/5/1", "nsp/403/1", "forbidden/1"} {
		r.requireRefused(r.ask(token), codePermissionDenied)
	}
	require.EqualValues(t, 2, valueIn(r.metrics.calls, "getInfo "+resultHostDenied))
	require.EqualValues(t, 2, valueIn(r.metrics.calls, "getInfo "+codePermissionDenied))
}

func TestMetrics_countWhatHadToGoForWantOfRoom(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.Cache.MaxEntries = "2" })
	for n := 0; n < 5; n++ {
		r.ask(fmt.Sprint("mainland/", n))
	}
	require.EqualValues(t, 3, r.metrics.evictions.Value())
}

func TestMetrics_countersSurviveAReloadAndAreBounded(t *testing.T) {
	t.Parallel()
	m := newMetrics()
	m.of("a@file").outcomes.Add(statusVerified, 7)
	require.EqualValues(t, 7, valueIn(m.of("a@file").outcomes, statusVerified))
	for n := 0; n < maxTallies+10; n++ {
		m.of(fmt.Sprint(n))
	}
	require.LessOrEqual(t, len(m.tallies), maxTallies+1)
	require.Equal(t, furtherMiddleware, m.of("one more").middleware)
}

func TestMetrics_forgedHeadersAreCountedAndNamed(t *testing.T) {
	t.Parallel()
	c := newCounted(t, func(c *Config) { c.Mode = modeReport })
	lines := record(&c.plugin.log.plain)
	c.send("x_user_phone: 1", "X-User-OpenID: forged", "X-Other: 1")
	c.send("X-Other: 1", "Connection: X-User-OpenID")
	require.EqualValues(t, 1, c.plugin.tally.forged.Value())
	require.Contains(t, lines.String(), `level=info msg="client sent identity headers" names="X-User-Openid, X-User-Phone"`)
	require.Empty(t, c.got["X_user_phone"])
}

func TestMetrics_warnOnceWhereTokensAreRefusedAndNoneIsAccepted(t *testing.T) {
	t.Parallel()
	c := newCounted(t, func(c *Config) { c.Audience.ClientIDs = []string{"109999999"} })
	lines := record(&c.plugin.log.urgent)
	for n := 0; n < manyRefusals-1; n++ {
		c.send(fmt.Sprint("Authorization: Bearer mainland/", n))
	}
	require.Empty(t, lines.String())
	for n := 0; n < 3; n++ {
		c.send("Authorization: Bearer mainland/1")
	}
	require.Equal(t, 1, strings.Count(lines.String(), "level=warn"))
	require.Contains(t, lines.String(), `code=token_foreign cause="getTokenInfo: the token was issued to app `+huaweisim.ClientID)

	healthy := newCounted(t, nil)
	lines = record(&healthy.plugin.log.urgent)
	healthy.send("Authorization: Bearer mainland/1")
	for n := 0; n < 2*manyRefusals; n++ {
		healthy.send("Authorization: Bearer expired/1")
	}
	require.Empty(t, lines.String())
}

func TestMetricsText_escapesWhatAMiddlewareIsCalled(t *testing.T) {
	t.Parallel()
	text := metricsText([]family{{"requests_total", "counter", "Help.", []sample{{labels: []string{"middleware", "a\"b\\c\nd\xff"}, value: 3}}}})
	require.Equal(t, "# HELP huaweiid_requests_total Help.\n# TYPE huaweiid_requests_total counter\n"+
		`huaweiid_requests_total{middleware="a\"b\\c\nd_"} 3`+"\n", text)
}

func TestMetrics_areServedAtTheirPathToGetOnly(t *testing.T) {
	t.Parallel()
	c := newCounted(t, func(c *Config) { c.MetricsPath = "/metrics" })
	handler := c.plugin.besideMetrics(c.plugin.handler())
	for method, status := range map[string]int{"GET": 200, "HEAD": 405, "POST": 405, "PUT": 405, "DELETE": 405, "OPTIONS": 405} {
		rw := httptest.NewRecorder()
		handler.ServeHTTP(rw, httptest.NewRequest(method, "/metrics?x=1", nil))
		require.Equal(t, status, rw.Code, method)
		require.Equal(t, status == 200, strings.Contains(rw.Body.String(), "# TYPE huaweiid_requests_total counter"), method)
		require.Equal(t, status == 405, rw.Header().Get("Allow") == "GET", method)
	}
	rw := httptest.NewRecorder()
	handler.ServeHTTP(rw, httptest.NewRequest("GET", "/metrics/", nil))
	require.Equal(t, 401, rw.Code, "another path")
}

func TestMetrics_areInExpvarAsATree(t *testing.T) {
	t.Parallel()
	outcomes := processMetrics.of("tree@file").outcomes
	outcomes.Add(statusVerified, 2-valueIn(outcomes, statusVerified))
	var tree map[string]interface{}
	require.NoError(t, json.Unmarshal([]byte(expvar.Get(expvarName).String()), &tree))
	requests := tree["huaweiid_requests_total"].(map[string]interface{})
	require.EqualValues(t, 2, requests["tree@file"].(map[string]interface{})[statusVerified])
	require.Contains(t, tree, "huaweiid_breaker_open")
}

func TestHistogram_countsUpToItsBounds(t *testing.T) {
	t.Parallel()
	m := newMetrics()
	for _, took := range []time.Duration{time.Millisecond, 10 * time.Millisecond, 300 * time.Millisecond, time.Minute} {
		countCall(m, apiGetInfo, nil, took)
	}
	text := metricsText([]family{{"huawei_call_duration_seconds", "histogram", "Help.", m.histograms()}})
	for _, line := range []string{`{api="getInfo",le="0.01"} 2`, `{api="getInfo",le="0.25"} 2`, `{api="getInfo",le="0.5"} 3`,
		`{api="getInfo",le="10"} 3`, `{api="getInfo",le="+Inf"} 4`} {
		require.Contains(t, text, "huaweiid_huawei_call_duration_seconds_bucket"+line)
	}
	require.Contains(t, text, `huaweiid_huawei_call_duration_seconds_count{api="getInfo"} 4`)
	require.Contains(t, text, `huaweiid_huawei_call_duration_seconds_sum{api="getInfo"} 60.311`)
}
