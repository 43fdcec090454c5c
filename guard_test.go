package huaweiid

import (
	"net/http"
	"strconv"
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

func TestGuard_leavesValuesThatLookLikeForgedNames(t *testing.T) {
	t.Parallel()
	h := http.Header{"X-Note": {"X-User-OpenID: forged", "h2c"}, "X-User": {"Openid"}, "X": {"User-Openid", " X_USER_PHONE "}}
	want := h.Clone()
	strip(newGuard(nil, "Authorization"), h)
	require.Equal(t, want, h)
}

// 15 characters may stand in the place of each hyphen, and net/http writes letters in one way.
func TestGuard_takesEverySpellingOfAName(t *testing.T) {
	t.Parallel()
	const others = "!#$%&'*+-.^_`|~"
	for _, name := range []string{"X-User-OpenID", "X-One-Of-Four"} {
		g := newGuard([]string{name}, "X-Token")
		spellings := []string{""}
		for i, part := range strings.Split(name, "-") {
			var longer []string
			for _, spelling := range spellings {
				if i == 0 {
					longer = append(longer, part)
					continue
				}
				for _, c := range others {
					longer = append(longer, spelling+string(c)+part)
				}
			}
			spellings = longer
		}
		h, want := http.Header{}, http.Header{"X-Token": {"t"}, "Accept": {"x"}}
		if len(spellings) <= maxSpellings {
			want["X-Other"] = []string{"kept"}
		}
		for _, spelling := range spellings {
			h.Add(spelling, "forged")
		}
		h["X-Token"], h["Accept"], h["X-Other"] = []string{"t"}, []string{"x"}, []string{"kept"}
		strip(g, h)
		require.Equal(t, want, h, "%d spellings of %s", len(spellings), name)
	}
}

func TestGuard_leavesAsManyOtherNamesAsTheServerTakes(t *testing.T) {
	t.Parallel()
	h := http.Header{"X_user.phone": {"forged"}}
	for i := 0; i < 70_000; i++ {
		h["X-User-"+strconv.Itoa(i)] = []string{""}
	}
	strip(newGuard(nil, "Authorization"), h)
	require.Len(t, h, 70_000)
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

func TestGuard_ofAConnectionTooLongToBeHonestOnlyUpgradeStays(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a,", maxConnection)
	for name, test := range map[string]struct{ lines, want []string }{
		"nothing of ours":    {[]string{long + "Upgrade"}, []string{long + "Upgrade"}},
		"one of ours":        {[]string{long + "X-User-OpenID"}, nil},
		"with an upgrade":    {[]string{"upgrade," + long + "X-User-OpenID"}, []string{"Upgrade"}},
		"on many lines":      {append(strings.Split(long, ","), "x_user_phone", "Upgrade"), []string{"Upgrade"}},
		"just short enough":  {[]string{long[4:] + "close,X-User-OpenID"}, []string{long[4:] + "close"}},
		"450 000 and no one": {[]string{strings.Repeat(",a", 450_000)}, []string{strings.Repeat(",a", 450_000)}},
	} {
		h := http.Header{"Connection": test.lines}
		strip(newGuard(nil, "Authorization"), h)
		require.Equal(t, test.want, h["Connection"], name)
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
