package docs

import (
	"bufio"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/plugin"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// The first two messages of the README: what a client sends, and what the application gets.
func TestExample_theApplicationGetsWhatTheReadmeShows(t *testing.T) {
	t.Parallel()
	messages := blocksOf(t, readme, "message")
	sent, want := request(t, messages[0]), request(t, messages[1])
	for name, makes := range bothWays {
		var got *http.Request
		handler := middleware(t, makes, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r }))
		handler.ServeHTTP(httptest.NewRecorder(), sent.Clone(t.Context()))
		require.NotNil(t, got, name)
		assert.Equal(t, want.Header, got.Header, name)
		assert.Equal(t, want.URL, got.URL, name)
		assert.Equal(t, want.Host, got.Host, name)
	}
}

// The third is the refusal of an expired token. What names the token depends on where the simulator listens.
func TestExample_theRefusalIsTheOneThatTheReadmeShows(t *testing.T) {
	t.Parallel()
	shown := blocksOf(t, readme, "message")[2].text
	want, err := http.ReadResponse(bufio.NewReader(strings.NewReader(wire(shown))), nil)
	require.NoError(t, err)
	defer want.Body.Close()
	wantBody, err := io.ReadAll(want.Body)
	require.NoError(t, err)

	for name, makes := range bothWays {
		recorder := httptest.NewRecorder()
		expired := httptest.NewRequest(http.MethodGet, "/orders", nil)
		expired.Header.Set("Authorization", "Bearer expired/1")
		middleware(t, makes, http.NotFoundHandler()).ServeHTTP(recorder, expired)
		assert.Equal(t, want.StatusCode, recorder.Code, name)
		recorder.Header().Del("Content-Length")
		assert.Equal(t, want.Header, recorder.Header(), name)
		assert.Equal(t, unnamed(string(wantBody)), unnamed(recorder.Body.String()), name)
	}
}

// middleware has its defaults but for the address of the account service.
func middleware(t *testing.T, makes plugin.Make, next http.Handler) http.Handler {
	t.Helper()
	sim := huaweisim.New()
	t.Cleanup(sim.Close)
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	handler, err := makes(t.Context(), next, map[string]any{"huawei": map[string]any{
		"getInfoURL": server.URL + huaweisim.GetInfoPath, "allowHTTP": "true", "proxyURL": "direct",
	}}, middlewareName+"@file")
	require.NoError(t, err)
	return handler
}

func request(t *testing.T, b block) *http.Request {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(wire(b.text) + "\r\n")))
	require.NoError(t, err)
	return r
}

func wire(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") }

func unnamed(body string) string {
	return regexp.MustCompile(`urn:huaweiid:[0-9a-f]{8}"`).ReplaceAllString(strings.TrimSpace(body), `urn:huaweiid:…"`)
}
