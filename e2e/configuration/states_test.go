package configuration

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid"
	"github.com/traefik-huaweiid/huaweiid/e2e/plugin"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
	"reflect"
)

// A state's users are asked about once for all instances that share it. Which options tell states apart is the groups' business,
// so that a new option of them needs nothing but a value here.
func TestStates_areSharedByAllWhoseUpstreamOptionsAreEqual(t *testing.T) {
	t.Parallel()
	changes := map[string]any{
		"huawei.getInfoURL": "{getInfoURL}&other=1", "huawei.tokenInfoURL": "{tokenInfoURL}&other=1",
		"huawei.allowHTTP": nil, // the simulator needs it: see TestSettings_exactlyTheOptionsOfTheUpstreamTellStatesApart
		"redis.address":    nil, // needs a secret: see TestCheckRedis_whatAFileHasTellsStatesApart
		"events.path":      nil, // needs client IDs: see the same
		"huawei.proxyURL":  "", "audience.clientIDs": huaweisim.ClientID,
	}
	for _, row := range everyOption {
		if _, special := changes[row.path]; !special {
			changes[row.path] = row.got
		}
	}
	forEachHost(t, func(t *testing.T, h host) {
		sim := huaweisim.New()
		server := httptest.NewServer(sim)
		defer server.Close()
		defer sim.Close()
		upstream := map[string]any{
			"getInfoURL": server.URL + huaweisim.GetInfoPath, "tokenInfoURL": server.URL + huaweisim.TokenInfoPath,
			"allowHTTP": "true", "proxyURL": "direct",
		}
		asks := func(token string, options map[string]any) {
			t.Helper()
			handler, err := h.build(t.Context(), http.NotFoundHandler(), options, "auth@file")
			require.NoError(t, err, token)
			request := httptest.NewRequest(http.MethodGet, "/", nil)
			scheme := "Bearer "
			if group, ok := options["token"].(map[string]any); ok && group["scheme"] != nil {
				scheme = ""
			}
			request.Header.Set("Authorization", scheme+token)
			request.Header.Set("X-Token", scheme+token)
			handler.ServeHTTP(httptest.NewRecorder(), request)
		}
		number := 0
		plugin.EachOption(huaweiid.CreateConfig(), func(path string, _ reflect.Value) {
			value, there := changes[path]
			require.True(t, there, "%s has no other value in everyOption", path)
			if value == nil {
				return
			}
			if text, ok := value.(string); ok {
				value = strings.NewReplacer("{getInfoURL}", upstream["getInfoURL"].(string), "{tokenInfoURL}", upstream["tokenInfoURL"].(string)).Replace(text)
			}
			number++
			token := fmt.Sprintf("mainland/states%d", number)
			asks(token, map[string]any{"huawei": upstream})

			other := map[string]any{"huawei": maps.Clone(upstream)}
			group, name, nested := strings.Cut(path, ".")
			if nested {
				options, ok := other[group].(map[string]any)
				if !ok {
					options = map[string]any{}
				}
				options[name] = value
				other[group] = options
			} else {
				other[path] = value
			}
			asks(token, other)
			want := 1
			if group == "audience" || group == "huawei" || group == "cache" || group == "redis" {
				want = 2
			}
			assert.Equal(t, want, sim.TokenCalls(huaweisim.GetInfo, token), path)
		})
	})
}
