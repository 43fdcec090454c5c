package behaviour

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/plugin"
	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

// startInterpreted runs the plugin as Traefik's loader makes it, in front of the same HTTP server and reverse proxy as the
// compiled one.
func startInterpreted(t *testing.T, rows []row, upstream *huawei) *host {
	t.Helper()
	dir := t.TempDir()
	module, err := proxy.Stage(dir)
	require.NoError(t, err)
	logged := &lines{}
	makes, err := plugin.Interpreted(dir, module, logged)
	require.NoError(t, err)

	h, text := newHost(t, "interpreted", rows, upstream)
	h.log = logged.String
	h.address = serve(t, h, text, makes)
	return h
}
