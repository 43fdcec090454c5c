package huaweiid

import (
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// announcers counts, since what a middleware said last is remembered by its name.
var announcers atomic.Int64

// announcing returns a function that announces a configuration of one new middleware, the default one changed by the given
// function, and returns what is written then at Traefik's level DEBUG.
func announcing(t *testing.T) func(func(*Config)) string {
	middleware := fmt.Sprintf("announcer%d@file", announcers.Add(1))
	return func(change func(*Config)) string {
		config := CreateConfig()
		change(config)
		b, isNew, err := blueprints.of(middleware, config)
		require.NoError(t, err)
		if !isNew {
			return ""
		}
		l := newLogger(middleware, b.settings.logLevel, newThrottle())
		lines := record(&l.plain)
		l.announce(b.settings)
		return lines.String()
	}
}

func TestAnnounce_saysWhatIsEnforcedWheneverThatChanges(t *testing.T) {
	t.Parallel()
	announce := announcing(t)
	enforce := func(c *Config) { c.Mode = modeEnforce }
	report := func(c *Config) { c.Mode = modeReport }
	for n := 0; n < 2; n++ {
		require.Contains(t, announce(enforce), `level=info msg="ready: mode enforce; `)
		require.Empty(t, announce(enforce), "a reload that changes nothing")
		require.Contains(t, announce(report), `level=info msg="ready: mode report; `)
	}
	require.NotEmpty(t, announcing(t)(report), "another middleware")
}

// A new option is in the line without anybody's doing, unless its name is put among those that are said in words.
func TestAnnounce_theLineSaysEveryOptionThatIsSet(t *testing.T) {
	t.Parallel()
	standard := announcing(t)(func(*Config) {})
	for path, value := range otherValues(t) {
		line := announcing(t)(func(c *Config) { *c = *with(t, path, value) })
		require.NotEqual(t, withoutMiddleware(standard), withoutMiddleware(line), path)
		if !saidInWords[path] && !strings.HasPrefix(path, "headers.") {
			require.Regexp(t, "; also set: (.*, )?"+regexp.QuoteMeta(path), line, path)
		}
		require.NotContains(t, standard, path+"=")
		if name := strings.ToLower(path); strings.HasSuffix(name, "password") || strings.HasSuffix(name, "secret") || strings.HasSuffix(name, "proxyurl") {
			require.NotContains(t, line, value, "%s: make it a secret in settings", path)
			require.Contains(t, line, path+" (not shown)")
		}
	}
}

func TestAnnounce_saysOptionsAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	line := announcing(t)(func(c *Config) {
		c.Realm, c.AllowPreflight, c.DebugHeader, c.LogLevel = "Ward 7", "TRUE", "1", "Debug"
		c.Phone.Format = "Masked"
		c.Audience.ClientIDs = []string{" 22", "1"}
		c.Huawei.GetInfoURL = "https://gateway.example/rest.php?key=of-the-operator"
		c.Huawei.Retries, c.Cache.NegativeTTL, c.Cache.MaxEntries = "0", "90", "5000"
	})
	require.Contains(t, strings.ReplaceAll(line, `\"`, `"`), `; also set: realm="Ward 7", allowPreflight=true, phone.format=masked, audience.clientIDs=1,22, `+
		`huawei.getInfoURL=https://gateway.example/rest.php?…, huawei.retries=0, cache.negativeTTL=1m30s, cache.maxEntries=5000, `+
		`debugHeader=true, logLevel=debug`)
	require.NotContains(t, announcing(t)(func(c *Config) { c.Cache.TTL = "60" }), "also set", "the default in other words")
}

func TestAnnounce_whatTheLineDoesNotShowIsAChangeToo(t *testing.T) {
	t.Parallel()
	announce := announcing(t)
	for _, change := range []func(*Config){
		func(c *Config) { c.Huawei.ProxyURL = "http://user:hunter2@proxy.example" },
		func(c *Config) { c.Huawei.ProxyURL = "http://user:hunter3@proxy.example" },
		func(c *Config) { c.Huawei.GetInfoURL = "https://gateway.example/?hunter2" },
		func(c *Config) { c.Huawei.GetInfoURL = "https://gateway.example/?hunter3" },
	} {
		line := announce(change)
		require.Contains(t, line, "also set: huawei.")
		require.NotContains(t, line, "hunter")
		require.NotContains(t, line, "proxy.example")
		require.Empty(t, announce(change))
	}
}

func TestAnnounce_withoutIdentityHeadersOrACacheSaysSo(t *testing.T) {
	t.Parallel()
	line := announcing(t)(func(c *Config) {
		c.Headers = HeadersConfig{}
		c.Cache.TTL = "0s"
	})
	require.Contains(t, line, "; no identity headers; ")
	require.Contains(t, line, "; answers not kept; ")
}

// withoutMiddleware cuts off which middleware a line is of.
func withoutMiddleware(line string) string {
	text, _, _ := strings.Cut(line, " middleware=")
	return text
}
