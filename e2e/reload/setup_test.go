// Package reload has the tests of Traefik's reloads: it makes every middleware anew whenever any part of the dynamic
// configuration changes, and nobody may notice.
package reload

import (
	"context"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/echo"
	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
	"github.com/traefik-huaweiid/huaweiid/e2e/traffic"
)

// stage is a Traefik between a simulated Huawei and a backend.
type stage struct {
	huawei  *traffic.Huawei
	backend string
	proxy   *proxy.Proxy
	client  *traffic.Client
}

func start(t *testing.T) *stage {
	t.Helper()
	huawei, err := traffic.StartHuawei()
	require.NoError(t, err)
	t.Cleanup(huawei.Close)
	backend := httptest.NewServer(echo.Handler())
	t.Cleanup(backend.Close)
	p, err := proxy.Start(context.Background(), proxy.Options{LogLevel: "INFO"})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, p.Stop()) })
	client := traffic.NewClient(p.URL())
	t.Cleanup(client.Close)
	return &stage{huawei: huawei, backend: backend.URL, proxy: p, client: client}
}

// route is a router with the plugin. All routes share the answers they get from Huawei, because their options under
// huawei and cache are the same.
func (s *stage) route(host string) traffic.Route {
	return traffic.Route{
		Host:    host,
		Backend: s.backend,
		Options: traffic.Options{
			"huawei":  s.huawei.Upstream(nil),
			"cache":   traffic.Options{"ttl": "1h"},
			"headers": traffic.Options{"status": traffic.StatusHeader},
		},
	}
}

// apply puts the routes in service.
func (s *stage) apply(t *testing.T, routes ...traffic.Route) {
	t.Helper()
	config, err := traffic.Dynamic(routes...)
	require.NoError(t, err)
	require.NoError(t, s.proxy.Apply(context.Background(), config))
}
