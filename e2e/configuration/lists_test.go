package configuration

import (
	"strings"
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

// A variable that is not set leaves a list empty. The default would then accept more than was meant: any app's tokens, any
// certificate that the system trusts.
func TestLists_thatAreThereButEmptyAreAMistake(t *testing.T) {
	t.Parallel()
	remedies := map[string]string{
		"audience.clientIDs": "list your apps' client IDs, or leave the option out to accept any app's token",
		"huawei.rootCAs":     "give PEM text or the names of PEM files, or leave the option out to trust the system's certificates",
	}
	forEachHost(t, func(t *testing.T, h host) {
		for path, remedy := range remedies {
			want := "invalid configuration: " + path + ": is there but empty, as a variable that is not set makes it; " + remedy
			for name, f := range formats {
				for _, written := range []string{`[]`, `""`, `" "`, `[""]`, `["", " "]`, `","`} {
					if name == "labels" && strings.Contains(written, ",") {
						continue // Traefik cannot read a label of nothing but commas
					}
					assert.Equal(t, want, h.refuses(t, f.options(t, f.one(path, written))), "%s in %s", written, name)
				}
			}
			indexed := "traefik.http.middlewares.auth.plugin.huaweiid." + path + "[0]="
			assert.Equal(t, want, h.refuses(t, fromLabels(t, indexed)))
		}
	})
}

// Without quotes, YAML reads what a template leaves as null, and Traefik's file provider makes the group around it an empty
// text. Its own decoder refuses that.
func TestLists_ofAnUnquotedUnsetVariableNeverServe(t *testing.T) {
	t.Parallel()
	forEachHost(t, func(t *testing.T, h host) {
		got := h.refuses(t, fromFile(t, formats["YAML"].one("audience.clientIDs", ""), ".yml"))
		assert.Contains(t, got, "'Audience' expected a map, got 'string'")
	})
}

func TestLists_mayBeLeftOut(t *testing.T) {
	t.Parallel()
	forEachHost(t, func(t *testing.T, h host) {
		for _, path := range []string{"audience.clientIDs", "huawei.rootCAs"} {
			h.serves(t, fromKubernetes(t, formats["Kubernetes"].one(path, "null")))
		}
		h.serves(t, map[string]any{"huawei": map[string]any{"retries": "1"}})
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
