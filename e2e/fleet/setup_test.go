package fleet

import (
	"context"
	"maps"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/echo"
	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
	"github.com/traefik-huaweiid/huaweiid/e2e/traffic"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
	"github.com/traefik-huaweiid/huaweiid/internal/redistest"
)

const (
	host   = "app"
	apart  = "apart" // the same without Redis
	secret = "a secret of at least 32 bytes, for tests"
	// redisTimeout is as long as a busy machine takes: what is tested is what is shared, not how quickly.
	redisTimeout = time.Second
)

// replica is one Traefik and a client of it.
type replica struct {
	proxy  *proxy.Proxy
	client *traffic.Client
}

// fleet is some Traefiks with one configuration, one Redis and one Huawei.
type fleet struct {
	t        *testing.T
	redis    *redistest.Server
	huawei   *traffic.Huawei
	config   string
	replicas []*replica
}

// newFleet starts them. Options are those of the middleware beside huawei and redis, under their groups.
func newFleet(t *testing.T, count int, huawei, cache traffic.Options) *fleet {
	t.Helper()
	f := &fleet{t: t, redis: redistest.Start(t)}
	var err error
	f.huawei, err = traffic.StartHuawei()
	require.NoError(t, err)
	t.Cleanup(f.huawei.Close)
	backend := httptest.NewServer(echo.Handler())
	t.Cleanup(backend.Close)
	options := traffic.Options{
		"huawei":      f.huawei.Upstream(huawei),
		"cache":       cache,
		"headers":     traffic.Options{"status": traffic.StatusHeader},
		"debugHeader": true,
	}
	shared := maps.Clone(options)
	shared["redis"] = traffic.Options{"address": f.redis.Address, "secret": secret, "timeout": redisTimeout.String()}
	f.config, err = traffic.Dynamic(
		traffic.Route{Host: host, Backend: backend.URL, Options: shared},
		traffic.Route{Host: apart, Backend: backend.URL, Options: options})
	require.NoError(t, err)

	f.replicas = make([]*replica, count)
	var starting sync.WaitGroup
	for i := range f.replicas {
		starting.Add(1)
		go func() {
			defer starting.Done()
			f.replicas[i] = f.start()
		}()
	}
	starting.Wait()
	for _, r := range f.replicas {
		require.NotNil(t, r)
	}
	return f
}

// start starts one more Traefik, nil if that fails.
func (f *fleet) start() *replica {
	ctx := context.Background()
	p, err := proxy.Start(ctx, proxy.Options{Dynamic: f.config, LogLevel: "ERROR", TrustLoopback: true})
	if !assert.NoError(f.t, err) {
		return nil
	}
	f.t.Cleanup(func() { assert.NoError(f.t, p.Stop()) })
	if !assert.NoError(f.t, p.WaitRouters(ctx, host, apart)) {
		return nil
	}
	client := traffic.NewClient(p.URL())
	f.t.Cleanup(client.Close)
	return &replica{proxy: p, client: client}
}

// get asks one replica and checks what no state excuses.
func (f *fleet) get(replica int, token string) traffic.Answer {
	f.t.Helper()
	a := f.replicas[replica].client.Get(context.Background(), host, token)
	require.NoError(f.t, a.Wrong())
	return a
}

// calls counts what Huawei was asked about a token.
func (f *fleet) calls(token string) int { return f.huawei.TokenCalls(huaweisim.GetInfo, token) }

// awaitEntries waits until that many entries lie in Redis, since they are written when nobody waits any more.
func (f *fleet) awaitEntries(count int) {
	f.t.Helper()
	require.Eventually(f.t, func() bool { return f.redis.Int("DBSIZE") >= int64(count) }, waitLimit, waitStep)
}
