package secrets

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
	"github.com/traefik-huaweiid/huaweiid/internal/redistest"
)

type options map[string]any

// bed is a Traefik with the plugin, both as talkative as they can be, and what the other sides of it wrote down.
type bed struct {
	proxy     *proxy.Proxy
	huawei    *huaweisim.Sim
	ailing    *huaweisim.Sim
	talkative *talkative
	redis     *redistest.Server // nil = none on this machine

	mu       sync.Mutex
	backend  strings.Builder // what the backend got: the one place for identities
	outgoing strings.Builder // request lines and headers of what Huawei got: tokens belong into bodies
}

func newBed(t *testing.T) *bed {
	t.Helper()
	b := &bed{huawei: huaweisim.New(), ailing: huaweisim.New()}
	t.Cleanup(b.huawei.Close)
	t.Cleanup(b.ailing.Close)
	b.talkative = startTalkative(t)
	backend := b.start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.note(&b.backend, r)
		// Nothing of the request: what clients get back is searched.
		w.WriteHeader(http.StatusNoContent)
	}))
	huawei, ailing := b.startHuawei(t, b.huawei), b.startHuawei(t, b.ailing)

	dynamic, routers := configuration(backend, huawei, ailing, b.talkative.URL, b.startRedis(t))
	text, err := json.Marshal(dynamic)
	require.NoError(t, err)
	ctx := context.Background()
	b.proxy, err = proxy.Start(ctx, proxy.Options{Dynamic: string(text), AccessLog: true, TrustLoopback: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.proxy.Stop()) })
	require.NoError(t, b.proxy.WaitRouters(ctx, routers...))
	return b
}

func (b *bed) start(t *testing.T, handler http.Handler) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// startRedis returns the options of the routes that use it.
func (b *bed) startRedis(t *testing.T) options {
	t.Helper()
	if !redistest.Available() {
		t.Log("==> NO redis-server on this machine: what lies in a shared cache is not searched")
		return nil
	}
	b.redis = redistest.Start(t)
	return options{"address": b.redis.Address, "secret": plantedSecret, "timeout": "1s"}
}

// startHuawei writes down what is visible of every call to whoever keeps logs on the way.
func (b *bed) startHuawei(t *testing.T, sim *huaweisim.Sim) string {
	t.Helper()
	return b.start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.note(&b.outgoing, r)
		sim.ServeHTTP(w, r)
	}))
}

func (b *bed) note(in *strings.Builder, r *http.Request) {
	dump, err := httputil.DumpRequest(r, false)
	if err != nil {
		panic("writing a request down: " + err.Error())
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	in.Write(dump)
}

func (b *bed) noted(in *strings.Builder) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return in.String()
}
