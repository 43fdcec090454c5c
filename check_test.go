package huaweiid

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// One row is one value that an option may have, at the ends of what it may be.
func TestCheck_acceptsEachOptionUpToItsBounds(t *testing.T) {
	t.Parallel()
	for path, values := range map[string][]string{
		"mode":           {"enforce", "optional", "report", "Enforce", "REPORT"},
		"realm":          {"a", "Ward 7", strings.Repeat("r", 128), `say "hi" \o/`},
		"allowPreflight": {"true", "false", "1", "0", "True", "FALSE", "tRue"},
		"token.header":   {"Authorization", "X-Token", " x-token "},
		"token.scheme":   {"Bearer", "token", ""},
		"token.cookie":   {"session", "__Host-token", ""},
		"token.query":    {"access_token", "token-2.0_~", ""},
		"token.remove":   {"true", "false"},
		"headers.openID": {"X-Id", " x-id ", "X_Id", "x.id", strings.Repeat("x", 128), ""},
		"headers.unionID": {"X-Id", "", "X-Forwarded-User", "X-Forwarded-Preferred-Username", "x-forwarded-login", "X_Forwarded_Email",
			"X-Original-User", "Remote-User", "X-Auth-Request-User", "X-Remote-User"},
		"headers.phone":            {"X-Id", ""},
		"headers.phoneCountryCode": {"X-Id", ""},
		"headers.phoneNational":    {"X-Id", ""},
		"headers.status":           {"X-Id", ""},
		"phone.format":             {"raw", "e164", "masked", "E164", "Masked"},
		"phone.require":            {"true", "false"},
		"audience.clientIDs":       {"1", " 101234567 |2", strings.Repeat("9", 64), "1|1"},
		"huawei.getInfoURL":        {"https://localhost/", "https://10.0.0.1:8443/rest.php?nsp_svc=GOpen.User.getInfo", "HTTPS://[::1]/"},
		"huawei.tokenInfoURL":      {"https://localhost/"},
		"huawei.allowHTTP":         {"true", "false"},
		"huawei.timeout":           {"10ms", "1m", "60", "1"},
		"huawei.retries":           {"0", "3"},
		"huawei.maxConcurrent":     {"1", "10000"},
		"huawei.proxyURL":          {"", " ", "direct", "Direct", "http://proxy.example:3128", "http://proxy.example:3128\n", "https://user:secret@proxy.example"},
		"cache.ttl":                {"0s", "0", "1h", "3600", "1m30s", "59m59.9s"},
		"cache.negativeTTL":        {"0s", "5m", "300"},
		"cache.staleIfError":       {"0s", "1h", "3600"},
		"cache.maxEntries":         {"1", "10000000"},
		"redis.address":            {"", " ", "redis.example:6379", "10.0.0.1:1|10.0.0.2:65535 |[::1]:6379", "redis:6379|redis:6379|"},
		"redis.username":           {"", "gateway"},
		"redis.password":           {"", " any thing\n"},
		"redis.database":           {"0", "16383"},
		"redis.tls":                {"true", "false"},
		"redis.timeout":            {"1ms", "5s", "5"},
		"redis.keyPrefix":          {"", "huaweiid:", "{shop}:", strings.Repeat("p", 64)},
		"redis.secret":             {"", strings.Repeat("s", 32), strings.Repeat("s", 32) + "\n", strings.Repeat("s", 5000)},
		"accessLogUser":            {"none", "openID", "unionID", "OPENID"},
		"metricsPath":              {"", "/metrics", "/a/b-c~d"},
		"debugHeader":              {"true", "false"},
		"logLevel":                 {"error", "warn", "info", "debug", "DEBUG", "Info"},
	} {
		for _, value := range values {
			t.Run(path+"="+value, func(t *testing.T) {
				t.Parallel()
				_, err := with(t, path, value).check()
				assert.NoError(t, err)
			})
		}
	}
}

// One row is one value that an option may not have, with the whole of what New says of it.
func TestCheck_refusesAndSaysWhatWouldBeRight(t *testing.T) {
	t.Parallel()
	const (
		noDuration = ` is no duration; write a number with a unit, such as "1m30s" or "500ms", or a bare number of seconds`
		noURL      = `no absolute URL; write one such as https://account.cloud.huawei.com/rest.php?nsp_svc=…`
		noHeader   = ` is no header name; write letters, digits and hyphens, such as X-User-OpenID`
		noProxy    = `is neither "direct" nor a URL such as http://proxy.example:3128`
		noClientID = ` is no client ID; copy the digits that AppGallery Connect shows as the app's OAuth 2.0 client ID`
		reserved   = ` already means something to HTTP, proxies or browsers; choose a name of your own, such as X-User-OpenID`
		tokenless  = ` means something else to HTTP, and no token arrives in it; choose another, such as Authorization`
		noPort     = `has a port that there cannot be; write one from 1 to 65535, or leave it out`
		empty      = `is there but empty, as a variable that is not set makes it; `
		taken      = ` reads the same as the name in headers.openID to CGI, WSGI and PHP; choose another`
	)
	for _, row := range []struct{ path, value, problem string }{
		{"mode", "enforced", `"enforced" is none of enforce, optional, report; did you mean enforce?`},
		{"mode", "", `"" is none of enforce, optional, report`},
		{"mode", "off", `"off" is none of enforce, optional, report`},
		{"realm", "", `"" cannot stand in WWW-Authenticate; write 1 to 128 ASCII characters`},
		{"realm", "a\r\nb", `"a\r\nb" cannot stand in WWW-Authenticate; write 1 to 128 ASCII characters`},
		{"realm", "café", `"café" cannot stand in WWW-Authenticate; write 1 to 128 ASCII characters`},
		{"realm", strings.Repeat("r", 129), `"` + strings.Repeat("r", 129) + `" cannot stand in WWW-Authenticate; write 1 to 128 ASCII characters`},

		{"allowPreflight", "yes", `"yes" is neither true nor false`},
		{"token.remove", "", `"" is neither true nor false`},
		{"phone.require", "no", `"no" is neither true nor false`},
		{"huawei.allowHTTP", "on", `"on" is neither true nor false`},
		{"accessLogUser", "phone", `"phone" is none of none, openID, unionID`},
		{"metricsPath", "metrics", `"metrics" is no path; write one such as /huawei/events`},
		{"metricsPath", "/metrics?x", `"/metrics?x" is no path; write one such as /huawei/events`},
		{"metricsPath", "/a b", `"/a b" is no path; write one such as /huawei/events`},
		{"debugHeader", "2", `"2" is neither true nor false`},

		{"token.header", "X Token", `"X Token" is no header name; write letters, digits and hyphens, such as Authorization`},
		{"token.header", "X-Token:", `"X-Token:" is no header name; write letters, digits and hyphens, such as Authorization`},
		{"token.header", "x_user.openid", `"x_user.openid" is an identity header, which is taken off every request before the token is read; choose another`},
		{"token.header", "host", `"host"` + tokenless},
		{"token.header", "Cookie", `"Cookie"` + tokenless},
		{"token.header", "HTTP2-Settings", `"HTTP2-Settings"` + tokenless},
		{"token.header", "Transfer_Encoding", `"Transfer_Encoding"` + tokenless},
		{"token.scheme", "Bearer token", `"Bearer token" is no auth scheme; write one word, such as Bearer, or "" where the whole value is the token`},
		{"token.cookie", "a;b", `"a;b" is no cookie name; write letters, digits, hyphens and underscores`},
		{"token.query", "a&b", `"a&b" is no name of a query parameter; write letters, digits and -._~, such as access_token`},
		{"token.query", "token[]", `"token[]" is no name of a query parameter; write letters, digits and -._~, such as access_token`},
		{"token.cookie", "a=b", `"a=b" is no cookie name; write letters, digits, hyphens and underscores`},

		{"headers.openID", "X User", `"X User"` + noHeader},
		{"headers.openID", "X-Usér", `"X-Usér"` + noHeader},
		{"headers.unionID", "X-User:", `"X-User:"` + noHeader},
		{"headers.unionID", "X-User\r\nX-Other", `"X-User\r\nX-Other"` + noHeader},
		{"headers.phone", strings.Repeat("x", 129), `"` + strings.Repeat("x", 129) + `"` + noHeader},
		{"headers.unionID", "X-User-OpenID", `"X-User-OpenID"` + taken},
		{"headers.phone", "x_user_openid", `"x_user_openid"` + taken},
		{"headers.phoneCountryCode", "X.User.OpenID", `"X.User.OpenID"` + taken},
		{"headers.phoneNational", "X~User^OpenID", `"X~User^OpenID"` + taken},
		{"headers.status", "X-USER-OPENID", `"X-USER-OPENID"` + taken},

		{"phone.format", "E.164", `"E.164" is none of raw, e164, masked; did you mean e164?`},
		{"phone.format", "mask", `"mask" is none of raw, e164, masked; did you mean masked?`},

		{"audience.clientIDs", "101234567|app", `"app"` + noClientID},
		{"audience.clientIDs", "", empty + `list your apps' client IDs, or leave the option out to accept any app's token`},
		{"audience.clientIDs", " | ", empty + `list your apps' client IDs, or leave the option out to accept any app's token`},
		{"audience.clientIDs", "1|", `""` + noClientID},
		{"audience.clientIDs", "1\n2", `"1\n2"` + noClientID},
		{"audience.clientIDs", "-1", `"-1"` + noClientID},
		{"audience.clientIDs", "1 2", `"1 2"` + noClientID},
		{"audience.clientIDs", strings.Repeat("9", 65), `"` + strings.Repeat("9", 65) + `"` + noClientID},

		{"huawei.getInfoURL", "", noURL},
		{"huawei.getInfoURL", "account.cloud.huawei.com", noURL},
		{"huawei.getInfoURL", "/rest.php", noURL},
		{"huawei.getInfoURL", "https:rest.php", noURL},
		{"huawei.getInfoURL", "https:///rest.php", noURL},
		{"huawei.getInfoURL", "https://account cloud/", noURL},
		{"huawei.getInfoURL", "https://account.example/ä", noURL},
		{"huawei.getInfoURL", "https://a/\nb", noURL},
		{"huawei.getInfoURL", "https://:443/rest.php", noURL},
		{"huawei.getInfoURL", "https://:/", noURL},
		{"huawei.getInfoURL", "https://account.example:0/", noPort},
		{"huawei.getInfoURL", "https://account.example:99999/", noPort},
		{"huawei.getInfoURL", "https://account.example:/", noPort},
		{"huawei.getInfoURL", "https://[::1]:99999/", noPort},
		{"huawei.tokenInfoURL", "%zz", noURL},
		{"huawei.tokenInfoURL", "ftp://account.example/", `has the scheme "ftp"; write https://`},
		{"huawei.tokenInfoURL", "https://me:secret@account.example/", `has a user name in it; Huawei asks for none, so leave it out`},
		{"huawei.tokenInfoURL", "https://account.example/#top", `has a fragment (#…), which is never sent; leave it out`},
		{"huawei.getInfoURL", "http://account.example/", `is http://, which would send tokens in the clear; write https://, or for a simulator set huawei.allowHTTP: true`},

		{"huawei.timeout", "9ms", `"9ms" is out of range; write something from 10ms to 1m0s`},
		{"huawei.timeout", "0", `"0" is out of range; write something from 10ms to 1m0s`},
		{"huawei.timeout", "61", `"61" is out of range; write something from 10ms to 1m0s`},
		{"huawei.timeout", "", `""` + noDuration},
		{"huawei.timeout", "3 s", `"3 s"` + noDuration},
		{"huawei.timeout", "4.9", `"4.9"` + noDuration},
		{"huawei.timeout", "1d", `"1d"` + noDuration},
		{"huawei.retries", "-1", `"-1" is no whole number from 0 to 3`},
		{"huawei.retries", "4", `"4" is no whole number from 0 to 3`},
		{"huawei.retries", "1.5", `"1.5" is no whole number from 0 to 3`},
		{"huawei.retries", "one", `"one" is no whole number from 0 to 3`},
		{"huawei.retries", "", `"" is no whole number from 0 to 3`},
		{"huawei.maxConcurrent", "0", `"0" is no whole number from 1 to 10000`},
		{"huawei.maxConcurrent", "10001", `"10001" is no whole number from 1 to 10000`},
		{"huawei.maxConcurrent", "99999999999999999999", `"99999999999999999999" is no whole number from 1 to 10000`},

		{"cache.ttl", "-1s", `"-1s" is out of range; write something from 0s to 1h0m0s`},
		{"cache.ttl", "-1", `"-1" is out of range; write something from 0s to 1h0m0s`},
		{"cache.ttl", "1h1ns", `"1h1ns" is out of range; write something from 0s to 1h0m0s`},
		{"cache.ttl", "3601", `"3601" is out of range; write something from 0s to 1h0m0s`},
		{"cache.negativeTTL", "5m1s", `"5m1s" is out of range; write something from 0s to 5m0s`},
		{"cache.negativeTTL", "-1ns", `"-1ns" is out of range; write something from 0s to 5m0s`},
		{"cache.staleIfError", "1h1s", `"1h1s" is out of range; write something from 0s to 1h0m0s`},
		{"cache.staleIfError", "-1m", `"-1m" is out of range; write something from 0s to 1h0m0s`},
		{"cache.maxEntries", "0", `"0" is no whole number from 1 to 10000000`},
		{"cache.maxEntries", "10000001", `"10000001" is no whole number from 1 to 10000000`},
		{"cache.maxEntries", "1e4", `"1e4" is no whole number from 1 to 10000000`},

		// Seconds that wrap around to less than one, to within range, and to below zero.
		{"cache.ttl", "18446744074", `"18446744074" is out of range; write something from 0s to 1h0m0s`},
		{"cache.ttl", "18446744100", `"18446744100" is out of range; write something from 0s to 1h0m0s`},
		{"cache.ttl", "9223372037", `"9223372037" is out of range; write something from 0s to 1h0m0s`},
		{"cache.ttl", "9223372036854775808", `"9223372036854775808"` + noDuration},
		{"cache.ttl", "2562048h", `"2562048h"` + noDuration},

		{"huawei.proxyURL", "none", noProxy},
		{"huawei.proxyURL", "proxy.example:3128", noProxy},
		{"huawei.proxyURL", "socks5://proxy.example", noProxy},
		{"huawei.proxyURL", "http://", noProxy},
		{"huawei.proxyURL", "http://:3128", noProxy},
		{"huawei.proxyURL", "http://proxy.example:99999", noPort},

		{"logLevel", "warning", `"warning" is none of error, warn, info, debug; did you mean warn?`},
		{"logLevel", "DEBUGG", `"DEBUGG" is none of error, warn, info, debug; did you mean debug?`},
	} {
		t.Run(row.path+"="+row.value, func(t *testing.T) {
			t.Parallel()
			settings, err := with(t, row.path, row.value).check()
			assert.EqualError(t, err, "invalid configuration: "+row.path+": "+row.problem)
			assert.Nil(t, settings)
		})
	}

	for _, name := range []string{
		"Authorization", "Host", "Cookie", "Connection", "Content-Type", "content_length", "X-Forwarded-For",
		"X.Forwarded.Proto", "Transfer-Encoding", "Te", "Trailer", "Upgrade", "Proxy-Authorization", "Sec-WebSocket-Key",
		"Forwarded", "X-Real-IP", "Origin", "If-Match", "Accept", "Accept-Encoding", "User-Agent", "X-HTTP-Method-Override",
		"X-Original-URL", "X_Rewrite_URL", "X-Forwarded-Groups", "X-Forwarded-User-Id", "X-Forwarded-Access-Token", "X-Original-Host",
	} {
		t.Run("headers.phone="+name, func(t *testing.T) {
			t.Parallel()
			_, err := with(t, "headers.phone", name).check()
			assert.EqualError(t, err, `invalid configuration: headers.phone: "`+name+`"`+reserved)
		})
	}
}

func TestCheck_listsAllProblemsInOneError(t *testing.T) {
	t.Parallel()
	config := with(t, "mode", "enforse")
	config.Cache.TTL = "2h"
	config.Cache.Unknown = map[string]interface{}{"tll": "60s"}
	config.Unknown = map[string]interface{}{"zeta": nil, "alpha-beta": "1"}
	config.Headers.OpenID = "X Y"
	config.Huawei.Retries = "9"

	_, err := config.check()

	require.ErrorIs(t, err, errConfig)
	var paths []string
	for _, problem := range strings.Split(strings.TrimPrefix(err.Error(), "invalid configuration: "), "; ") {
		if path, _, isProblem := strings.Cut(problem, ": "); isProblem && !strings.Contains(path, " ") {
			paths = append(paths, path)
		}
	}
	assert.Equal(t, []string{"alpha-beta", "zeta", "cache.tll", "mode", "headers.openID", "huawei.retries", "cache.ttl"}, paths)
}

func TestCheck_makesTypedSettings(t *testing.T) {
	t.Parallel()
	config := CreateConfig()
	config.Mode, config.LogLevel, config.AllowPreflight, config.DebugHeader = "report", "warn", "true", "1"
	config.Token = TokenConfig{Header: " x-token ", Scheme: "", Cookie: "c", Query: "q", Remove: "true"}
	config.Headers = HeadersConfig{OpenID: "x-id", Status: "x-STATUS"}
	config.Phone = PhoneConfig{Format: "e164", Require: "true"}
	config.Audience.ClientIDs = []string{" 22 ", "1", "22"}
	config.Huawei.Timeout, config.Huawei.Retries, config.Huawei.MaxConcurrent = "1m", "0", "7"
	config.Huawei.ProxyURL = "http://proxy.example:3128"
	config.Cache = CacheConfig{TTL: "90", NegativeTTL: "1.5s", StaleIfError: "1h", MaxEntries: "5"}

	s, err := config.check()

	require.NoError(t, err)
	assert.Equal(t, "report", s.mode)
	assert.Equal(t, slog.LevelWarn, s.logLevel)
	assert.True(t, s.allowPreflight)
	assert.True(t, s.debugHeader)
	assert.Equal(t, tokenSettings{header: "X-Token", cookie: "c", query: "q", remove: true}, s.token)
	assert.Equal(t, headerSettings{openID: "X-Id", status: "X-Status"}, s.headers)
	assert.Equal(t, phoneSettings{format: "e164", require: true}, s.phone)
	u := s.upstream
	assert.Equal(t, []string{"1", "22"}, u.audience.clientIDs, "in an order that does not tell one shared state from another")
	assert.Equal(t, []time.Duration{time.Minute, 90 * time.Second, 1500 * time.Millisecond, time.Hour},
		[]time.Duration{u.huawei.timeout, u.cache.ttl, u.cache.negativeTTL, u.cache.staleIfError})
	assert.Equal(t, []int{0, 7, 5}, []int{u.huawei.retries, u.huawei.maxConcurrent, u.cache.maxEntries})
	assert.Equal(t, "http://proxy.example:3128", u.huawei.proxyURL.hidden)
}

// One row is one option as a template, a mounted secret or a careless hand writes it.
func TestCheck_takesSpaceOffAnyValue(t *testing.T) {
	t.Parallel()
	for path, value := range otherValues(t) {
		for _, spaced := range []string{value + "\n", "\r\n\t " + value + " \u00a0"} {
			want, err := with(t, path, value).check()
			require.NoError(t, err, path)
			got, err := with(t, path, spaced).check()
			require.NoError(t, err, "%s=%q", path, spaced)
			assert.Equal(t, want, got, path)
		}
	}
	for _, path := range []string{"audience.clientIDs", "huawei.rootCAs"} {
		value := otherValues(t)[path]
		want, err := with(t, path, value+"|"+value).check()
		require.NoError(t, err)
		got, err := with(t, path, " "+value+"\n|\t"+value+" ").check()
		require.NoError(t, err)
		assert.Equal(t, want, got, path)
	}
}

// An identity without a number is enough where no option asks for one.
func TestCheck_wantsAPhoneWhereAnyOptionAsksForOne(t *testing.T) {
	t.Parallel()
	without := func() *Config {
		config := with(t, "headers.phone", "")
		config.Audience.ClientIDs = []string{"1"}
		return config
	}
	for path, change := range map[string]func(*Config){
		"headers.phone":            func(c *Config) { c.Headers.Phone = "X-Phone" },
		"headers.phoneCountryCode": func(c *Config) { c.Headers.PhoneCountryCode = "X-Phone" },
		"headers.phoneNational":    func(c *Config) { c.Headers.PhoneNational = "X-Phone" },
		"phone.require":            func(c *Config) { c.Phone.Require = "true" },
	} {
		config := without()
		nobody, err := config.check()
		require.NoError(t, err)
		require.False(t, nobody.upstream.wantsPhone)
		change(config)
		somebody, err := config.check()
		require.NoError(t, err)
		assert.True(t, somebody.upstream.wantsPhone, path)
		assert.NotEqual(t, nobody.upstream.key(), somebody.upstream.key(), path)

		config.Audience.ClientIDs = nil
		anyApps, err := config.check()
		require.NoError(t, err)
		config = with(t, "headers.phone", "")
		alike, err := config.check()
		require.NoError(t, err)
		assert.Equal(t, anyApps.upstream.key(), alike.upstream.key(), "without client IDs, answers have a number in any case")
	}
}

func TestCheck_allowsHTTPOnlyWhereAskedFor(t *testing.T) {
	t.Parallel()
	config := with(t, "huawei.getInfoURL", "http://localhost:1/a")
	config.Huawei.TokenInfoURL = "http://localhost:1/b"
	_, err := config.check()
	require.Error(t, err)
	assert.Equal(t, 2, strings.Count(err.Error(), "is http://"))

	config.Huawei.AllowHTTP = "true"
	s, err := config.check()
	require.NoError(t, err)
	assert.Equal(t, []string{"http://localhost:1/a", "http://localhost:1/b"}, []string{s.upstream.huawei.getInfoURL, s.upstream.huawei.tokenInfoURL})
}

// Addresses with a password in them come from templates and secrets; the error goes into Traefik's log and dashboard.
func TestCheck_neverRepeatsAnAddress(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"huawei.proxyURL", "huawei.getInfoURL", "huawei.tokenInfoURL"} {
		for _, value := range []string{
			"ftp://user:hunter2@host.example", "http://user:hunter2@host.example:port", "user:hunter2@host.example",
			"https://user:hunter2@host.example/#", "http://user:hunter2@", "://hunter2", "https://user:hunter2@h/%zz",
		} {
			config := with(t, path, value)
			if path == "huawei.proxyURL" && strings.HasPrefix(value, "https://") {
				continue // a good proxy
			}
			_, err := config.check()
			if assert.Error(t, err, "%s=%s", path, value) {
				assert.NotContains(t, err.Error(), "hunter2", "%s", path)
				assert.NotContains(t, err.Error(), "host.example", "%s", path)
			}
		}
	}
}

func TestCheck_wantsASourceForTheToken(t *testing.T) {
	t.Parallel()
	config := with(t, "token.header", " ")
	_, err := config.check()
	assert.EqualError(t, err, "invalid configuration: token: no source is left: "+
		"token.header, token.cookie and token.query are all empty; name at least one")

	config.Token.Query = "access_token"
	_, err = config.check()
	assert.NoError(t, err)
}

func TestCheck_refusesTheTokenInAnIdentityHeader(t *testing.T) {
	t.Parallel()
	config := with(t, "headers.phone", "X-Mobile")
	for _, header := range []string{
		"X-Mobile",       // configured
		"x_mobile",       // folds to it
		"X-User-Phone",   // configured away, and still protected
		"x.user.unionid", // folds to a default
	} {
		config.Token.Header = header
		_, err := config.check()
		assert.EqualError(t, err, `invalid configuration: token.header: "`+header+
			`" is an identity header, which is taken off every request before the token is read; choose another`)
	}
}

func TestCheck_comparesIdentityHeadersAfterFolding(t *testing.T) {
	t.Parallel()
	config := CreateConfig()
	config.Headers.PhoneNational = "X-Mobile"
	config.Headers.Status = "x_mobile"
	_, err := config.check()
	assert.EqualError(t, err, `invalid configuration: headers.status: "x_mobile" reads the same as the name in `+
		`headers.phoneNational to CGI, WSGI and PHP; choose another`)

	config.Headers = HeadersConfig{}
	s, err := config.check()
	require.NoError(t, err, "names that are not injected do not collide")
	assert.Equal(t, headerSettings{}, s.headers)

	config.Headers.OpenID, config.Headers.Phone = "X-User-Phone", "X-User-OpenID"
	_, err = config.check()
	assert.NoError(t, err, "defaults may change places")
}

func TestCheck_readsRootCAs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	certificate := certificatePEM(t)
	file := filepath.Join(dir, "ca.pem")
	require.NoError(t, os.WriteFile(file, []byte(certificate), 0o600))
	marked := filepath.Join(dir, "marked.pem")
	require.NoError(t, os.WriteFile(marked, []byte("\ufeff"+strings.ReplaceAll(certificate, "\n", "\r\n")), 0o600))
	empty := filepath.Join(dir, "empty.pem")
	require.NoError(t, os.WriteFile(empty, []byte("# nothing\n"), 0o600))
	missing := filepath.Join(dir, "missing.pem")

	const noCertificate = "invalid configuration: huawei.rootCAs: has no certificate in it; " +
		"give PEM text that begins with -----BEGIN CERTIFICATE-----"
	for name, row := range map[string]struct {
		value, problem string
	}{
		"inline":             {value: certificate},
		"a file":             {value: " " + file + " "},
		"both":               {value: file + "|" + certificate},
		"a missing file":     {missing, `invalid configuration: huawei.rootCAs: reading "` + missing + `": no such file or directory; name a PEM file that Traefik can read, or paste its text`},
		"a directory":        {dir, `invalid configuration: huawei.rootCAs: reading "` + dir + `": is a directory; name a PEM file that Traefik can read, or paste its text`},
		"no name":            {"", `invalid configuration: huawei.rootCAs: is there but empty, as a variable that is not set makes it; give PEM text or the names of PEM files, or leave the option out to trust the system's certificates`},
		"a missing name":     {file + "|", `invalid configuration: huawei.rootCAs: reading "": no such file or directory; name a PEM file that Traefik can read, or paste its text`},
		"a byte order mark":  {value: "\ufeff" + certificate},
		"a marked file":      {value: marked},
		"a file without PEM": {empty, noCertificate},
		"another kind":       {"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", noCertificate},
		"broken PEM":         {certificate[:len(certificate)/2], noCertificate},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := with(t, "huawei.rootCAs", row.value).check()
			if row.problem != "" {
				assert.EqualError(t, err, row.problem)
				return
			}
			require.NoError(t, err)
			for _, text := range s.upstream.huawei.rootCAs {
				assert.Equal(t, strings.TrimSpace(certificate), strings.ReplaceAll(text, "\r", ""))
			}
			assert.Len(t, s.upstream.huawei.rootCAs, strings.Count(row.value, "|")+1)
		})
	}
}

func TestCheck_survivesAConfigThatIsAllZero(t *testing.T) {
	t.Parallel()
	_, err := (&Config{}).check()
	require.ErrorIs(t, err, errConfig)
	for _, path := range []string{"mode", "realm", "allowPreflight", "huawei.getInfoURL", "huawei.timeout", "cache.ttl", "logLevel"} {
		assert.Contains(t, err.Error(), path+": ")
	}
}

func certificatePEM(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func TestCheck_refusesOnePathForMetricsAndEvents(t *testing.T) {
	t.Parallel()
	config := CreateConfig()
	config.Audience.ClientIDs = []string{"101234567"}
	config.MetricsPath, config.Events.Path = "/same", "/same"
	_, err := config.check()
	require.ErrorContains(t, err, `metricsPath: "/same" is the path of events, too; choose another`)
}
