package plugin_test

import (
	"context"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/plugin"
	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

// wrong has a configuration for every kind of problem that the plugin finds in its options.
var wrong = map[string]string{
	"a typo":                         "{cache: {tll: 60s}}",
	"an unknown group":               "{oauth: {clientID: x}}",
	"a group that is a value":        "{cache: 60s}",
	"a value that is a group":        "{realm: {name: x}}",
	"a value that is a list":         "{mode: [enforce, report]}",
	"a list that is a group":         "{audience: {clientIDs: {a: 1}}}",
	"no such mode":                   "{mode: enforced}",
	"no such format":                 "{phone: {format: E.164}}",
	"no switch":                      "{debugHeader: maybe}",
	"no duration":                    "{cache: {ttl: a minute}}",
	"a duration that is too long":    "{cache: {ttl: 2h}}",
	"a negative duration":            "{cache: {negativeTTL: -1s}}",
	"a fraction for a number":        "{huawei: {retries: 1.5}}",
	"too many retries":               "{huawei: {retries: 4}}",
	"a URL without encryption":       "{huawei: {getInfoURL: \"http://account.example/rest.php\"}}",
	"no URL":                         "{huawei: {getInfoURL: account.example}}",
	"a certificate that is no file":  "{huawei: {rootCAs: [/nowhere/ca.pem]}}",
	"a proxy that is none":           "{huawei: {proxyURL: \"ftp://proxy.example\"}}",
	"no header name":                 "{headers: {openID: \"X User\"}}",
	"a header of HTTP's own":         "{headers: {openID: Authorization}}",
	"two headers that fold to one":   "{headers: {openID: X-User_Phone}}",
	"a token in an identity header":  "{token: {header: x_user_phone}}",
	"no token source":                "{token: {header: \"\"}}",
	"a client ID that is none":       "{audience: {clientIDs: [my-app]}}",
	"an option in two spellings":     "{cache: {ttl: 1s, TTL: 2s}}",
	"many problems at once":          "{mode: x, realm: \"\", cache: {ttl: x, maxEntries: 0}, huawei: {timeout: 0s}, header: {}, phone: {requires: true}}",
	"an option that is text in vain": "{logLevel: warning}",
}

func TestNew_findsTheSameProblemsCompiledAndInterpreted(t *testing.T) {
	dir := t.TempDir()
	module, err := proxy.Stage(dir)
	require.NoError(t, err)
	interpreted, err := plugin.Interpreted(dir, module, io.Discard)
	require.NoError(t, err)

	problem := func(t *testing.T, makes plugin.Make, written string) string {
		t.Helper()
		configuration, err := plugin.Configuration("http: {middlewares: {auth: {plugin: {huaweiid: "+written+"}}}}", ".yml")
		require.NoError(t, err)
		options, err := plugin.Options(configuration, "auth")
		require.NoError(t, err)
		_, err = makes(context.Background(), http.NotFoundHandler(), options, "auth@file")
		require.Error(t, err)
		return err.Error()
	}
	for name, written := range wrong {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, problem(t, plugin.Compiled, written), problem(t, interpreted, written))
		})
	}
}
