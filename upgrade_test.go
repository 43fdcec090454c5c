package huaweiid

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGuard_ofUpgradeOnlyWebSocketStays(t *testing.T) {
	t.Parallel()
	for upgrade, want := range map[string][]string{
		"websocket":                          {"websocket"},
		"WebSocket":                          {"WebSocket"},
		"h2c, websocket":                     {"websocket"},
		"websocket,h2C,x":                    {"websocket"},
		"websocket, h2c-16":                  {"websocket"},
		"h2c\nwebsocket":                     {"websocket"},
		"websocket\nh2c":                     {"websocket"},
		"h2c":                                nil,
		"H2C":                                nil,
		"h2c-14":                             nil,
		"h2":                                 nil,
		"HTTP/2.0":                           nil,
		"h2c;v=1":                            nil,
		`"h2c"`:                              nil,
		"TLS/1.0":                            nil,
		"SPDY/3.1, foo":                      nil,
		"websocket;q=h2c ":                   nil,
		"websocket/13":                       nil,
		"xwebsocket":                         nil,
		"":                                   nil,
		"h2c" + strings.Repeat(",", 900_000): nil,
		"websocket" + strings.Repeat(",a", 1_000): nil,
	} {
		for _, h := range []http.Header{
			{"Connection": {"Upgrade, HTTP2-Settings"}, "Http2-Settings": {"AAMAAABk"}},
			{"Connection": {"Upgrade"}},
			{"Http2-Settings": {"AAMAAABk"}},
			{},
		} {
			h["Upgrade"] = strings.Split(upgrade, "\n")
			connection := h["Connection"]
			strip(newGuard(nil, "Authorization"), h)
			require.Equal(t, want, h["Upgrade"], "%.40s", upgrade)
			require.NotContains(t, h, "Http2-Settings")
			require.Equal(t, connection, h["Connection"])
		}
	}
}
