// Package connections shows that the interpreted plugin replaces its connections to Huawei. It takes about five seconds.
package connections

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
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

// A minute is long for a test: in a staged copy of the plugin it is a fifth of a second.
var soon = mutate.Change{In: "connectionLife", Put: "200 * time.Millisecond"}

// patience bounds a wait for what happens within a second unless something is broken.
const patience = 30 * time.Second

func TestConnections_areReplacedUnderSteadyLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	module, err := proxy.Stage(dir)
	require.NoError(t, err)
	require.NoError(t, soon.Apply(filepath.Join(dir, "plugins-local", "src", filepath.FromSlash(module))))
	makes, err := plugin.Interpreted(dir, module, io.Discard)
	require.NoError(t, err)

	var mu sync.Mutex
	open, calls := map[string]bool{}, map[string]int{} // by the client's address, and so by connection
	sim := huaweisim.New()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		calls[r.RemoteAddr]++
		mu.Unlock()
		sim.ServeHTTP(w, r)
	}))
	server.Config.ConnState = func(conn net.Conn, state http.ConnState) {
		mu.Lock()
		defer mu.Unlock()
		open[conn.RemoteAddr().String()] = state != http.StateClosed
	}
	server.Start()
	t.Cleanup(func() {
		sim.Close()
		server.Close()
	})

	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	served := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	handler, err := makes(ctx, served, map[string]any{
		"huawei": map[string]any{"getInfoURL": server.URL + huaweisim.GetInfoPath, "allowHTTP": "true", "timeout": "20s", "proxyURL": "direct"},
		"cache":  map[string]any{"ttl": "0s"},
	}, "auth@file")
	require.NoError(t, err)
	used := func() int {
		mu.Lock()
		defer mu.Unlock()
		return len(calls)
	}
	made := 0
	for began := time.Now(); used() < 4 && time.Since(began) < patience; made++ {
		req := httptest.NewRequest(http.MethodGet, "/", nil)
		req.Header.Set("Authorization", fmt.Sprintf("Bearer mainland/%d", made))
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, req)
		require.Equal(t, http.StatusOK, recorder.Code, recorder.Body)
	}
	require.Equal(t, 4, used(), "connections, by %d lookups one after the other", made)
	assert.Greater(t, made, 2*used(), "lookups share a connection while it lasts")
	assert.Eventually(t, func() bool {
		mu.Lock()
		defer mu.Unlock()
		left := 0
		for _, is := range open {
			if is {
				left++
			}
		}
		return left <= 1
	}, patience, time.Millisecond, "all but the last are closed")
}
