package configuration

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// One row is one mistake and the whole error that New makes of it, in every format, compiled and interpreted. What each
// option may be is the root package's check_test.go; here it is that mistakes arrive there.
func TestMistakes_areNamedWithTheirRemedyInEveryFormat(t *testing.T) {
	t.Parallel()
	const (
		noDuration = ` is no duration; write a number with a unit, such as "1m30s" or "500ms", or a bare number of seconds`
		noURL      = `no absolute URL; write one such as https://account.cloud.huawei.com/rest.php?nsp_svc=…`
		noHeader   = ` is no header name; write letters, digits and hyphens, such as X-User-OpenID`
		taken      = ` reads the same as the name in headers.openID to CGI, WSGI and PHP; choose another`
	)
	rows := []struct{ path, written, problem string }{
		{"mode", `"enforced"`, `"enforced" is none of enforce, optional, report; did you mean enforce?`},
		{"mode", `"reprot"`, `"reprot" is none of enforce, optional, report; did you mean report?`},
		{"realm", `""`, `"" cannot stand in WWW-Authenticate; write 1 to 128 ASCII characters`},
		{"allowPreflight", `"on"`, `"on" is neither true nor false`},
		{"token.header", `"X Token"`, `"X Token" is no header name; write letters, digits and hyphens, such as Authorization`},
		{"token.header", `"X_User_Phone"`, `"X_User_Phone" is an identity header, which is taken off every request before the token is read; choose another`},
		{"token.scheme", `"a b"`, `"a b" is no auth scheme; write one word, such as Bearer, or "" where the whole value is the token`},
		{"token.cookie", `"a b"`, `"a b" is no cookie name; write letters, digits, hyphens and underscores`},
		{"token.remove", `"y"`, `"y" is neither true nor false`},
		{"headers.openID", `"X:Y"`, `"X:Y"` + noHeader},
		{"headers.unionID", `"Host"`, `"Host" already means something to HTTP, proxies or browsers; choose a name of your own, such as X-User-OpenID`},
		{"headers.phone", `"x.user.openid"`, `"x.user.openid"` + taken},
		{"headers.phoneCountryCode", `"X-User-OpenID"`, `"X-User-OpenID"` + taken},
		{"headers.phoneNational", `"X_USER_OPENID"`, `"X_USER_OPENID"` + taken},
		{"headers.status", `"X Y"`, `"X Y"` + noHeader},
		{"phone.format", `"e.164"`, `"e.164" is none of raw, e164, masked; did you mean e164?`},
		{"phone.require", `2`, `"2" is neither true nor false`},
		{"audience.clientIDs", `["app"]`, `"app" is no client ID; copy the digits that AppGallery Connect shows as the app's OAuth 2.0 client ID`},
		{"huawei.getInfoURL", `"account.cloud.huawei.com"`, noURL},
		{"huawei.tokenInfoURL", `"http://localhost"`, `is http://, which would send tokens in the clear; write https://, or for a simulator set huawei.allowHTTP: true`},
		{"huawei.allowHTTP", `""`, `"" is neither true nor false`},
		{"huawei.timeout", `90`, `"90" is out of range; write something from 10ms to 1m0s`},
		{"huawei.retries", `4`, `"4" is no whole number from 0 to 3`},
		{"huawei.maxConcurrent", `0`, `"0" is no whole number from 1 to 10000`},
		{"huawei.rootCAs", `["testdata/none.pem"]`, `reading "testdata/none.pem": no such file or directory; name a PEM file that Traefik can read, or paste its text`},
		{"huawei.rootCAs", `["testdata/every-option.yml"]`, `has no certificate in it; give PEM text that begins with -----BEGIN CERTIFICATE-----`},
		{"huawei.proxyURL", `"proxy.example:3128"`, `is neither "direct" nor a URL such as http://proxy.example:3128`},
		{"cache.ttl", `"1 m"`, `"1 m"` + noDuration},
		{"cache.ttl", `"2h"`, `"2h" is out of range; write something from 0s to 1h0m0s`},
		{"cache.ttl", `-1`, `"-1" is out of range; write something from 0s to 1h0m0s`},
		{"cache.ttl", `18446744074`, `"18446744074" is out of range; write something from 0s to 1h0m0s`},
		{"cache.negativeTTL", `301`, `"301" is out of range; write something from 0s to 5m0s`},
		{"cache.staleIfError", `""`, `""` + noDuration},
		{"cache.maxEntries", `"many"`, `"many" is no whole number from 1 to 10000000`},
		{"redis.address", `["redis.example"]`, `"redis.example" is no host with a port; write one such as redis.example:6379, or [::1]:6379`},
		{"redis.passwordFile", `"testdata/none"`, `reading "testdata/none": no such file or directory; name a file that Traefik can read`},
		{"redis.database", `-1`, `"-1" is no whole number from 0 to 16383`},
		{"redis.tls", `"on"`, `"on" is neither true nor false`},
		{"redis.timeout", `"0s"`, `"0s" is out of range; write something from 1ms to 5s`},
		{"redis.keyPrefix", `"a b"`, `"a b" cannot stand before a key; write up to 64 ASCII characters without space and without {}, such as huaweiid:`},
		{"redis.secret", `"too short"`, `is shorter than 32 bytes, so that it could be guessed; take 32 random bytes or more, such as openssl rand -base64 32 prints, the same for all replicas`},
		{"events.path", `"events"`, `"events" is no path; write one such as /huawei/events`},
		{"events.path", `"/huawei/events?a=b"`, `"/huawei/events?a=b" is no path; write one such as /huawei/events`},
		{"events.path", `"/huawei/events"`, `needs audience.clientIDs: an event is for one of your apps; list their client IDs`},
		{"events.configURL", `"http://risc.example"`, `is http://, which would send tokens in the clear; write https://, or for a simulator set huawei.allowHTTP: true`},
		{"debugHeader", `"yes"`, `"yes" is neither true nor false`},
		{"logLevel", `"warning"`, `"warning" is none of error, warn, info, debug; did you mean warn?`},
		{"logLevel", `"verbose"`, `"verbose" is none of error, warn, info, debug`},

		{"cache.tll", `"60s"`, `unknown option, did you mean cache.ttl?`},
		{"cache.negativeTLL", `"60s"`, `unknown option, did you mean cache.negativeTTL?`},
		{"ttl", `"60s"`, `unknown option, did you mean cache.ttl?`},
		{"huawei.ttl", `60`, `unknown option, did you mean cache.ttl?`},
		{"moed", `"report"`, `unknown option, did you mean mode?`},
		{"token.headers", `"X-Token"`, `unknown option, did you mean token.header?`},
		{"audience.clientID", `"1"`, `unknown option, did you mean audience.clientIDs?`},
		{"phone.required", `true`, `unknown option, did you mean phone.require?`},
	}
	forEachHost(t, func(t *testing.T, h host) {
		for name, f := range formats {
			for _, row := range rows {
				options := f.options(t, f.one(row.path, row.written))
				want := "invalid configuration: " + row.path + ": " + row.problem
				assert.Equal(t, want, h.refuses(t, options), "%s=%s in %s", row.path, row.written, name)
			}
		}
	})
}

// A file may have an option twice, in letters of different case: neither is taken for the other's typo. It may also have one by
// the path that errors name it by.
func TestMistakes_includeAnOptionGivenTwiceOrByItsPath(t *testing.T) {
	t.Parallel()
	forEachHost(t, func(t *testing.T, h host) {
		for document, want := range map[string]string{
			`{"cache.ttl": 30s}`:                                "cache.ttl: unknown option; a dot does not lead into a group, so write ttl under cache",
			`{"cache.tll": 30s}`:                                "cache.tll: unknown option; a dot does not lead into a group, so write ttl under cache",
			`{cache: {ttl: 1s, TTL: 2s}}`:                       "cache.ttl: given twice, as cache.ttl too; keep one of the two",
			`{mode: report, Mode: enforce}`:                     "mode: given twice, as mode too; keep one of the two",
			`{cache: {ttl: 1s}, Cache: {negativeTTL: 1s}}`:      "cache: given twice, as cache too; keep one of the two",
			`{cache: {ttl: 1s}, "cache ": {negativeTTL: "1s"}}`: "cache : unknown option, did you mean cache?",
		} {
			got := h.refuses(t, fromFile(t, "http: {middlewares: {auth: {plugin: {huaweiid: "+document+"}}}}", ".yml"))
			assert.Equal(t, "invalid configuration: "+want, got)
		}
	})
}

// Traefik hands fractions on with as many digits as it likes, and never as a whole number.
func TestMistakes_includeFractionsWhereWholeNumbersAreWanted(t *testing.T) {
	t.Parallel()
	written := map[string]string{"YAML": "4.900000", "TOML": "4.900000", "labels": "4.9", "Kubernetes": "4.9"}
	forEachHost(t, func(t *testing.T, h host) {
		for name, f := range formats {
			for path, problem := range map[string]string{
				"huawei.maxConcurrent": " is no whole number from 1 to 10000",
				"cache.ttl":            ` is no duration; write a number with a unit, such as "1m30s" or "500ms", or a bare number of seconds`,
			} {
				want := `invalid configuration: ` + path + `: "` + written[name] + `"` + problem
				assert.Equal(t, want, h.refuses(t, f.options(t, f.one(path, `4.9`))), name)
			}
		}
	})
}

func TestMistakes_areAllInOneError(t *testing.T) {
	t.Parallel()
	const document = `
http:
  middlewares:
    auth:
      plugin:
        huaweiid:
          mode: enforse
          cash: {ttl: 1m}
          headers:
            openID: X Y
            phoen: X-Phone
          huawei:
            proxyURL: ftp://user:hunter2@proxy.example
            retries: 9
          cache:
            tll: 60s
            ttl: 1d
            more: {and: {more: true}}
          debugHeader: maybe
`
	const want = `invalid configuration: ` +
		`cash: unknown option; the options are OPTIONS; ` +
		`headers.phoen: unknown option, did you mean headers.phone?; ` +
		`cache.more: unknown option; the options are OPTIONS; ` +
		`cache.tll: unknown option, did you mean cache.ttl?; ` +
		`mode: "enforse" is none of enforce, optional, report; did you mean enforce?; ` +
		`headers.openID: "X Y" is no header name; write letters, digits and hyphens, such as X-User-OpenID; ` +
		`huawei.retries: "9" is no whole number from 0 to 3; ` +
		`huawei.proxyURL: is neither "direct" nor a URL such as http://proxy.example:3128; ` +
		`cache.ttl: "1d" is no duration; write a number with a unit, such as "1m30s" or "500ms", or a bare number of seconds; ` +
		`debugHeader: "maybe" is neither true nor false`
	forEachHost(t, func(t *testing.T, h host) {
		got := h.refuses(t, fromFile(t, document, ".yml"))
		assert.Equal(t, strings.ReplaceAll(want, "OPTIONS", strings.Join(optionsAndGroups(), ", ")), got)
	})
}

// A value of a wrong shape is what Traefik's own decoder refuses, before the plugin sees anything. It names the option.
func TestMistakes_ofShapeAreRefusedByTraefikWithTheOptionsName(t *testing.T) {
	t.Parallel()
	forEachHost(t, func(t *testing.T, h host) {
		for path, row := range map[string]struct{ written, name string }{
			"mode":      {`["enforce", "report"]`, "'Mode' expected type 'string'"},
			"cache.ttl": {`["60s", "30s"]`, "'Cache.TTL' expected type 'string'"},
			"cache":     {`"60s"`, "'Cache' expected a map"},
			"audience":  {`["101234567"]`, "'Audience'"},
		} {
			got := h.refuses(t, formats["YAML"].options(t, formats["YAML"].one(path, row.written)))
			assert.Contains(t, got, row.name)
		}
	})
}
