package huaweiid

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// announcing returns a function that announces a configuration, the default one changed by the given function, and returns what
// is written then at Traefik's level DEBUG.
func announcing(t *testing.T, middleware string) func(func(*Config)) string {
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
	announce := announcing(t, "changing@file")
	enforce := func(c *Config) { c.Mode = modeEnforce }
	report := func(c *Config) { c.Mode = modeReport }
	for n := 0; n < 2; n++ {
		require.Contains(t, announce(enforce), `level=info msg="ready: mode enforce; `)
		require.Empty(t, announce(enforce), "a reload that changes nothing")
		require.Contains(t, announce(report), `level=info msg="ready: mode report; `)
	}
	require.NotEmpty(t, announcing(t, "another@file")(report))
}

func TestAnnounce_withoutIdentityHeadersSaysSo(t *testing.T) {
	t.Parallel()
	require.Contains(t, announcing(t, "bare@file")(func(c *Config) { c.Headers = HeadersConfig{} }), "; no identity headers; ")
}

func TestAnnouncements_areBounded(t *testing.T) {
	t.Parallel()
	a := &announcements{last: map[string]string{}}
	for n := 0; n < 3*maxKinds; n++ {
		require.True(t, a.isNews(fmt.Sprint(n), "ready"))
	}
	require.LessOrEqual(t, len(a.last), maxKinds)
}
