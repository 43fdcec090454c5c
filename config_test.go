package huaweiid

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// defaults are the options, each with the value it has where the user says nothing. Lists have none.
var defaults = map[string]string{
	"mode":                     "enforce",
	"realm":                    "huaweiid",
	"allowPreflight":           "false",
	"token.header":             "Authorization",
	"token.scheme":             "Bearer",
	"token.cookie":             "",
	"token.query":              "",
	"token.remove":             "false",
	"headers.openID":           "X-User-OpenID",
	"headers.unionID":          "X-User-UnionID",
	"headers.phone":            "X-User-Phone",
	"headers.phoneCountryCode": "",
	"headers.phoneNational":    "",
	"headers.status":           "",
	"phone.format":             "raw",
	"phone.require":            "false",
	"audience.clientIDs":       "",
	"huawei.getInfoURL":        "https://account.cloud.huawei.com/rest.php?nsp_svc=GOpen.User.getInfo",
	"huawei.tokenInfoURL":      "https://oauth-api.cloud.huawei.com/rest.php?nsp_fmt=JSON&nsp_svc=huawei.oauth2.user.getTokenInfo",
	"huawei.allowHTTP":         "false",
	"huawei.timeout":           "3s",
	"huawei.retries":           "1",
	"huawei.maxConcurrent":     "64",
	"huawei.rootCAs":           "",
	"huawei.proxyURL":          "",
	"cache.ttl":                "60s",
	"cache.negativeTTL":        "10s",
	"cache.staleIfError":       "5m",
	"cache.maxEntries":         "10000",
	"redis.address":            "",
	"redis.username":           "",
	"redis.password":           "",
	"redis.passwordFile":       "",
	"redis.database":           "0",
	"redis.tls":                "false",
	"redis.rootCAs":            "",
	"redis.timeout":            "100ms",
	"redis.keyPrefix":          "huaweiid:",
	"redis.secret":             "",
	"redis.secretFile":         "",
	"events.path":              "",
	"events.configURL":         "https://risc.cloud.huawei.com/v1beta/public/risc/.well-known/risc-configuration",
	"accessLogUser":            "none",
	"metricsPath":              "",
	"debugHeader":              "false",
	"logLevel":                 "info",
}

func TestCreateConfig_hasEveryOptionAtItsDefault(t *testing.T) {
	t.Parallel()
	got := map[string]string{}
	walk(reflect.ValueOf(CreateConfig()).Elem(), "", func(path string, _ reflect.StructField, value reflect.Value) {
		if value.Kind() == reflect.Slice {
			assert.True(t, value.IsNil(), "%s: Traefik up to v3.5.0 keeps the tail of a default list", path)
			got[path] = ""
			return
		}
		got[path] = value.String()
	})
	assert.Equal(t, defaults, got)
}

func TestCreateConfig_isFreshEachTime(t *testing.T) {
	t.Parallel()
	first := CreateConfig()
	first.Cache.TTL = "1s"
	first.Audience.ClientIDs = append(first.Audience.ClientIDs, "1")
	assert.Equal(t, "60s", CreateConfig().Cache.TTL)
	assert.Empty(t, CreateConfig().Audience.ClientIDs)
}

func TestCreateConfig_passesTheSelfCheck(t *testing.T) {
	t.Parallel()
	_, err := CreateConfig().check()
	require.NoError(t, err)
}

// Traefik's decoder knows nothing of json tags: it compares keys with field names, whatever the case. The tags are what
// the messages and the documents write, so that the two must be the same word.
func TestConfig_namesOptionsAsTraefikDecodesThem(t *testing.T) {
	t.Parallel()
	walk(reflect.ValueOf(CreateConfig()).Elem(), "", func(path string, field reflect.StructField, _ reflect.Value) {
		name := path[strings.LastIndex(path, ".")+1:]
		assert.True(t, strings.EqualFold(name, field.Name), "%s is decoded from %s", path, field.Name)
	})
}

func TestConfig_hasOnlyTextsAndListsOfTexts(t *testing.T) {
	t.Parallel()
	walk(reflect.ValueOf(CreateConfig()).Elem(), "", func(path string, field reflect.StructField, _ reflect.Value) {
		assert.Contains(t, []string{"string", "[]string"}, field.Type.String(),
			"%s: a number or a bool would be decoded, and misread, before the self-check sees it", path)
	})
}

func TestConfig_catchesUnknownOptionsOnEveryLevel(t *testing.T) {
	t.Parallel()
	config := reflect.TypeOf(Config{})
	levels := []reflect.Type{config}
	for i := 0; i < config.NumField(); i++ {
		if group := config.Field(i).Type; group.Kind() == reflect.Struct {
			levels = append(levels, group)
		}
	}
	for _, level := range levels {
		field, found := level.FieldByName("Unknown")
		require.True(t, found, "%s", level)
		assert.Equal(t, ",remain", field.Tag.Get("mapstructure"), "%s", level)
	}
}

// walk visits every option with its path.
func walk(group reflect.Value, prefix string, visit func(path string, field reflect.StructField, value reflect.Value)) {
	for i := 0; i < group.NumField(); i++ {
		field, value := group.Type().Field(i), group.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case name == "-":
		case value.Kind() == reflect.Struct:
			walk(value, prefix+name+".", visit)
		default:
			visit(prefix+name, field, value)
		}
	}
}

// with returns the defaults with one option changed. A list's elements are separated by "|".
func with(t *testing.T, path, value string) *Config {
	t.Helper()
	config, found := CreateConfig(), false
	walk(reflect.ValueOf(config).Elem(), "", func(p string, _ reflect.StructField, option reflect.Value) {
		if p != path {
			return
		}
		found = true
		if option.Kind() == reflect.Slice {
			option.Set(reflect.ValueOf(strings.Split(value, "|")))
			return
		}
		option.SetString(value)
	})
	require.True(t, found, "no option %s", path)
	if path == "redis.address" {
		config.Redis.Secret = string(testSecret) // without which an address is a mistake
	}
	if path == "events.path" {
		config.Audience.ClientIDs = []string{"101234567"} // the same
	}
	return config
}
