package configuration

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/traefik-huaweiid/huaweiid/e2e/plugin"
)

// One row is one way to write the same two apps. What New makes of them is seen in the error that one bad one causes.
func TestLists_areListsOrOneTextWithCommas(t *testing.T) {
	t.Parallel()
	const problem = `invalid configuration: audience.clientIDs: "app" is no client ID; copy the digits that AppGallery Connect shows as the app's OAuth 2.0 client ID`
	documents := map[string][]string{
		"YAML": {
			formats["YAML"].one("audience.clientIDs", `["101234567", "app"]`),
			formats["YAML"].one("audience.clientIDs", `[101234567, app]`),
			formats["YAML"].one("audience.clientIDs", `"101234567,app"`),
			formats["YAML"].one("audience.clientIDs", `"  101234567 ,  app "`),
			formats["YAML"].one("audience.clientIDs", `["101234567 ", " app"]`),
		},
		"TOML": {
			formats["TOML"].one("audience.clientIDs", `["101234567", "app"]`),
			formats["TOML"].one("audience.clientIDs", `"101234567 , app"`),
		},
		"labels": {
			formats["labels"].one("audience.clientIDs", `"101234567,app"`),
			formats["labels"].one("audience.clientIDs", `" 101234567 , app"`),
			"traefik.http.middlewares.auth.plugin.huaweiid.audience.clientIDs[0]=101234567\n" +
				"traefik.http.middlewares.auth.plugin.huaweiid.audience.clientIDs[1]=app",
		},
		"Kubernetes": {
			formats["Kubernetes"].one("audience.clientIDs", `["101234567", "app"]`),
			formats["Kubernetes"].one("audience.clientIDs", `[101234567, "app"]`),
			formats["Kubernetes"].one("audience.clientIDs", `"101234567, app"`),
		},
	}
	forEachHost(t, func(t *testing.T, h host) {
		for name, written := range documents {
			for _, document := range written {
				assert.Equal(t, problem, h.refuses(t, formats[name].options(t, document)), "%s: %s", name, document)
			}
		}
	})
}

func TestLists_mayBeEmpty(t *testing.T) {
	t.Parallel()
	forEachHost(t, func(t *testing.T, h host) {
		for _, f := range formats {
			for _, path := range []string{"audience.clientIDs", "huawei.rootCAs"} {
				h.serves(t, f.options(t, f.one(path, `[]`)))
				h.serves(t, f.options(t, f.one(path, `""`)))
			}
		}
	})
}

// A bare number is exact in files and labels, whatever its length. A Kubernetes resource's numbers are floating-point and
// lose digits from the seventeenth on, before any plugin sees them: the README says to quote client IDs.
func TestLists_takeOneBareNumber(t *testing.T) {
	t.Parallel()
	forEachHost(t, func(t *testing.T, h host) {
		for _, name := range []string{"YAML", "TOML", "labels"} {
			got, err := h.config(formats[name].options(t, formats[name].one("audience.clientIDs", `123456789012345678`)))
			assert.NoError(t, err)
			assert.Equal(t, `["123456789012345678"]`, got["Audience.ClientIDs"], name)
		}
		got, err := h.config(formats["Kubernetes"].options(t, formats["Kubernetes"].one("audience.clientIDs", `101234567`)))
		assert.NoError(t, err)
		assert.Equal(t, `["101234567"]`, got["Audience.ClientIDs"])
	})
}

// Certificates come in one piece, line breaks and all.
func TestLists_keepPEMWhole(t *testing.T) {
	t.Parallel()
	document := `
http:
  middlewares:
    auth:
      plugin:
        huaweiid:
          huawei:
            rootCAs:
              - |
` + indented(readFile(t, "testdata/ca.pem"), 16)
	forEachHost(t, func(t *testing.T, h host) {
		configuration, err := plugin.Configuration(document, ".yml")
		assert.NoError(t, err)
		options, err := plugin.Options(configuration, "auth")
		assert.NoError(t, err)
		h.serves(t, options)
		got, err := h.config(options)
		assert.NoError(t, err)
		assert.Contains(t, got["Huawei.RootCAs"], `-----BEGIN CERTIFICATE-----\n`)
	})
}
