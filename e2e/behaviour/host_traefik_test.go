package behaviour

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/plugin"
	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

// startTraefik runs the plugin in the real Traefik: one process for the whole table.
func startTraefik(t *testing.T, rows []row, upstream *huawei) *host {
	t.Helper()
	ctx := context.Background()
	h, text := newHost(t, "traefik", rows, upstream)
	p, err := proxy.Start(ctx, proxy.Options{Dynamic: text, TrustLoopback: true})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, p.Stop()) })

	configuration, err := plugin.Configuration(text, ".yml")
	require.NoError(t, err)
	var routers []string
	for name := range configuration.HTTP.Routers {
		routers = append(routers, name)
	}
	require.NoError(t, p.WaitRouters(ctx, routers...))
	h.address, h.log = p.Addr(), p.Log
	return h
}
