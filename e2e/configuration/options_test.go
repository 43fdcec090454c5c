package configuration

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid"
	"github.com/traefik-huaweiid/huaweiid/e2e/plugin"
)

// everyOption has a value for each option that is not its default: as a user writes it, in JSON, and as New gets it.
var everyOption = []struct {
	path, written string
	got           any
}{
	{"mode", `"optional"`, "optional"},
	{"realm", `"My App, test"`, "My App, test"},
	{"allowPreflight", `true`, "true"},
	{"token.header", `"X-Token"`, "X-Token"},
	{"token.scheme", `""`, ""},
	{"token.cookie", `"session"`, "session"},
	{"token.query", `"access_token"`, "access_token"},
	{"token.remove", `true`, "true"},
	{"headers.openID", `"X-Id"`, "X-Id"},
	{"headers.unionID", `""`, ""},
	{"headers.phone", `"X-Mobile"`, "X-Mobile"},
	{"headers.phoneCountryCode", `"X-Mobile-Country"`, "X-Mobile-Country"},
	{"headers.phoneNational", `"X-Mobile-National"`, "X-Mobile-National"},
	{"headers.status", `"X-Id-Status"`, "X-Id-Status"},
	{"phone.format", `"e164"`, "e164"},
	{"phone.require", `true`, "true"},
	{"audience.clientIDs", `["101234567", "109999999"]`, []string{"101234567", "109999999"}},
	{"huawei.getInfoURL", `"https://gateway.example/rest.php?nsp_svc=GOpen.User.getInfo&a=b"`, "https://gateway.example/rest.php?nsp_svc=GOpen.User.getInfo&a=b"},
	{"huawei.tokenInfoURL", `"https://gateway.example/rest.php?nsp_svc=huawei.oauth2.user.getTokenInfo"`, "https://gateway.example/rest.php?nsp_svc=huawei.oauth2.user.getTokenInfo"},
	{"huawei.allowHTTP", `true`, "true"},
	{"huawei.timeout", `"1m"`, "1m"},
	{"huawei.retries", `3`, "3"},
	{"huawei.maxConcurrent", `128`, "128"},
	{"huawei.rootCAs", `["testdata/ca.pem"]`, []string{"testdata/ca.pem"}},
	{"huawei.proxyURL", `"http://user:secret@proxy.example:3128"`, "http://user:secret@proxy.example:3128"},
	{"cache.ttl", `"1m30s"`, "1m30s"},
	{"cache.negativeTTL", `90`, "90"},
	{"cache.staleIfError", `"0s"`, "0s"},
	{"cache.maxEntries", `5000`, "5000"},
	{"redis.address", `["redis.example:6379", "10.0.0.5:6379"]`, []string{"redis.example:6379", "10.0.0.5:6379"}},
	{"redis.username", `"gateway"`, "gateway"},
	{"redis.password", `"hunter2"`, "hunter2"},
	{"redis.passwordFile", `"testdata/ca.pem"`, "testdata/ca.pem"},
	{"redis.database", `3`, "3"},
	{"redis.tls", `true`, "true"},
	{"redis.rootCAs", `["testdata/ca.pem"]`, []string{"testdata/ca.pem"}},
	{"redis.timeout", `"250ms"`, "250ms"},
	{"redis.keyPrefix", `"shop:"`, "shop:"},
	{"redis.secret", `"0123456789abcdef0123456789abcdef"`, "0123456789abcdef0123456789abcdef"},
	{"redis.secretFile", `"testdata/ca.pem"`, "testdata/ca.pem"},
	{"events.path", `"/huawei/events"`, "/huawei/events"},
	{"events.configURL", `"https://gateway.example/risc-configuration"`, "https://gateway.example/risc-configuration"},
	{"accessLogUser", `"openID"`, "openID"},
	{"metricsPath", `"/metrics"`, "/metrics"},
	{"debugHeader", `true`, "true"},
	{"logLevel", `"debug"`, "debug"},
}

// incomplete are the options that mean something only with another one.
var incomplete = map[string]bool{"redis.address": true, "events.path": true}

// contradictory are the options that cannot stand beside others of everyOption.
var contradictory = map[string]bool{"redis.passwordFile": true, "redis.database": true, "redis.secretFile": true}

// Whoever adds an option adds its row here, and to the documents in testdata.
func TestOptions_haveARowEach(t *testing.T) {
	t.Parallel()
	var known, rows []string
	plugin.EachOption(huaweiid.CreateConfig(), func(path string, _ reflect.Value) { known = append(known, path) })
	for _, row := range everyOption {
		rows = append(rows, row.path)
		config := huaweiid.CreateConfig()
		before := flat(config)
		set(t, config, row.path, row.got)
		assert.NotEqual(t, before, flat(config), "%s: the default proves nothing", row.path)
	}
	assert.ElementsMatch(t, known, rows)
}

func TestOptions_meanTheSameInEveryFormatEachAlone(t *testing.T) {
	t.Parallel()
	forEachHost(t, func(t *testing.T, h host) {
		for name, f := range formats {
			for _, row := range everyOption {
				options := f.options(t, f.one(row.path, row.written))
				got, err := h.config(options)
				require.NoError(t, err, "%s in %s", row.path, name)

				want := huaweiid.CreateConfig()
				set(t, want, row.path, decoded(name, row.got))
				assert.Equal(t, flat(want), got, "%s in %s: all others keep their defaults", row.path, name)
				if !incomplete[row.path] {
					h.serves(t, options)
				}
			}
		}
	})
}

func TestOptions_meanTheSameInEveryFormatAllTogether(t *testing.T) {
	t.Parallel()
	forEachHost(t, func(t *testing.T, h host) {
		for name, file := range map[string]string{
			"YAML": "every-option.yml", "TOML": "every-option.toml", "labels": "every-option.labels", "Kubernetes": "every-option.json",
		} {
			document, err := os.ReadFile(filepath.Join("testdata", file))
			require.NoError(t, err)
			want := huaweiid.CreateConfig()
			for _, row := range everyOption {
				if !contradictory[row.path] {
					set(t, want, row.path, decoded(name, row.got))
				}
			}
			options := formats[name].options(t, string(document))
			got, err := h.config(options)
			require.NoError(t, err)
			assert.Equal(t, flat(want), got, name)
			h.serves(t, options)
		}
	})
}

func TestOptions_areFoundWhateverTheCaseOfTheirNames(t *testing.T) {
	t.Parallel()
	forEachHost(t, func(t *testing.T, h host) {
		for name, f := range formats {
			for _, row := range everyOption {
				for _, path := range []string{strings.ToLower(row.path), strings.ToUpper(row.path)} {
					got, err := h.config(f.options(t, f.one(path, row.written)))
					require.NoError(t, err, "%s in %s", path, name)
					want := huaweiid.CreateConfig()
					set(t, want, row.path, decoded(name, row.got))
					assert.Equal(t, flat(want), got, "%s in %s", path, name)
				}
			}
		}
	})
}

// A secret from a file ends in a line break, and templates leave space around what they put in. Of lists, Traefik cuts one text at
// its commas.
func TestOptions_takeSpaceAroundEveryValue(t *testing.T) {
	t.Parallel()
	forEachHost(t, func(t *testing.T, h host) {
		for name, f := range formats {
			for _, row := range everyOption {
				if incomplete[row.path] {
					continue
				}
				values, isList := row.got.([]string)
				if !isList {
					values = []string{row.got.(string)}
				}
				for _, spaced := range []string{strings.Join(values, " , ") + "\n", "\t " + strings.Join(values, "\n,") + " \r\n"} {
					written, err := json.Marshal(spaced)
					require.NoError(t, err)
					if name == "labels" {
						// One label is one line here; the others are Docker's to read.
						h.serves(t, f.options(t, f.one(row.path, strings.NewReplacer(`\n`, " ", `\r`, " ", `\t`, " ").Replace(string(written)))))
						continue
					}
					h.serves(t, f.options(t, f.one(row.path, string(written))))
				}
			}
		}
	})
}

func TestOptions_takeWordsInAnyCase(t *testing.T) {
	t.Parallel()
	forEachHost(t, func(t *testing.T, h host) {
		for name, f := range formats {
			for path, words := range map[string][]string{
				"mode": {"Enforce", "OPTIONAL", "rePort"}, "phone.format": {"RAW", "E164", "Masked"}, "logLevel": {"DEBUG", "Info", "WARN"},
				"huawei.proxyURL": {"Direct", "DIRECT"}, "token.scheme": {"bearer", "BEARER"},
				"allowPreflight": {"True", "FALSE"}, "token.remove": {"tRUE"}, "phone.require": {"False"}, "huawei.allowHTTP": {"TRUE"}, "debugHeader": {"True"},
			} {
				for _, word := range words {
					handler, err := h.build(t.Context(), http.NotFoundHandler(), f.options(t, f.one(path, `"`+word+`"`)), "auth@file")
					assert.NoError(t, err, "%s=%s in %s", path, word, name)
					assert.NotNil(t, handler)
				}
			}
		}
	})
}

// decoded is what New gets: a boolean of a Kubernetes resource comes as 1, and means the same.
func decoded(format string, value any) any {
	if format == "Kubernetes" && value == "true" {
		return "1"
	}
	return value
}

// optionsAndGroups are the names that an error lists where none is near, in the order of Config.
func optionsAndGroups() []string {
	var names []string
	plugin.EachOption(huaweiid.CreateConfig(), func(path string, _ reflect.Value) {
		if group, _, nested := strings.Cut(path, "."); nested && !slices.Contains(names, group) {
			names = append(names, group)
		}
		names = append(names, path)
	})
	return names
}

func set(t *testing.T, config *huaweiid.Config, path string, value any) {
	t.Helper()
	found := false
	plugin.EachOption(config, func(p string, option reflect.Value) {
		if p == path {
			option.Set(reflect.ValueOf(value))
			found = true
		}
	})
	require.True(t, found, "no option %s", path)
}
