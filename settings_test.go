package huaweiid

import (
	"crypto/x509"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// otherValues has for each option a value that is not the default. Whoever adds an option adds its row.
func otherValues(t *testing.T) map[string]string {
	t.Helper()
	certificate, err := os.ReadFile("e2e/configuration/testdata/ca.pem")
	require.NoError(t, err)
	return map[string]string{
		"mode":                     "report",
		"realm":                    "Ward 7",
		"allowPreflight":           "true",
		"token.header":             "X-Token",
		"token.scheme":             "Token",
		"token.cookie":             "session",
		"token.query":              "access_token",
		"token.remove":             "true",
		"headers.openID":           "X-Id",
		"headers.unionID":          "X-Id",
		"headers.phone":            "X-Id",
		"headers.phoneCountryCode": "X-Id",
		"headers.phoneNational":    "X-Id",
		"headers.status":           "X-Id",
		"phone.format":             "masked",
		"phone.require":            "true",
		"audience.clientIDs":       "101234567",
		"huawei.getInfoURL":        "https://gateway.example/rest.php?nsp_svc=GOpen.User.getInfo",
		"huawei.tokenInfoURL":      "https://gateway.example/rest.php?nsp_svc=huawei.oauth2.user.getTokenInfo",
		"huawei.allowHTTP":         "true",
		"huawei.timeout":           "5s",
		"huawei.retries":           "0",
		"huawei.maxConcurrent":     "128",
		"huawei.rootCAs":           string(certificate),
		"huawei.proxyURL":          "http://user:secret@proxy.example:3128",
		"cache.ttl":                "30s",
		"cache.negativeTTL":        "1s",
		"cache.staleIfError":       "1m",
		"cache.maxEntries":         "5000",
		"redis.address":            "redis.example:6379",
		"redis.username":           "gateway",
		"redis.password":           "hunter2",
		"redis.passwordFile":       "e2e/configuration/testdata/ca.pem",
		"redis.database":           "3",
		"redis.tls":                "true",
		"redis.rootCAs":            string(certificate),
		"redis.timeout":            "50ms",
		"redis.keyPrefix":          "shop:",
		"redis.secret":             string(testSecret),
		"redis.secretFile":         "e2e/configuration/testdata/ca.pem",
		"events.path":              "/huawei/events",
		"events.configURL":         "https://gateway.example/risc-configuration",
		"accessLogUser":            "openID",
		"metricsPath":              "/metrics",
		"debugHeader":              "true",
		"logLevel":                 "debug",
	}
}

func TestOtherValues_haveEveryOption(t *testing.T) {
	t.Parallel()
	for path := range defaults {
		require.Contains(t, otherValues(t), path, "a new option needs a row in otherValues")
	}
	require.Len(t, otherValues(t), len(defaults))
}

// Instances share one state exactly where the options of these groups are equal.
func TestSettings_exactlyTheOptionsOfTheUpstreamTellStatesApart(t *testing.T) {
	t.Parallel()
	standard, err := CreateConfig().check()
	require.NoError(t, err)
	for path, value := range otherValues(t) {
		s, err := with(t, path, value).check()
		require.NoError(t, err, path)
		group, _, _ := strings.Cut(path, ".")
		if group == "audience" || group == "huawei" || group == "cache" || group == "redis" {
			require.NotEqual(t, standard.upstream.key(), s.upstream.key(), path)
		} else {
			same := standard.upstream
			if path == "events.path" {
				same.audience = s.upstream.audience // without which a path is a mistake
			}
			require.Equal(t, same.key(), s.upstream.key(), path)
		}
		require.NotEqual(t, standard, s, path)
	}
}

// A pointer or a map in settings would be in the key by its address in memory, or in no order.
func TestSettings_havePlainValuesOnly(t *testing.T) {
	t.Parallel()
	var visit func(typ reflect.Type, path string)
	visit = func(typ reflect.Type, path string) {
		switch typ.Kind() {
		case reflect.Struct:
			for i := 0; i < typ.NumField(); i++ {
				visit(typ.Field(i).Type, path+"."+typ.Field(i).Name)
			}
		case reflect.Slice:
			require.Equal(t, reflect.String, typ.Elem().Kind(), path)
		default:
			require.Contains(t, []reflect.Kind{reflect.String, reflect.Bool, reflect.Int, reflect.Int64}, typ.Kind(), path)
		}
	}
	visit(reflect.TypeOf(settings{}), "settings")
}

// The line at start names settings by their fields, so that these have to be named like the options.
func TestSettings_areNamedAsTheOptionsAre(t *testing.T) {
	t.Parallel()
	var names func(typ reflect.Type, prefix string) []string
	names = func(typ reflect.Type, prefix string) (paths []string) {
		for i := 0; i < typ.NumField(); i++ {
			field := typ.Field(i)
			switch {
			case field.Name == "upstream":
				paths = append(paths, names(field.Type, "")...)
			case field.Type.Kind() == reflect.Struct && field.Type != secretType:
				paths = append(paths, names(field.Type, prefix+field.Name+".")...)
			case field.Name != "wantsPhone":
				paths = append(paths, prefix+field.Name)
			}
		}
		return paths
	}
	var options []string
	walk(reflect.ValueOf(CreateConfig()).Elem(), "", func(path string, _ reflect.StructField, _ reflect.Value) {
		options = append(options, path)
	})
	require.ElementsMatch(t, options, names(reflect.TypeOf(settings{}), ""))
}

func TestSettings_keyTellsListsApartThatReadTheSame(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, list := range [][]string{nil, {""}, {"a", "b"}, {"a b"}, {"a,b"}, {`a" "b`}, {"a\x00b"}, {"ab"}} {
		key := upstreamSettings{audience: audienceSettings{clientIDs: list}}.key()
		require.NotContains(t, seen, key, "%q", list)
		seen[key] = fmt.Sprint(list)
	}
}

func TestCertPool_parsesATextOnce(t *testing.T) {
	t.Parallel()
	p := &certificatePools{byText: map[string]*x509.CertPool{}}
	text := certificatePEM(t)
	first := p.of(text)
	require.NotNil(t, first)
	require.Same(t, first, p.of(text))
	require.NotSame(t, first, p.of(certificatePEM(t)))
	for n := 0; n < 2*maxPools; n++ {
		require.Nil(t, p.of(fmt.Sprint(n)))
	}
	require.LessOrEqual(t, len(p.byText), maxPools)
	require.NotNil(t, p.of(text))
}
