package huaweiid

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFold_makesEqualWhatBackendsCannotTellApart(t *testing.T) {
	t.Parallel()
	for _, alias := range []string{"X-User-OpenID", "x_user_openid", "X-User.OpenID", "X_User~OpenID", "x!user`openid"} {
		require.Equal(t, "X_USER_OPENID", fold(alias))
	}
	for c := 0; c < 256; c++ {
		folded := fold(string([]byte{byte(c)}))
		switch {
		case 'a' <= c && c <= 'z':
			require.Equal(t, string([]byte{byte(c - 'a' + 'A')}), folded)
		case 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
			require.Equal(t, string([]byte{byte(c)}), folded)
		default:
			require.Equal(t, "_", folded, "byte %#x", c)
		}
	}
}

// strip goes the way of a request: one look at all names first, then name by name.
func strip(g *guard, h http.Header) {
	if h.WriteSubset(unwritable, g.ordinary) != nil {
		stripForged(g, h)
	}
}

func TestGuard_takesForgedHeadersAndNothingElse(t *testing.T) {
	t.Parallel()
	g := newGuard([]string{"X-Uid", "", "X-Device-Id"}, "Authorization")
	h := http.Header{}
	for _, name := range ordinaryHeaders {
		h[name] = []string{"ordinary"}
	}
	for _, name := range []string{"X-User-Openid2", "X-Userx-Openid", "X-User", "Y-User-Openid", "Odd"} {
		h[name] = []string{"kept"}
	}
	want := h.Clone()
	delete(want, "X-Device-Id")
	for _, name := range []string{
		"X-User-Openid", "X_user_unionid", "X.user~phone", "x-uid", "X_UID", "X|uid", "x-user-OPENID", "X_device_id",
	} {
		h[name] = []string{"forged"}
	}
	strip(g, h)
	require.Equal(t, want, h)
}

func TestGuard_looksTwiceAtAnOrdinaryNameThatIsAnIdentityHeader(t *testing.T) {
	t.Parallel()
	h := http.Header{"X-Device-Id": {"forged"}}
	strip(newGuard([]string{"X-Device-Id"}, "Authorization"), h)
	require.Empty(t, h)
}

func TestGuard_noOrdinaryNameIsAProtectedOne(t *testing.T) {
	t.Parallel()
	g := newGuard(nil, "Authorization")
	for name := range g.ordinary {
		require.False(t, g.protected[fold(name)], name)
		require.Equal(t, http.CanonicalHeaderKey(name), name)
		require.NotContains(t, []string{"Connection", "Upgrade", "Http2-Settings"}, name)
	}
}

func TestGuard_theTokensHeaderIsOrdinaryUnlessItHasToBeRead(t *testing.T) {
	t.Parallel()
	for _, configured := range [][]string{nil, {"X-Device-Id"}} {
		require.NoError(t, http.Header{"X-Token": {"t"}}.WriteSubset(unwritable, newGuard(configured, "X-Token").ordinary))
		for _, name := range []string{"Connection", "Upgrade", "Http2-Settings"} {
			require.NotContains(t, newGuard(configured, name).ordinary, name)
		}
	}
	require.NotContains(t, ordinary, "X-Token", "another instance's header")
}

// What is unusual is looked at in one piece first, so that a value may look like what is taken off.
func TestGuard_leavesValuesThatLookLikeForgedNames(t *testing.T) {
	t.Parallel()
	h := http.Header{
		"X-Note": {"X-User-OpenID: forged", "h2c"}, "X-User": {"Openid"}, "Upgrade": {"h2c"}, "Http2-Settings": {"AAMAAABk"},
	}
	want := h.Clone()
	strip(newGuard(nil, "Authorization"), h)
	require.Equal(t, want, h, "without a Connection line there is no upgrade")
}

func TestGuard_takesProtectedNamesFromConnection(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ lines, want []string }{
		"nothing of ours":     {[]string{"keep-alive, Upgrade"}, []string{"keep-alive, Upgrade"}},
		"one of ours":         {[]string{"close, X-User-OpenID"}, []string{"close"}},
		"odd case and alias":  {[]string{"x_uSER.phone , Upgrade"}, []string{"Upgrade"}},
		"several lines":       {[]string{"X-User-Phone", "Upgrade", "x-user-unionid,close"}, []string{"Upgrade", "close"}},
		"empty elements stay": {[]string{", ,close", ""}, []string{", ,close", ""}},
		"empty beside ours":   {[]string{",X-User-Phone,,close"}, []string{",,close"}},
		"only ours":           {[]string{"X-User-Phone"}, nil},
		"spaces of Unicode":   {[]string{"X-User-Phone,\u00a0X-User-OpenID,close\u2003", "\vX-User-Phone\u0085"}, []string{"close"}},
	} {
		h := http.Header{"Connection": test.lines}
		strip(newGuard(nil, "Authorization"), h)
		require.Equal(t, test.want, h["Connection"], name)
		_, there := h["Connection"]
		require.Equal(t, test.want != nil, there, name)
	}
}

// Unusual headers are searched in one piece as long as they are short.
func TestGuard_takesForgedHeadersFromAmongLongOnes(t *testing.T) {
	t.Parallel()
	for length := searchable - 20; length < searchable+20; length++ {
		h := http.Header{"X_user.phone": {"forged"}, "Connection": {"close, X-User-OpenID"}}
		var text strings.Builder
		require.NoError(t, h.Write(&text))
		h["X"] = []string{strings.Repeat("x", length-text.Len()-len("X: \r\n"))}
		want := http.Header{"X": h["X"], "Connection": {"close"}}
		strip(newGuard(nil, "Authorization"), h)
		require.Equal(t, want, h, "%d bytes", length)
	}
}

func TestGuard_forbidsATunnelPastTheMiddleware(t *testing.T) {
	t.Parallel()
	for upgrade, want := range map[string][]string{
		"h2c":              nil,
		"H2C":              nil,
		"h2c, websocket":   {"websocket"},
		"websocket,h2C,x":  {"websocket, x"},
		"websocket":        {"websocket"},
		"h2c-like, foo":    {"h2c-like, foo"},
		"websocket;q=h2c ": {"websocket;q=h2c"},
	} {
		for _, h := range []http.Header{
			{"Connection": {"Upgrade, HTTP2-Settings"}, "Http2-Settings": {"AAMAAABk"}},
			{"Connection": {"Upgrade"}},
		} {
			h["Upgrade"] = []string{upgrade}
			rest := h["Connection"]
			strip(newGuard(nil, "Authorization"), h)
			require.Equal(t, want, h["Upgrade"], upgrade)
			require.NotContains(t, h, "Http2-Settings")
			require.Equal(t, rest, h["Connection"])
		}
	}
}

func TestIsReserved(t *testing.T) {
	t.Parallel()
	for _, name := range strings.Fields("Authorization host COOKIE Connection Content-Type content-anything X-Forwarded-For " +
		"x_forwarded_user Transfer-Encoding Sec-Fetch-Site TE Trailer If-None-Match Proxy-Authorization Proxy " +
		"Traceparent baggage Last-Event-ID Upgrade-Insecure-Requests") {
		require.True(t, isReserved(name), name)
	}
	for _, name := range strings.Fields("X-User-OpenID X-Forward Contents Hostname X-Auth-User Remote-User Proxyuser") {
		require.False(t, isReserved(name), name)
	}
}
