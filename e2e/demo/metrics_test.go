package demo

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFigures_areAddedUpOverWhatThePluginTellsApart(t *testing.T) {
	t.Parallel()
	f, err := figuresOf(strings.NewReader(`# HELP huaweiid_cache_lookups_total Tokens looked for in the cache, by what came of it.
# TYPE huaweiid_cache_lookups_total counter
huaweiid_cache_lookups_total{result="hit"} 1e+06
huaweiid_cache_lookups_total{result="negative_hit"} 20
huaweiid_cache_lookups_total{result="stale"} 3
huaweiid_cache_lookups_total{result="miss"} 400
huaweiid_cache_lookups_total{result="coalesced"} 50
huaweiid_cache_entries{kind="identity"} 7
huaweiid_cache_entries{kind="refusal"} 2
huaweiid_huawei_calls_total{api="getInfo",result="ok"} 8
huaweiid_huawei_calls_total{api="getTokenInfo",result="huawei_timeout"} 90
huaweiid_huawei_call_duration_seconds_count{api="getInfo"} 8
huaweiid_breaker_open 1
`))
	require.NoError(t, err)
	assert.Equal(t, figures{lookups: 1000473, hits: 1000023, calls: 98, entries: 9, breakers: 1}, f)
}

func TestMeter_saysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		"":                        "no huaweiid_breaker_open",
		"huaweiid_breaker_open":   "parsing",
		"<html>":                  "parsing",
		"huaweiid_breaker_open x": "parsing",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, answer) }))
		_, err := newMeter(server.Listener.Addr().String()).read(t.Context())
		server.Close()
		require.ErrorContains(t, err, "reading the plugin's metrics: ", answer)
		require.ErrorContains(t, err, want, answer)
	}
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	_, err := newMeter(server.Listener.Addr().String()).read(t.Context())
	require.ErrorContains(t, err, "404")
}

// Requests that the demo knows nothing of are in the page's figures: they are the plugin's, and not made up from what the demo saw.
func TestPage_showsThePluginsFiguresOfEverybodysRequests(t *testing.T) {
	s, url := start(t, cacheTTL)
	s.visitors.paused.Store(true)
	for range 4 {
		req, err := http.NewRequest(http.MethodGet, url+hourPath, nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer mainland/curl")
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusOK, resp.StatusCode)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+pagePath+"state", nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	var told state
	var all second
	for lines := bufio.NewScanner(resp.Body); all.Lookups < 4 && lines.Scan(); {
		data, isEvent := strings.CutPrefix(lines.Text(), "data: ")
		if !isEvent {
			continue
		}
		told, all = state{}, second{}
		require.NoError(t, json.Unmarshal([]byte(data), &told))
		for _, one := range told.Seconds {
			all.Lookups, all.Hits, all.Calls = all.Lookups+one.Lookups, all.Hits+one.Hits, all.Calls+one.Calls
		}
	}
	assert.Equal(t, second{Lookups: 4, Hits: 3, Calls: 2}, all)
	assert.Equal(t, breakerClosed, told.Breaker)
	assert.Equal(t, 1, told.Entries)
}
