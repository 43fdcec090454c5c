package plugin_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/plugin"
	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

const document = `
http:
  middlewares:
    auth:
      plugin:
        huaweiid:
          realm: my app
          headers: {phone: ""}
          cache: {ttl: 30}
          audience: {clientIDs: [101234567, "109999999"]}
    other:
      addPrefix: {prefix: /x}
`

func options(t *testing.T) map[string]any {
	t.Helper()
	configuration, err := plugin.Configuration(document, ".yml")
	require.NoError(t, err)
	options, err := plugin.Options(configuration, "auth")
	require.NoError(t, err)
	return options
}

func TestConfig_hasTheUsersOptionsOverTheDefaults(t *testing.T) {
	config, err := plugin.Config(options(t))
	require.NoError(t, err)
	assert.Equal(t, "my app", config.Realm)
	assert.Empty(t, config.Headers.Phone)
	assert.Equal(t, "X-User-OpenID", config.Headers.OpenID)
	assert.Equal(t, []string{"101234567", "109999999"}, config.Audience.ClientIDs)
}

func TestOptions_refusesAMiddlewareOfAnotherKind(t *testing.T) {
	configuration, err := plugin.Configuration(document, ".yml")
	require.NoError(t, err)
	_, err = plugin.Options(configuration, "other")
	require.ErrorContains(t, err, "other")
	_, err = plugin.Options(configuration, "none")
	require.ErrorContains(t, err, "none")
}

func TestMake_isTheSamePluginCompiledAndInterpreted(t *testing.T) {
	dir := t.TempDir()
	module, err := proxy.Stage(dir)
	require.NoError(t, err)
	var logged strings.Builder
	interpreted, err := plugin.Interpreted(dir, module, &logged)
	require.NoError(t, err)

	for name, makes := range map[string]plugin.Make{"compiled": plugin.Compiled, "interpreted": interpreted} {
		t.Run(name, func(t *testing.T) {
			handler, err := makes(context.Background(), http.NotFoundHandler(), options(t), "auth@file")
			require.NoError(t, err)
			recorder := httptest.NewRecorder()
			handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/", nil))
			assert.Equal(t, http.StatusUnauthorized, recorder.Code)
			assert.Equal(t, `Bearer realm="my app"`, recorder.Header().Get("WWW-Authenticate"))
		})
	}
	assert.Contains(t, logged.String(), "auth@file")
}
