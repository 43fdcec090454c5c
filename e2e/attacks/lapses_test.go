package attacks

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/semver"
)

// lapse is something dangerous that older Traefiks forward and newer ones do not. The plugin sees to it in any case; but that
// it does can hardly be seen where Traefik does too.
type lapse struct {
	name     string
	probe    request // to a route without the plugin
	variable string  // in which the backend sees what it should not
}

// Versions of Traefik that have all lapses, and none.
const (
	careless = "v3.6.12"
	careful  = "v3.7.13"
)

var tunnelOffers = lapse{
	name:     "offer of a tunnel",
	probe:    request{to: "bare", lines: []string{"Connection: Upgrade", "Upgrade: h2c"}},
	variable: "HTTP_UPGRADE",
}

var forwardedTrailers = lapse{
	name: "trailers",
	probe: request{
		to: "bare-buffered.h2c", method: "POST", lines: []string{"Transfer-Encoding: chunked", "Trailer: X-Probe"},
		body: "5\r\nhello\r\n0\r\nX-Probe: forwarded\r\n\r\n",
	},
	variable: "HTTP_X_PROBE",
}

func (l lapse) isThere(b *bed) (bool, error) {
	a := b.ask(l.probe)
	if a.seen == nil {
		return false, fmt.Errorf("asking whether Traefik forwards any %s by itself: the answer is %s", l.name, a)
	}
	return a.seen.Env[l.variable] != "", nil
}

// SECURITY.md says from which version on Traefik itself takes off what. Were a probe blind, classes that notice nothing would be excused.
func TestLapses_areThoseThatTheDocumentsSay(t *testing.T) {
	t.Parallel()
	b := newBed(t, nil, "")
	version, err := b.proxy.Version(context.Background())
	require.NoError(t, err)
	require.True(t, semver.IsValid(version), "Traefik tells the version %q", version)
	for _, l := range []lapse{tunnelOffers, forwardedTrailers} {
		there, err := l.isThere(b)
		require.NoError(t, err)
		switch {
		case semver.Compare(version, careless) <= 0:
			assert.True(t, there, "Traefik %s forwards no %s", version, l.name)
		case semver.Compare(version, careful) >= 0:
			assert.False(t, there, "Traefik %s forwards: %s", version, l.name)
		default:
			t.Logf("Traefik %s forwards any %s: %t", version, l.name, there)
		}
	}
}
