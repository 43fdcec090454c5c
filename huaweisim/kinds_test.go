package huaweisim_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

var (
	mainland = user("openID", "unionID", "mobileNumber", "purePhoneNumber", "phoneCountryCode")
	nobody   = func(*testing.T, string, reply) {}
)

// user expects getInfo to answer with exactly these members besides others that
// are no part of User, and with what UserOf says.
func user(names ...string) func(*testing.T, string, reply) {
	return func(t *testing.T, token string, r reply) {
		t.Helper()
		m := r.members(t)
		u, _ := huaweisim.UserOf(token)
		for name, want := range map[string]string{
			"openID":           u.OpenID,
			"unionID":          u.UnionID,
			"mobileNumber":     u.MobileNumber,
			"purePhoneNumber":  u.PurePhoneNumber,
			"phoneCountryCode": u.PhoneCountryCode,
		} {
			got, there := m[name]
			assert.Equal(t, slices.Contains(names, name), there, name)
			if there {
				assert.Equal(t, want, got, name)
			} else {
				assert.Empty(t, want, "%s in UserOf", name)
			}
		}
	}
}

// member expects a member, and users' members as well.
func member(name string, value any, also func(*testing.T, string, reply)) func(*testing.T, string, reply) {
	return func(t *testing.T, token string, r reply) {
		t.Helper()
		assert.Equal(t, value, r.members(t)[name], name)
		also(t, token, r)
	}
}

func body(want string) func(*testing.T, string, reply) {
	return func(t *testing.T, _ string, r reply) {
		t.Helper()
		assert.Equal(t, want, r.body)
	}
}

func errorText(want string) func(*testing.T, string, reply) {
	return func(t *testing.T, _ string, r reply) {
		t.Helper()
		assert.Equal(t, map[string]any{"error": want}, r.members(t))
	}
}

func matches(pattern string) func(*testing.T, string, reply) {
	return func(t *testing.T, _ string, r reply) {
		t.Helper()
		assert.Regexp(t, regexp.MustCompile(pattern), r.body)
	}
}

func invalidJSON(t *testing.T, _ string, r reply) {
	t.Helper()
	assert.False(t, json.Valid([]byte(r.body)))
}

// gzipped is a good object, compressed though nobody asked for that.
func gzipped(t *testing.T, _ string, r reply) {
	t.Helper()
	assert.Equal(t, "gzip", r.header.Get("Content-Encoding"))
	reader, err := gzip.NewReader(strings.NewReader(r.body))
	require.NoError(t, err)
	body, err := io.ReadAll(reader)
	require.NoError(t, err)
	assert.Regexp(t, `"open_?[iI][dD]":"AQAx`, string(body))
}

// huge is whole and good but for its length.
func huge(t *testing.T, _ string, r reply) {
	t.Helper()
	assert.Greater(t, len(r.body), 64<<10)
	assert.True(t, json.Valid([]byte(r.body)))
}

// nested is a syntax error to encoding/json for its depth alone.
func nested(t *testing.T, _ string, r reply) {
	t.Helper()
	assert.Greater(t, strings.Count(r.body, "["), 10_000)
	assert.Equal(t, strings.Count(r.body, "["), strings.Count(r.body, "]"))
	var m map[string]any
	assert.ErrorContains(t, json.Unmarshal([]byte(r.body), &m), "depth")
}

func TestKinds_getInfo(t *testing.T) {
	t.Parallel()
	s := start(t)
	tests := []struct {
		token    string
		status   int // 0 = 200
		nsp      string
		identity bool
		check    func(*testing.T, string, reply)
	}{
		{token: "mainland", identity: true, check: mainland},
		{token: "mainland/1", identity: true, check: mainland},
		{token: "mainland/a+b==", identity: true, check: mainland},
		{token: "mainland/a/b/c", identity: true, check: mainland},
		{token: "hongkong/1", identity: true, check: mainland},
		{token: "russia/1", identity: true, check: mainland},
		{token: "overseas-mainland/1", identity: true, check: mainland},
		{token: "nophone/1", identity: true, check: user("openID", "unionID")},
		{token: "nocc/1", identity: true, check: user("openID", "unionID", "mobileNumber")},
		{token: "shortphone/1", identity: true, check: mainland},
		{token: "profile/1", identity: true, check: member("displayNameFlag", 0.0, user("openID", "unionID"))},
		{token: "quicklogin/1", identity: true, check: member("loginMobileValid", 1.0, user("openID", "unionID", "purePhoneNumber", "phoneCountryCode"))},
		{token: "warning/1", identity: true, check: user("openID")},
		{token: "legacy/1", identity: true, check: mainland},
		{token: "nounion/1", identity: true, check: user("openID", "mobileNumber", "purePhoneNumber", "phoneCountryCode")},
		{token: "unknownkeys/1", identity: true, check: member("ageGroupFlag", 2.0, mainland)},

		{token: "expired/1", nsp: "6", check: errorText("session timeout")},
		{token: "revoked/1", nsp: "6", check: errorText("session timeout")},
		{token: "invalid/1", nsp: "102", check: errorText("invalid session")},
		{token: "forbidden/1", nsp: "403", check: errorText("no permission")},
		{token: "nokind/1", nsp: "6", check: errorText("session timeout")},
		{token: "Mainland/1", nsp: "6", check: errorText("session timeout")},
		{token: "mainland/a b", nsp: "6", check: errorText("session timeout")},
		{token: "mainland/ü", nsp: "6", check: errorText("session timeout")},

		{token: "foreign/1", identity: true, check: mainland},
		{token: "apptoken/1", nsp: "6", check: errorText("session timeout")},
		{token: "expires/0/1", identity: true, check: mainland},
		{token: "expires/-5/1", identity: true, check: mainland},
		{token: "expires/soon/1", nsp: "6", check: nobody},
		{token: "numericclient/1", identity: true, check: mainland},
		{token: "mismatch/1", identity: true, check: mainland},
		{token: "mismatch-union/1", identity: true, check: mainland},

		{token: "nsp/503/1", nsp: "503", check: errorText("system flow control")},
		{token: "nsp/70001402/1", nsp: "70001402", check: errorText("system authentication error")},
		{token: "nsp/3/1", nsp: "3", check: errorText("unknown method")},
		{token: "nsp/4/1", nsp: "4", check: errorText("application request limit reached")},
		{token: "nsp/5/1", nsp: "5", check: errorText("unauthorized ip address")},
		{token: "nsp/7/1", nsp: "7", check: errorText("call limit reached")},
		{token: "nsp/8/1", nsp: "8", check: errorText("calls too frequent")},
		{token: "nsp/103/1", nsp: "103", check: errorText("request must be post")},
		{token: "nsp/108/1", nsp: "108", check: errorText("invalid url parameter")},
		{token: "nsp/99/1", nsp: "99", check: errorText("error 99")},
		{token: "nsp/x/1", nsp: "6", check: nobody},
		{token: "nsp0/1", nsp: "0", identity: true, check: mainland},
		{token: "nspgood/6/1", nsp: "6", check: matches(`"openID":"AQAx`)},
		{token: "nspempty/6/1", nsp: "6", check: body("")},
		{token: "http/200/1", check: body("")},
		{token: "http/204/1", status: 204, check: body("")},
		{token: "http/304/1", status: 304, check: body("")},
		{token: "http/403/1", status: 403, check: matches("<html>")},
		{token: "http/503/1", status: 503, check: matches("<html>")},
		{token: "http/590/1", status: 590, check: matches("<html>")},
		{token: "throttled/7/1", status: 429, check: matches("<html>")},
		{token: "throttled/soon/1", nsp: "6", check: nobody},
		{token: "http/600/1", nsp: "6", check: nobody},
		{token: "httpgood/500/1", status: 500, check: matches(`"openID":"AQAx`)},
		{token: "slow/1ms/1", identity: true, check: mainland},
		{token: "slow/-1ms/1", nsp: "6", check: nobody},
		{token: "slow/2h/1", nsp: "6", check: nobody},

		{token: "body/empty/1", check: body("")},
		{token: "body/html/1", check: matches("<html>")},
		{token: "body/gzip/1", check: gzipped},
		{token: "body/huge/1", check: huge},
		{token: "body/truncated/1", check: invalidJSON},
		{token: "body/nested/1", check: nested},
		{token: "body/array/1", check: matches(`^\[\{.*"openID":"AQAx.*\}\]$`)},
		{token: "body/string/1", check: matches(`^"AQAx.{24}"$`)},
		{token: "body/null/1", check: body("null")},
		{token: "body/error/1", check: matches(`"error":"session timeout".*"openID":"AQAx`)},
		{token: "body/noopenid/1", check: func(t *testing.T, _ string, r reply) { assert.NotContains(t, r.members(t), "openID") }},
		{token: "body/emptyopenid/1", check: member("openID", "", nobody)},
		{token: "body/numberopenid/1", check: member("openID", 12345678.0, nobody)},
		{token: "body/nullopenid/1", check: matches(`"openID":null`)},
		{token: "body/objectopenid/1", check: matches(`"openID":\{`)},
		{token: "body/crlfopenid/1", check: matches(`"openID":"AQAx.{24}\\r\\nX-User-Phone: 1"`)},
		{token: "body/nulopenid/1", check: matches(`"openID":"AQAx.{24}\\u0000"`)},
		{token: "body/emojiopenid/1", check: matches(`"openID":"AQAx.{24}😀"`)},
		{token: "body/spaceopenid/1", check: matches(`"openID":"AQAx.{24} x"`)},
		{token: "body/longopenid/1", check: member("openID", strings.Repeat("A", 257), nobody)},
		{token: "body/crlfphone/1", check: matches(`"mobileNumber":"111\d{8}\\r\\n`)},
		{token: "body/crlfunion/1", check: matches(`"unionID":"AQAx.{25}\\r\\n`)},
		{token: "body/numberphone/1", check: matches(`"mobileNumber":\d`)},
		{token: "body/numberunion/1", check: matches(`"unionID":\d`)},
		{token: "body/trailing/1", check: invalidJSON},
		{token: "body/dupes/1", identity: true, check: member("OPENID", "evil", mainland)},
		{token: "body/textplain/1", identity: true, check: mainland},
		{token: "body/unheard-of/1", nsp: "6", check: nobody},

		{token: "tinfo/nsp/500/1", identity: true, check: mainland},
		{token: "tinfo/http/500/1", identity: true, check: mainland},
		{token: "tinfo/body/array/1", identity: true, check: mainland},
		{token: "tinfo/body/dupes/1", nsp: "6", check: nobody},
		{token: "tinfo/1", nsp: "6", check: nobody},
	}
	for _, test := range tests {
		t.Run(test.token, func(t *testing.T) {
			t.Parallel()
			r := s.getInfo(test.token)
			if test.status == 0 {
				test.status = http.StatusOK
			}
			assert.Equal(t, test.status, r.status)
			assert.Equal(t, test.nsp, r.nsp)
			_, identity := huaweisim.UserOf(test.token)
			assert.Equal(t, test.identity, identity, "UserOf")
			test.check(t, test.token, r)
		})
	}
}

func TestKinds_getTokenInfo(t *testing.T) {
	t.Parallel()
	s := start(t)
	// claims expects these members to differ from those of a mainland user.
	claims := func(differing map[string]any) func(*testing.T, string, reply) {
		return func(t *testing.T, token string, r reply) {
			t.Helper()
			want := map[string]any{"client_id": huaweisim.ClientID, "expire_in": 3600.0, "type": 0.0}
			if u, ok := huaweisim.UserOf(token); ok {
				want["open_id"] = u.OpenID
				if u.UnionID != "" {
					want["union_id"] = u.UnionID
				}
			}
			for name, value := range differing {
				want[name] = value
			}
			m := r.members(t)
			for name, value := range want {
				assert.Equal(t, value, m[name], name)
			}
		}
	}
	usual := claims(nil)
	differs := func(name, from string) func(*testing.T, string, reply) {
		return func(t *testing.T, token string, r reply) {
			t.Helper()
			assert.NotEmpty(t, r.members(t)[name])
			assert.NotEqual(t, s.getInfo(token).members(t)[from], r.members(t)[name])
		}
	}
	lacks := func(names ...string) func(*testing.T, string, reply) {
		return func(t *testing.T, _ string, r reply) {
			t.Helper()
			for _, name := range names {
				assert.NotContains(t, r.members(t), name)
			}
		}
	}
	tests := []struct {
		token  string
		status int // 0 = 200
		nsp    string
		check  func(*testing.T, string, reply)
	}{
		{token: "mainland/1", check: usual},
		{token: "legacy/1", check: usual},
		{token: "nounion/1", check: matches(`"union_id":"AQAx`)},
		{token: "warning/1", check: usual},
		{token: "forbidden/1", check: usual},
		{token: "nsp/6/1", check: usual},
		{token: "nsp0/1", check: usual},
		{token: "http/500/1", check: usual},
		{token: "slow/1h/1", check: usual},
		{token: "body/crlfopenid/1", check: matches(`"open_id":"AQAx.{24}"`)},

		{token: "expired/1", nsp: "6", check: errorText("session timeout")},
		{token: "revoked/1", nsp: "31204", check: errorText("token revoked")},
		{token: "invalid/1", nsp: "102", check: errorText("invalid session")},
		{token: "nokind/1", nsp: "6", check: errorText("session timeout")},

		{token: "foreign/1", check: claims(map[string]any{"client_id": huaweisim.ForeignClientID})},
		{token: "apptoken/1", check: claims(map[string]any{"type": 1.0})},
		{token: "apptoken/2", check: lacks("open_id", "union_id")},
		{token: "expires/30/1", check: claims(map[string]any{"expire_in": 30.0})},
		{token: "expires/-1/1", check: claims(map[string]any{"expire_in": -1.0})},
		{token: "numericclient/1", check: claims(map[string]any{"client_id": 101234567.0})},
		{token: "mismatch/1", check: differs("open_id", "openID")},
		{token: "mismatch-union/1", check: differs("union_id", "unionID")},

		{token: "tinfo/nsp/500/1", nsp: "500", check: errorText("internal error")},
		{token: "tinfo/http/503/1", status: 503, check: matches("<html>")},
		{token: "tinfo/body/empty/1", check: body("")},
		{token: "tinfo/body/html/1", check: matches("<html>")},
		{token: "tinfo/body/gzip/1", check: gzipped},
		{token: "tinfo/body/huge/1", check: huge},
		{token: "tinfo/body/truncated/1", check: invalidJSON},
		{token: "tinfo/body/nested/1", check: nested},
		{token: "tinfo/body/array/1", check: matches(`^\[\{.*\}\]$`)},
		{token: "tinfo/body/error/1", check: matches(`"error":"session timeout"`)},
		{token: "tinfo/body/noopenid/1", check: lacks("open_id")},
		{token: "tinfo/body/crlfopenid/1", check: matches(`"open_id":"AQAx[^"]*\\r\\nX-User-Phone: 1"`)},
		{token: "tinfo/body/noclient/1", check: lacks("client_id")},
		{token: "tinfo/body/notype/1", check: lacks("type")},
		{token: "tinfo/body/stringtype/1", check: member("type", "0", nobody)},
		{token: "tinfo/body/noexpire/1", check: lacks("expire_in")},
		{token: "tinfo/body/objectclient/1", check: matches(`"client_id":\{`)},
		{token: "tinfo/body/escapedclient/1", check: matches(`"client_id":"\\u0031`)},
		{token: "tinfo/body/othercase/1", check: matches(`"CLIENT_ID":"1".*"client_id":"101.*"CLIENT_ID":"1"`)},
	}
	for _, test := range tests {
		t.Run(test.token, func(t *testing.T) {
			t.Parallel()
			r := s.getTokenInfo(test.token)
			if test.status == 0 {
				test.status = http.StatusOK
			}
			assert.Equal(t, test.status, r.status)
			assert.Equal(t, test.nsp, r.nsp)
			test.check(t, test.token, r)
		})
	}
}

func TestKinds_contentTypes(t *testing.T) {
	t.Parallel()
	s := start(t)
	for token, want := range map[string]string{
		"mainland/1":       "application/json;charset=utf-8",
		"expired/1":        "application/json;charset=utf-8",
		"body/textplain/1": "text/plain;charset=utf-8",
		"http/500/1":       "text/html;charset=utf-8",
		"http/200/1":       "",
	} {
		assert.Equal(t, want, s.getInfo(token).header.Get("Content-Type"), token)
	}
	for token, want := range map[string]string{
		"mainland/1":         "text/plain;charset=utf-8",
		"expired/1":          "text/plain;charset=utf-8",
		"tinfo/body/html/1":  "text/html;charset=utf-8",
		"tinfo/body/array/1": "text/plain;charset=utf-8",
	} {
		assert.Equal(t, want, s.getTokenInfo(token).header.Get("Content-Type"), token)
	}
}

func TestKinds_successCarriesNoStatusHeaderAndIsNotStored(t *testing.T) {
	t.Parallel()
	s := start(t)
	r := s.getInfo("mainland/1")
	assert.NotContains(t, r.header, "Nsp_status")
	assert.Equal(t, "no-store", r.header.Get("Cache-Control"))
	assert.Equal(t, "no-cache", r.header.Get("Pragma"))
}

func TestKinds_redirectNamesAPlace(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, status := range []string{"301", "302", "307", "308"} {
		r := s.getInfo("http/" + status + "/1")
		assert.Equal(t, "/sim/elsewhere", r.header.Get("Location"), status)
		assert.Equal(t, status, strconv.Itoa(r.status))
	}
}

func TestKinds_throttledSaysForHowLong(t *testing.T) {
	t.Parallel()
	s := start(t)
	assert.Equal(t, "7", s.getInfo("throttled/7/1").header.Get("Retry-After"))
}
