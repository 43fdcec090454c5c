package configuration

import (
	"errors"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// New runs on the goroutine that applies configurations: whatever it waits for delays every router. So it calls nobody:
// neither Huawei nor the proxy.
func TestNew_needsNoNetwork(t *testing.T) {
	t.Parallel()
	forEachHost(t, func(t *testing.T, h host) {
		listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
		require.NoError(t, err)
		defer listener.Close()
		address := listener.Addr().String()

		for _, huawei := range []map[string]any{
			{"getInfoURL": "https://" + address, "tokenInfoURL": "https://" + address, "proxyURL": "direct"},
			{"proxyURL": "http://" + address},
			{"getInfoURL": "https://host.invalid", "tokenInfoURL": "https://host.invalid", "proxyURL": "direct"},
		} {
			handler, err := h.build(t.Context(), http.NotFoundHandler(), map[string]any{"huawei": huawei}, "auth@file")
			require.NoError(t, err)
			require.NotNil(t, handler)
		}

		require.NoError(t, listener.SetDeadline(time.Now().Add(50*time.Millisecond)))
		_, err = listener.Accept()
		assert.True(t, errors.Is(err, os.ErrDeadlineExceeded), "someone called: %v", err)
	})
}
