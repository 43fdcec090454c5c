package huaweiid

import (
	"fmt"
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
		s, err := config.check()
		require.NoError(t, err)
		l := newLogger(middleware, s.logLevel, newThrottle())
		lines := record(&l.plain)
		l.announce(s)
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

func TestAnnounce_whatTheLineDoesNotSayIsAChangeToo(t *testing.T) {
	t.Parallel()
	announce := announcing(t)
	require.NotEmpty(t, announce(func(c *Config) { c.Audience.ClientIDs = []string{"1"} }))
	require.NotEmpty(t, announce(func(c *Config) { c.Audience.ClientIDs = []string{"2"} }))
	for path, value := range map[string]string{
		"realm": "another", "allowPreflight": "true", "token.remove": "true", "phone.format": "masked", "debugHeader": "true",
		"logLevel": "debug", "huawei.getInfoURL": "https://another.example/", "cache.negativeTTL": "1s",
	} {
		require.NotEmpty(t, announce(func(*Config) {}))
		require.NotEmpty(t, announce(func(c *Config) { *c = *with(t, path, value) }), path)
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

func TestAnnouncements_areBounded(t *testing.T) {
	t.Parallel()
	a := &announcements{last: map[string]string{}}
	for n := 0; n < 3*maxKinds; n++ {
		require.True(t, a.isNews(fmt.Sprint(n), "ready"))
	}
	require.LessOrEqual(t, len(a.last), maxKinds)
}
