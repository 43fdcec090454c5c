package behaviour

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What is more than a request and its answer: event streams and upgraded connections.

func streamRows() []row {
	upgrade := []string{"Connection: Upgrade", "Upgrade: websocket"}
	return []row{
		{
			name: "an event stream passes whole",
			steps: []step{
				{bearer("{mainland}", append(forged, "Accept: text/event-stream")...).to("/sse"), forwards("{mainland}").asking(1).and(
					func(t *testing.T, g *got) {
						assert.Equal(t, "text/event-stream", g.header.Get("Content-Type"))
						assert.Contains(t, string(g.body), "id: 3\nevent: echo\ndata: 3\n\n")
					})},
				{get("Accept: text/event-stream").to("/sse"), refuses(401, "token_missing")},
			},
		},
		{
			name: "an event passes when it happens, and not when the stream is over",
			script: func(t *testing.T, v *visit) {
				conn, resp := v.open(t, bearer("{mainland}").to(heldPath))
				defer conn.Close()
				defer resp.Body.Close()
				require.Equal(t, http.StatusOK, resp.StatusCode)
				first := make([]byte, len(firstEvent))
				_, err := io.ReadFull(resp.Body, first)
				require.NoError(t, err, "reading the first event while the second has not happened")
				assert.Equal(t, firstEvent, string(first))
				v.host.backend.release(v.hostname(""))
				rest, err := io.ReadAll(resp.Body)
				require.NoError(t, err)
				assert.Equal(t, secondEvent, string(rest))
			},
		},
		{
			name:   "an upgraded connection passes bytes both ways, and the backend knows whose it is",
			script: upgraded("{mainland}", append(upgrade, forged...)...),
		},
		{
			name:   "an upgrade cannot take an identity header along",
			script: upgraded("{mainland}", "Connection: x-user-phone, Upgrade, X-User-OpenID", "Upgrade: websocket", "X_User_OpenID: forged"),
		},
		{
			name:   "of several offers that of WebSocket stays",
			script: upgraded("{mainland}", "Connection: Upgrade", "Upgrade: h2c-16, websocket"),
		},
		{
			name: "the offer of an h2c tunnel, which would lead past every middleware, does not reach the backend",
			steps: missAndHit(
				bearer("{mainland}", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"),
				forwards("{mainland}").and(noUpgrade).seeing("HTTP2-Settings"),
			),
		},
		{
			name: "no other offer but that of WebSocket reaches the backend",
			steps: []step{
				{bearer("{mainland}", "Connection: Upgrade", "Upgrade: h2c-14"), forwards("{mainland}").asking(1).and(noUpgrade)},
				{bearer("{mainland}", "Connection: Upgrade", "Upgrade: h2"), forwards("{mainland}").and(noUpgrade)},
				{bearer("{mainland}", "Connection: Upgrade", "Upgrade: HTTP/2.0"), forwards("{mainland}").and(noUpgrade)},
				{bearer("{mainland}", "Connection: Upgrade", "Upgrade: h2c;v=1"), forwards("{mainland}").and(noUpgrade)},
				{bearer("{mainland}", "Connection: Upgrade", `Upgrade: "h2c"`), forwards("{mainland}").and(noUpgrade)},
				{bearer("{mainland}", "Connection: Upgrade", "Upgrade: TLS/1.0"), forwards("{mainland}").and(noUpgrade)},
			},
		},
		{
			name: "an upgrade without a good token is refused",
			steps: []step{
				{get(upgrade...).to("/upgrade"), refuses(401, "token_missing")},
				{bearer("{expired}", upgrade...).to("/upgrade"), refuses(401, "token_invalid").asking(1)},
			},
		},
	}
}

// noUpgrade checks that the backend was offered none.
func noUpgrade(t *testing.T, g *got) {
	t.Helper()
	require.NotEmpty(t, g.arrivals)
	assert.NotContains(t, g.arrivals[0].header, "Upgrade")
	assert.NotContains(t, g.arrivals[0].header, "Http2-Settings")
}

func upgraded(token string, lines ...string) func(*testing.T, *visit) {
	return func(t *testing.T, v *visit) {
		sent := bearer(token, lines...).to("/upgrade")
		conn, resp := v.open(t, sent)
		defer conn.Close()
		require.Equal(t, http.StatusSwitchingProtocols, resp.StatusCode)
		assert.Equal(t, "websocket", resp.Header.Get("Upgrade"))
		arrivals := v.host.backend.since(v.hostname(""), 0)
		require.Len(t, arrivals, 1)
		v.verifyArrival(t, sent.expanded(v), arrivals[0], forwards(token))
		for _, line := range []string{"there\n", "and back\n"} {
			_, err := io.WriteString(conn, line)
			require.NoError(t, err)
			back, err := conn.Reader.ReadString('\n')
			require.NoError(t, err)
			assert.Equal(t, line, back)
		}
	}
}
