package huaweiid

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// preflight asks, as browsers do, whether a request of another origin may be sent.
func preflight(body string, lines ...string) *http.Request {
	req := httptest.NewRequest(http.MethodOptions, "/", strings.NewReader(body))
	if body == "" {
		req.Body = http.NoBody
	}
	for _, line := range append(lines, "Origin: https://shop.example", "Access-Control-Request-Method: PUT") {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Add(name, value)
	}
	return req
}

// forwarded is what the application gets of a request, or nil.
func forwarded(t *testing.T, req *http.Request, change func(*Config)) *http.Request {
	t.Helper()
	var got *http.Request
	p, _ := newInstance(t, http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) { got = req }), func(c *Config) {
		c.AllowPreflight = "true"
		if change != nil {
			change(c)
		}
	})
	p.besidePreflights(p.handler()).ServeHTTP(httptest.NewRecorder(), req)
	return got
}

func TestPreflight_isForwardedWithoutWhatWouldMakeMoreOfIt(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"X-HTTP-Method-Override: DELETE", "X-Method-Override: DELETE", "X-HTTP-Method: DELETE", "x_http.method~override: DELETE",
		"X-User-OpenID: forged", "X_User.Phone: forged",
	} {
		got := forwarded(t, preflight("", line, "Access-Control-Request-Headers: x"), nil)
		require.NotNil(t, got, line)
		require.Equal(t, http.Header{
			"Origin": {"https://shop.example"}, "Access-Control-Request-Method": {"PUT"}, "Access-Control-Request-Headers": {"x"},
		}, got.Header, line)
	}
	got := forwarded(t, preflight("", "Connection: Upgrade", "Upgrade: websocket", "HTTP2-Settings: AAMAAABk"), nil)
	require.NotContains(t, got.Header, "Upgrade")
	require.NotContains(t, got.Header, "Http2-Settings")
}

func TestPreflight_anOptionsRequestWithABodyIsNone(t *testing.T) {
	t.Parallel()
	require.NotNil(t, forwarded(t, preflight(""), nil))
	require.Nil(t, forwarded(t, preflight("a body"), nil))
	unknown := preflight("a body")
	unknown.ContentLength = -1
	require.Nil(t, forwarded(t, unknown, nil))
	// HTTP/1.1 has trailers only after a body, but another server's request may come otherwise.
	trailing := preflight("")
	trailing.Trailer = http.Header{"X-User-Openid": nil}
	require.Nil(t, forwarded(t, trailing, nil).Trailer)
}

func TestPreflight_theTokenIsTakenOffOrTheRequestRefused(t *testing.T) {
	t.Parallel()
	remove := func(c *Config) { c.Token.Query, c.Token.Remove = "access_token", "true" }
	req := preflight("")
	req.URL.RawQuery, req.RequestURI = "a=1&access_token=t", "/?a=1&access_token=t"
	require.Equal(t, "/?a=1", forwarded(t, req, remove).RequestURI)
	req.URL.RawQuery = strings.Repeat("access_token=t&", maxOccurrences+1)
	require.Nil(t, forwarded(t, req, remove))
}
