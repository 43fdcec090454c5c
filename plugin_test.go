package huaweiid

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

func TestNew_succeedsWithDefaults(t *testing.T) {
	t.Parallel()
	for _, config := range []*Config{CreateConfig(), nil} {
		handler, err := New(context.Background(), http.NotFoundHandler(), config, "test@file")
		require.NoError(t, err)
		require.NotNil(t, handler)
	}
}

func TestNew_turnsAPanicIntoAnError(t *testing.T) {
	t.Parallel()
	var none context.Context
	handler, err := New(none, http.NotFoundHandler(), CreateConfig(), "test@file")
	require.ErrorIs(t, err, errPanic)
	require.Nil(t, handler)
}

func TestNew_sharesStateAmongEqualUpstreamOptions(t *testing.T) {
	t.Parallel()
	p, _ := newInstance(t, http.NotFoundHandler(), nil)
	config := CreateConfig()
	config.Huawei.GetInfoURL = p.upstream.client.getInfoURL
	config.Huawei.TokenInfoURL = p.upstream.client.tokenInfoURL
	config.Huawei.AllowHTTP = "1"
	config.Huawei.ProxyURL = "direct"
	config.Mode = modeReport
	config.Headers.UnionID, config.Headers.Phone = "", "X-Mobile"
	other := instanceOf(t, http.NotFoundHandler(), config, "other@file")
	require.Same(t, p.upstream, other.upstream)
}

// seen is a backend that keeps the last request's headers.
type seen struct{ header http.Header }

func (s *seen) ServeHTTP(_ http.ResponseWriter, req *http.Request) { s.header = req.Header.Clone() }

// The fast way and the whole way are two texts of one promise: whatever the configuration adds, the identity is the same.
func TestServeHTTP_bothWaysGiveTheSameHeaders(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Config){
		"the default":         func(*Config) {},
		"a phone in E.164":    func(c *Config) { c.Phone.Format = phoneE164 },
		"a masked phone":      func(c *Config) { c.Phone.Format = phoneMasked },
		"a phone required":    func(c *Config) { c.Phone.Require = "true" },
		"an openID alone":     func(c *Config) { c.Headers.UnionID, c.Headers.Phone = "", "" },
		"all but an openID":   func(c *Config) { c.Headers.OpenID = "" },
		"all there is":        everyHeader,
		"a removed token":     func(c *Config) { c.Token.Remove = "true" },
		"all, and no token":   func(c *Config) { everyHeader(c); c.Token.Remove = "true" },
		"a phone or no token": func(c *Config) { c.Phone.Require, c.Token.Remove = "true", "true" },
	} {
		for _, token := range []string{"mainland/1", "hongkong/1", "nophone/1", "nounion/1", "legacy/1"} {
			var got []http.Header
			for _, fast := range []bool{true, false} {
				backend := &seen{}
				p, _ := newInstance(t, backend, change)
				header, _ := fastHeader(p)
				require.NotEmpty(t, header)
				p.settings.debugHeader = !fast // which takes the whole way
				for n := 0; n < 2; n++ {       // a miss, a hit
					backend.header = nil
					req := request("/", "Authorization: Bearer "+token, "X-User-Phone: forged", "x_user_unionid: forged")
					p.handler().ServeHTTP(httptest.NewRecorder(), req)
					got = append(got, backend.header)
					require.Equal(t, "Bearer "+token, req.Header.Get("Authorization"), "what is in front may need it again")
					if p.settings.token.remove {
						require.Empty(t, backend.header.Get("Authorization"), name)
					}
				}
			}
			for _, header := range got {
				require.Equal(t, got[0], header, "%s, %s", name, token)
			}
			if name == "the default" {
				require.Equal(t, identityOf(token), got[0], token)
			}
		}
	}
}

func everyHeader(c *Config) {
	c.Headers.PhoneCountryCode, c.Headers.PhoneNational, c.Headers.Status = "X-Phone-Code", "X-Phone-National", "X-Status"
}

// identityOf is what a backend gets by default, the token included.
func identityOf(token string) http.Header {
	user, _ := huaweisim.UserOf(token)
	h := http.Header{"Authorization": {"Bearer " + token}, "X-User-Openid": {user.OpenID}}
	if user.UnionID != "" {
		h["X-User-Unionid"] = []string{user.UnionID}
	}
	if user.MobileNumber != "" {
		h["X-User-Phone"] = []string{user.MobileNumber}
	}
	return h
}

// What Traefik logs and counts of a request is no client's to choose, wherever that is answered.
func TestServeHTTP_whatTraefikLooksAtIsStrippedHoweverARequestIsAnswered(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{modeEnforce, modeOptional, modeReport} {
		config, _ := simulated(t, func(c *Config) {
			c.Mode, c.AllowPreflight, c.Headers.Status, c.AccessLogUser = mode, "true", "X-User-Status", userOpenID
			c.Audience.ClientIDs, c.Events.Path, c.MetricsPath = []string{huaweisim.ClientID}, "/huawei/events", "/metrics"
		})
		handler, err := New(context.Background(), http.NotFoundHandler(), config, t.Name()+mode+"@file")
		require.NoError(t, err)
		for _, method := range []string{"GET", "HEAD", "POST", "OPTIONS"} {
			for _, path := range []string{"/orders", "/huawei/events", "/metrics"} {
				for _, token := range []string{"", "mainland/1", "mainland/1", "expired/1", "body/html/1", "a.b c", "eyJh.eyJi.c"} {
					req := httptest.NewRequest(method, "http://mallory@app.example"+path, nil)
					for _, name := range []string{"X-User-Status", "x_user_status", "X-User-Openid"} {
						req.Header[name] = []string{"forged"}
					}
					req.Header.Set("Origin", "https://app.example")
					req.Header.Set("Access-Control-Request-Method", "PUT")
					if token != "" {
						req.Header.Set("Authorization", "Bearer "+token)
					}
					handler.ServeHTTP(httptest.NewRecorder(), req)
					said := fmt.Sprint(mode, " ", method, " ", path, " ", token)
					require.NotContains(t, fmt.Sprint(req.Header), "forged", said)
					require.NotEqual(t, "mallory", req.URL.User.Username(), said)
				}
			}
		}
	}
}

// A preflight asks for nobody, whoever sends it.
func TestServeHTTP_aPreflightHasNoIdentity(t *testing.T) {
	t.Parallel()
	var forwarded *http.Request
	config, sim := simulated(t, func(c *Config) { c.AllowPreflight = "true" })
	next := http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) { forwarded = req })
	handler, err := New(context.Background(), next, config, "test@file")
	require.NoError(t, err)
	handler.ServeHTTP(httptest.NewRecorder(), request("/", "Authorization: Bearer mainland/1"))
	require.NotEmpty(t, forwarded.Header.Get("X-User-Openid"), "what is no preflight goes the usual way")

	req := request("/", "Authorization: Bearer mainland/1", "X_User_Phone: forged", "Connection: X-User-OpenID",
		"Origin: https://app.example", "Access-Control-Request-Method: PUT")
	req.Method = http.MethodOptions
	handler.ServeHTTP(httptest.NewRecorder(), req)
	for name := range forwarded.Header {
		require.NotContains(t, strings.ToLower(name), "user")
	}
	require.Empty(t, forwarded.Header.Get("Connection"))
	require.Equal(t, 1, sim.TokenCalls(huaweisim.GetInfo, "mainland/1"))
}

// A key is made of a header's whole value on the way of a hit, and of the token elsewhere. Both have to name one user, and
// a value must not name a user that only another spelling names.
func TestServeHTTP_oneTokenIsOneUserHoweverItIsSent(t *testing.T) {
	t.Parallel()
	const bearer, plain, other = "Bearer", "", "Huawei"
	schemes := map[string]http.Handler{}
	backend := &seen{}
	config, sim := simulated(t, func(c *Config) { c.Token.Cookie = "session" })
	for _, scheme := range []string{bearer, plain, other} {
		config.Token.Scheme = scheme
		handler, err := New(context.Background(), backend, config, "test@file")
		require.NoError(t, err)
		schemes[scheme] = handler
	}
	user, _ := huaweisim.UserOf("mainland/1")
	for n := 0; n < 2; n++ {
		for _, test := range []struct{ scheme, line, want string }{
			{bearer, "Authorization: Bearer mainland/1", user.OpenID},
			{bearer, "Authorization: bearer mainland/1", user.OpenID},
			{bearer, "Authorization: Bearer   mainland/1", user.OpenID},
			{bearer, "Cookie: session=mainland/1", user.OpenID},
			{bearer, "Authorization: mainland/1", ""},
			{bearer, "Authorization: Huawei mainland/1", ""},
			{bearer, "Authorization: Bearer Bearer mainland/1", ""},
			{plain, "Authorization: mainland/1", user.OpenID},
			{plain, "Authorization: Bearer mainland/1", ""},
			{other, "Authorization: Huawei mainland/1", user.OpenID},
			{other, "Authorization: Bearer mainland/1", ""},
		} {
			backend.header = nil
			schemes[test.scheme].ServeHTTP(httptest.NewRecorder(), request("/", test.line))
			require.Equal(t, test.want, backend.header.Get("X-User-Openid"), "scheme %q, %s", test.scheme, test.line)
		}
	}
	require.Equal(t, 1, sim.TokenCalls(huaweisim.GetInfo, "mainland/1"))
}

func TestServeHTTP_theFastWayEndsWithTheAnswersLife(t *testing.T) {
	t.Parallel()
	backend := &seen{}
	p, sim := newInstance(t, backend, nil)
	c := &clock{now: time.Hour}
	p.upstream.since = c.since
	p.upstream.random = func() float64 { return 0 }
	handler := p.handler()
	r := &rig{upstream: p.upstream, t: t, clock: c, sim: sim}
	visit := func(after time.Duration) (identified bool, calls int) {
		c.advance(after)
		backend.header = nil
		handler.ServeHTTP(httptest.NewRecorder(), request("/", "Authorization: Bearer mainland/1"))
		r.settle()
		return backend.header.Get("X-User-Openid") != "", r.calls("mainland/1")
	}
	for _, step := range []struct {
		after time.Duration
		calls int
	}{
		{0, 1},
		{48*time.Second - 1, 1},
		{1, 2}, // in the last fifth of a life the answer is refreshed
		{48*time.Second - 1, 2},
	} {
		identified, calls := visit(step.after)
		require.True(t, identified, step)
		require.Equal(t, step.calls, calls, step)
	}
	sim.SetFaults(huaweisim.Fault{Kind: "nsp", NSP: "6"})
	identified, _ := visit(12*time.Second + 1)
	require.False(t, identified, "the life is over, and Huawei says no")
}

// Whatever comes of a request, it is forwarded in the end as one that no trailer reaches.
func TestServeHTTP_noTrailerReachesTheBackend(t *testing.T) {
	t.Parallel()
	var forwarded *http.Request
	next := http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) { forwarded = req })
	for way, test := range map[string]struct {
		change func(*Config)
		lines  []string
	}{
		"all three headers": {func(*Config) {}, []string{"Authorization: Bearer mainland/1"}},
		"not all three":     {func(*Config) {}, []string{"Authorization: Bearer nophone/1"}},
		"more headers":      {everyHeader, []string{"Authorization: Bearer mainland/1"}},
		"by a cookie":       {func(c *Config) { c.Token.Cookie = "sid" }, []string{"Cookie: sid=mainland/1"}},
		"token removed":     {func(c *Config) { c.Token.Remove = "true" }, []string{"Authorization: Bearer mainland/1"}},
		"no token":          {func(c *Config) { c.Mode = modeOptional }, nil},
		"bad token":         {func(c *Config) { c.Mode = modeReport }, []string{"Authorization: Bearer expired/1"}},
	} {
		config, _ := simulated(t, test.change)
		handler, err := New(context.Background(), next, config, "test@file")
		require.NoError(t, err)
		for n := 0; n < 2; n++ { // a miss, a hit
			for name, change := range map[string]func(*http.Request){
				"announced":                func(req *http.Request) { req.Trailer = http.Header{"X-User-Openid": nil} },
				"body of unknown length":   func(req *http.Request) { req.ContentLength = -1 },
				"both":                     func(req *http.Request) { req.ContentLength, req.Trailer = -1, http.Header{"X-User-Openid": nil} },
				"no trailer can be at all": func(*http.Request) {},
			} {
				req := request("/", test.lines...)
				req.Method = http.MethodOptions
				change(req)
				forwarded = nil
				handler.ServeHTTP(httptest.NewRecorder(), req)
				require.NotNil(t, forwarded, way)
				copied := forwarded != req
				if req.Trailer != nil {
					req.Trailer["X-User-Openid"] = []string{"forged"} // as net/http does when it has read the body
				} else {
					req.Trailer = http.Header{"X-User-Openid": {"forged"}}
				}
				if name == "no trailer can be at all" {
					require.Equal(t, config.Token.Remove == "true", copied, way)
					continue
				}
				require.True(t, copied, "%s, %s", way, name)
				require.Nil(t, forwarded.Trailer, "%s, %s", way, name)
			}
		}
	}
}

func TestServeHTTP_aHitCostsTheClientNoSharedSlice(t *testing.T) {
	t.Parallel()
	vandal := http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		for name := range req.Header {
			req.Header[name][0] = "overwritten"
		}
	})
	p, _ := newInstance(t, vandal, nil)
	for n := 0; n < 3; n++ {
		p.handler().ServeHTTP(httptest.NewRecorder(), request("/", "Authorization: Bearer mainland/1"))
	}
	backend := &seen{}
	p.next = backend
	p.handler().ServeHTTP(httptest.NewRecorder(), request("/", "Authorization: Bearer mainland/1"))
	user, _ := huaweisim.UserOf("mainland/1")
	require.Equal(t, []string{user.OpenID}, backend.header["X-User-Openid"])
}

// reach collects every string and byte slice that can be reached from a value, but for net/http's connections: they change while
// they are looked at.
func reach(v reflect.Value, seen map[uintptr]bool, found *[]string) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() || seen[v.Pointer()] {
			return
		}
		seen[v.Pointer()] = true
		reach(v.Elem(), seen, found)
	case reflect.Interface:
		if !v.IsNil() {
			reach(v.Elem(), seen, found)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeOf(http.Transport{}) {
			return
		}
		for i := 0; i < v.NumField(); i++ {
			reach(v.Field(i), seen, found)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			reach(k, seen, found)
			reach(v.MapIndex(k), seen, found)
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			raw := make([]byte, v.Len())
			for i := range raw {
				raw[i] = byte(v.Index(i).Uint())
			}
			*found = append(*found, string(raw))
			return
		}
		for i := 0; i < v.Len(); i++ {
			reach(v.Index(i), seen, found)
		}
	case reflect.String:
		*found = append(*found, v.String())
	}
}

func TestSecrets_theTokenIsNowhereInTheState(t *testing.T) {
	t.Parallel()
	p, _ := newInstance(t, http.NotFoundHandler(), func(c *Config) {
		c.LogLevel = "debug"
		c.Audience.ClientIDs = []string{huaweisim.ClientID}
		c.Huawei.Retries = "0"
	})
	tokens := []string{"mainland/secret", "expired/secret", "forbidden/secret", "foreign/secret", "http/502/secret", "body/html/secret"}
	for _, token := range tokens {
		p.handler().ServeHTTP(httptest.NewRecorder(), request("/", "Authorization: Bearer "+token))
	}
	var found []string
	visited := map[uintptr]bool{}
	reach(reflect.ValueOf(p), visited, &found)
	all := strings.Join(found, "\n")
	user, _ := huaweisim.UserOf("mainland/secret")
	require.Contains(t, all, user.OpenID, "the search finds what is there")
	for _, token := range tokens {
		require.NotContains(t, all, token)
	}
	require.NotContains(t, all, "/secret")
	for kind := range p.upstream.throttle.kinds {
		require.NotContains(t, kind, user.OpenID)
		require.NotContains(t, kind, user.MobileNumber)
	}
	require.NotEmpty(t, p.upstream.good.entries)
	require.NotEmpty(t, p.upstream.refused.entries)
}
