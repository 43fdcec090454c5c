package stampede

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/mutate"
	"github.com/traefik-huaweiid/huaweiid/e2e/plugin"
	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// No answer of Huawei is known to make the plugin panic. So a staged copy of it is changed: each call after the first panics.
var panicking = mutate.Change{In: "post", Take: "r.Header = c.header",
	Put: "r.Header = c.header\nif calls++; calls > 1 {\nvar none *verdict\nnone.cause = \"\"\n}"}

// stagePanicking stages the changed copy.
func stagePanicking(t *testing.T) (dir, module string) {
	t.Helper()
	dir = t.TempDir()
	module, err := proxy.Stage(dir)
	require.NoError(t, err)
	plugin := filepath.Join(dir, "plugins-local", "src", filepath.FromSlash(module))
	require.NoError(t, panicking.Apply(plugin))
	counting := "package huaweiid\n\nvar calls int\n"
	require.NoError(t, os.WriteFile(filepath.Join(plugin, "calls.go"), []byte(counting), 0o644))
	return dir, module
}

// A lookup runs on the goroutine of the request that needs it first, or on one of its own when it refreshes an answer. A
// panic there must end neither the process nor the wait of those who share the lookup.
func TestLookup_panicIsAFailedAnswerForAllWhoWait(t *testing.T) {
	sim := huaweisim.New()
	server := httptest.NewServer(sim)
	t.Cleanup(func() {
		sim.Close()
		server.Close()
	})
	dir, module := stagePanicking(t)
	makes, err := plugin.Interpreted(dir, module, io.Discard)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	served := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	handler, err := makes(ctx, served, map[string]any{
		"huawei": map[string]any{"getInfoURL": server.URL + huaweisim.GetInfoPath, "allowHTTP": "true", "retries": "0"},
		"cache":  map[string]any{"ttl": "1s", "staleIfError": "0s"},
	}, "auth@file")
	require.NoError(t, err)
	visit := func(token string) *httptest.ResponseRecorder {
		req := httptest.NewRequest(http.MethodGet, "/", nil)
		req.Header.Set("Authorization", "Bearer "+token)
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, req)
		return recorder
	}

	// The one good answer is refreshed in the last fifth of its life, on a goroutine of its own, which panics; then its
	// life ends, and the lookup on the goroutine of a request panics.
	require.Equal(t, http.StatusOK, visit("mainland/known").Code)
	require.Eventually(t, func() bool { return visit("mainland/known").Code != http.StatusOK }, 10*time.Second, time.Millisecond)

	var waiting sync.WaitGroup
	for i := range 50 {
		waiting.Add(1)
		go func() {
			defer waiting.Done()
			answer := visit(fmt.Sprintf("mainland/stranger%d", i%5))
			assert.Equal(t, http.StatusBadGateway, answer.Code)
			assert.Contains(t, answer.Body.String(), "huawei_malformed")
		}()
	}
	waiting.Wait()
	assert.Equal(t, 1, sim.TokenCalls(huaweisim.GetInfo, "mainland/known"), "all other lookups panicked before they called")
}
