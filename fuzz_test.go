package huaweiid

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Fuzzing: what a client or Huawei can send, and what must be true of it whatever it is.

// FuzzGuard: after stripping no name folds to a protected one, and every other header is untouched.
func FuzzGuard(f *testing.F) {
	f.Add("X-User-OpenID\nX_User.Phone\nAccept", "close, X-User-Phone", "X-Uid", "X-Token")
	f.Add("x-uid\nX-Device-Id\n\n \n\x00", ",,x_user_unionid,", "X-Device-Id", "")
	f.Add("X-User-OpenID", "x-user-openid\nkeep-alive", "", "Connection")
	f.Fuzz(func(t *testing.T, names, connection, configured, token string) {
		if !isHeaderName(configured) || isReserved(configured) {
			configured = ""
		}
		token = http.CanonicalHeaderKey(token)
		if !isHeaderName(token) || protectedNames([]string{configured})[fold(token)] {
			token = "Authorization"
		}
		g := newGuard([]string{configured}, token)
		h := http.Header{}
		for _, name := range strings.Split(names, "\n") {
			// What a server lets through: RFC 9110 tokens, in canonical form.
			if isHeaderName(name) && !strings.EqualFold(name, "Connection") {
				h.Add(name, "value of "+name)
			}
		}
		before := h.Clone()
		h["Connection"] = strings.Split(connection, "\n")
		strip(g, h)

		for name, values := range h {
			require.False(t, g.protected[fold(name)], name)
			if name != "Connection" {
				require.Equal(t, before[name], values)
			}
		}
		for name := range before {
			if !g.protected[fold(name)] {
				require.Contains(t, h, name)
			}
		}
		for _, line := range h["Connection"] {
			for _, option := range strings.Split(line, ",") {
				// As readers of the list do: what is no header name takes none away.
				for _, name := range []string{strings.Trim(option, " \t"), strings.TrimSpace(option)} {
					require.False(t, isHeaderName(name) && g.protected[fold(name)], option)
				}
			}
		}
	})
}

// FuzzTokenSource: no reading panics, a token found is gone after removal, and the original request stays as it was.
func FuzzTokenSource(f *testing.F) {
	f.Add("Bearer abc", "session=x; a=b", "access_token=1&b=2")
	f.Add("bearer  a\nBasic b", `session="q";session=`, "%61ccess_token=%zz&&=;")
	f.Add("Bearer", "", "access_token")
	f.Add("Bearer: a", "session=a%2Bb;session=a+b", "a=1;access_token=T;b=2")
	f.Add("Bearer eyJh.eyJp.c2ln", "\u00a0session=x;;session;session=", "access%5ftoken=%61&access_token=a&%5f")
	f.Fuzz(func(t *testing.T, authorization, cookie, query string) {
		for _, settings := range []tokenSettings{
			{header: "Authorization", scheme: "Bearer", cookie: "session", query: "access_token"},
			{cookie: "session"},
			{query: "access_token"},
			{header: "Authorization"},
		} {
			reader := newTokenSource(settings)
			req := request("/path")
			req.Header["Authorization"] = strings.Split(authorization, "\n")
			req.Header["Cookie"] = strings.Split(cookie, "\n")
			req.URL.RawQuery = strings.ReplaceAll(query, ";", "&")
			req.RequestURI = "/path?" + query
			before := req.Header.Clone()

			token, where, problem := findToken(reader, req)
			require.Equal(t, problem == "", isToken(token) && problem != whenRepeated)
			require.Equal(t, problem == whenNoToken, where == "")
			if where == "" || problem == whenUnreadable {
				continue
			}
			bare := withoutToken(reader, req, where)
			require.Equal(t, before, req.Header)
			require.Equal(t, "/path?"+query, req.RequestURI)
			_, again, _ := findToken(reader, bare)
			require.NotEqual(t, where, again)
			if where == inQuery {
				_, rest, _ := strings.Cut(bare.RequestURI, "?")
				require.Equal(t, bare.URL.RawQuery, strings.ReplaceAll(rest, ";", "&"))
			}
		}
	})
}

// roundTrip answers every call alike.
type roundTrip func(*http.Request) (*http.Response, error)

func (r roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return r(req) }

func respond(status int, nsp, body string) roundTrip {
	return func(req *http.Request) (*http.Response, error) {
		h := http.Header{}
		if nsp != "-" {
			h["Nsp_status"] = strings.Split(nsp, "\n")
		}
		return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
	}
}

func fuzzClient(transport roundTrip, clientIDs ...string) *client {
	c := newClient(upstreamSettings{
		audience: audienceSettings{clientIDs: clientIDs},
		huawei: huaweiSettings{
			getInfoURL: "https://huawei.test/info", tokenInfoURL: "https://huawei.test/token",
			timeout: time.Minute, maxConcurrent: 1, proxyURL: secret{proxyDirect},
		},
		wantsPhone: true,
	})
	c.transport = transport
	c.sleep = func(time.Duration) {}
	return c
}

// membersOf reads an object's members without the plugin's means. Of a member that comes twice the last one counts that is
// not null.
func membersOf(t *testing.T, body string) map[string]interface{} {
	t.Helper()
	require.True(t, json.Valid([]byte(body)))
	decoder := json.NewDecoder(strings.NewReader(body))
	start, err := decoder.Token()
	require.NoError(t, err)
	require.Equal(t, json.Delim('{'), start)
	members := map[string]interface{}{}
	for decoder.More() {
		name, err := decoder.Token()
		require.NoError(t, err)
		var value interface{}
		_ = decoder.Decode(&value) // a number too large for a float64 is none that counts
		if before := members[name.(string)]; value != nil || before == nil {
			members[name.(string)] = value
		}
	}
	return members
}

// FuzzGetInfo: an answer that is not a clean 200 with an openID never yields an identity, and a verdict is one or the
// other.
func FuzzGetInfo(f *testing.F) {
	f.Add(200, "-", `{"openID":"o","unionID":"u","mobileNumber":"1","purePhoneNumber":"1","phoneCountryCode":"0086"}`)
	f.Add(200, "0", `{"openID":"o"}`)
	f.Add(200, "6", `{"error":"session timeout"}`)
	f.Add(200, "-", `{"OPENID":"evil","openid":"evil"}`)
	f.Add(200, "-", `{"openID":"a\r\nX-User-Phone: 1"}`)
	f.Add(503, "-", `{"openID":"o"}`)
	f.Add(200, "0\n6", `{"openID":"o","error":null}`)
	f.Add(200, "-", `{"openID":"o","openID":null,"x":1e999,"\u006fpenID":"p"}`)
	f.Fuzz(func(t *testing.T, status int, nsp, body string) {
		v := lookUp(fuzzClient(respond(status, nsp, body)), "token")
		require.NotEqual(t, v.identity == nil, v.outcome == nil)
		if v.identity == nil {
			require.GreaterOrEqual(t, v.outcome.status, 400)
			return
		}
		require.Equal(t, 200, status)
		require.Contains(t, []string{"-", "0"}, nsp)
		members := membersOf(t, body)
		require.NotContains(t, members, "error")
		id := v.identity
		require.Equal(t, members["openID"], id.openID)
		require.NotEmpty(t, id.openID)
		for _, value := range []string{id.openID, id.unionID, id.phone, id.countryCode, id.national} {
			require.True(t, isVisible(value))
			require.LessOrEqual(t, len(value), maxValue)
		}
		for _, format := range []string{phoneRaw, phoneE164, phoneMasked} {
			require.True(t, isVisible(phoneIn(id, format)))
			require.LessOrEqual(t, len(phoneIn(id, format)), 2*maxValue+1)
		}
	})
}

// FuzzGetTokenInfo: no answer lets a token pass that is not said to be a user's, ours and alive.
func FuzzGetTokenInfo(f *testing.F) {
	f.Add(200, "-", `{"client_id":"7","type":0,"expire_in":100,"open_id":"o","union_id":"u"}`)
	f.Add(200, "-", `{"client_id":7,"type":0,"expire_in":1e3}`)
	f.Add(200, "31204", `{"error":"x"}`)
	f.Add(200, "-", `{"client_id":"\u0037","type":0,"type":null,"TYPE":1,"type":-0,"expire_in":1}`)
	f.Add(200, "-", `{"client_id":"8","type":0,"expire_in":100}`)
	f.Add(200, "-", `{"client_id":"7","type":null,"expire_in":99999999999999999999}`)
	f.Fuzz(func(t *testing.T, status int, nsp, body string) {
		info, failure := getTokenInfo(fuzzClient(respond(status, nsp, body), "7"), &lookup{ctx: context.Background(), form: "access_token=token"})
		require.NotEqual(t, info == nil, failure == nil)
		if failure != nil {
			require.GreaterOrEqual(t, failure.outcome.status, 400)
			return
		}
		require.Equal(t, 200, status)
		require.Contains(t, []string{"-", "0"}, nsp)
		members := membersOf(t, body)
		require.Contains(t, []interface{}{"7", 7.0}, members["client_id"])
		require.Equal(t, 0.0, members["type"])
		require.Positive(t, members["expire_in"])
		require.Equal(t, members["expire_in"], float64(*info.ExpireIn))
	})
}

// FuzzStatusTable: every HTTP status and NSP_STATUS has a row, and only a clean 200 leaves the verdict to the body.
func FuzzStatusTable(f *testing.F) {
	f.Add(200, "0")
	f.Add(200, "")
	f.Add(503, "6")
	f.Add(-1, "x")
	f.Fuzz(func(t *testing.T, status int, nsp string) {
		require.NotNil(t, judge(status+1000, nil))
		if row := judge(status, []string{nsp}); row == nil {
			require.Equal(t, 200, status)
			require.Equal(t, "0", nsp)
		} else {
			require.NotEmpty(t, details[row.code])
		}
	})
}

// FuzzCheck: no configuration panics, and what is accepted is within its bounds.
func FuzzCheck(f *testing.F) {
	f.Add("enforce", "30s", "5", "X-A", "https://h/", "true", "realm")
	f.Add("report", "1m30s", "-1", "x_user_phone", "http://u:p@h", "x", "\"\\")
	f.Add("", "9223372036854775807", "99999999999999999999", "Content-Type", "://", "1", "\x00")
	f.Fuzz(func(t *testing.T, mode, duration, number, header, address, boolean, free string) {
		c := CreateConfig()
		c.Mode, c.Realm, c.AllowPreflight = mode, free, boolean
		c.Token = TokenConfig{Header: header, Scheme: free, Cookie: header, Query: free, Remove: boolean}
		c.Headers.OpenID, c.Headers.Status = header, free
		c.Phone = PhoneConfig{Format: mode, Require: boolean}
		c.Audience.ClientIDs = strings.Split(number, ",")
		c.Huawei.GetInfoURL, c.Huawei.AllowHTTP, c.Huawei.Timeout = address, boolean, duration
		c.Huawei.Retries, c.Huawei.MaxConcurrent, c.Huawei.ProxyURL = number, number, address
		c.Cache = CacheConfig{TTL: duration, NegativeTTL: duration, StaleIfError: duration, MaxEntries: number}
		c.Unknown = map[string]interface{}{free: free}
		_, err := c.check()
		require.Error(t, err, "there is an unknown option")
		require.ErrorIs(t, err, errConfig)

		c.Unknown = nil
		s, err := c.check()
		if err != nil {
			return
		}
		require.Contains(t, []string{modeEnforce, modeOptional, modeReport}, s.mode)
		require.LessOrEqual(t, s.upstream.cache.ttl, maxTTL)
		require.GreaterOrEqual(t, s.upstream.cache.ttl, time.Duration(0))
		require.LessOrEqual(t, s.upstream.huawei.timeout, maxTimeout)
		require.Positive(t, s.upstream.huawei.timeout)
		require.False(t, protectedNames(headerNames(s.headers))[fold(s.token.header)])
	})
}
