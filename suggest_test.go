package huaweiid

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCheck_suggestsTheNearestOption(t *testing.T) {
	t.Parallel()
	for unknown, meant := range map[string]string{
		"cache.tll":            "cache.ttl",
		"cache.ttls":           "cache.ttl",
		"cache.negative_ttl":   "cache.negativeTTL",
		"ttl":                  "cache.ttl",
		"huawei.ttl":           "cache.ttl",
		"cache.timeout":        "huawei.timeout",
		"openID":               "headers.openID",
		"modus":                "",
		"mod":                  "mode",
		"moed":                 "mode",
		"token.headers":        "token.header",
		"huawei.getinfo":       "huawei.getInfoURL",
		"debug-header":         "debugHeader",
		"header":               "token.header",
		"tokens":               "token",
		"cash":                 "",
		"audience.clientID":    "audience.clientIDs",
		"audience.clients":     "audience.clientIDs",
		"huawei.get_info_url":  "huawei.getInfoURL",
		"phone.required":       "phone.require",
		"token.removal":        "token.remove",
		"headers.nationalCode": "",
		"x":                    "",
	} {
		t.Run(unknown, func(t *testing.T) {
			t.Parallel()
			_, err := withUnknown(unknown).check()
			if meant == "" {
				assert.ErrorContains(t, err, "invalid configuration: "+unknown+": unknown option; the options are mode, realm, ")
				return
			}
			assert.EqualError(t, err, "invalid configuration: "+unknown+": unknown option, did you mean "+meant+"?")
		})
	}
}

// Traefik's decoder takes one of two spellings and leaves the other over.
func TestCheck_namesAnOptionGivenTwice(t *testing.T) {
	t.Parallel()
	for unknown, as := range map[string]string{"cache.Ttl": "cache.ttl", "MODE": "mode", "Cache": "cache"} {
		_, err := withUnknown(unknown).check()
		assert.EqualError(t, err, "invalid configuration: "+unknown+": given twice, as "+as+" too; keep one of the two")
	}
}

// Whoever meant something else altogether gets the list of what there is.
func TestCheck_listsTheOptionsWhereNoneIsNear(t *testing.T) {
	t.Parallel()
	for _, unknown := range []string{"rate.limit", ""} {
		_, err := withUnknown(unknown).check()
		require.Error(t, err)
		for path := range defaults {
			assert.Contains(t, err.Error(), path)
		}
	}
}

// A reader of the log looks at names; values under a misspelt name may be secrets.
func TestCheck_neverRepeatsTheValueOfAnUnknownOption(t *testing.T) {
	t.Parallel()
	config := CreateConfig()
	config.Unknown = map[string]interface{}{"pasword": "hunter2", "cash": map[string]interface{}{"key": "hunter2"}}
	_, err := config.check()
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "hunter2")
}

// withUnknown returns the defaults with a key that no field claims, on the level of its path.
func withUnknown(path string) *Config {
	config := CreateConfig()
	group, name, nested := strings.Cut(path, ".")
	if !nested {
		config.Unknown = map[string]interface{}{path: "x"}
		return config
	}
	unknown := map[string]interface{}{name: "x"}
	switch group {
	case "token":
		config.Token.Unknown = unknown
	case "headers":
		config.Headers.Unknown = unknown
	case "phone":
		config.Phone.Unknown = unknown
	case "audience":
		config.Audience.Unknown = unknown
	case "huawei":
		config.Huawei.Unknown = unknown
	case "cache":
		config.Cache.Unknown = unknown
	case "redis":
		config.Redis.Unknown = unknown
	default:
		config.Unknown = map[string]interface{}{path: "x"}
	}
	return config
}
