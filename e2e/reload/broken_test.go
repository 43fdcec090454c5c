package reload

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/traffic"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

func TestBrokenConfiguration_disablesOnlyItsRouter(t *testing.T) {
	ctx := context.Background()
	s := start(t)
	s.apply(t, s.route(app))
	for i := range users {
		require.NoError(t, s.client.Get(ctx, app, token(i)).Wrong())
	}
	f := s.flow()

	mistakes := map[string]struct {
		options traffic.Options
		says    string // option and remedy
	}{
		"typo": {
			options: traffic.Options{"cache": traffic.Options{"tll": "60s"}},
			says:    "cache.tll: unknown option, did you mean cache.ttl?",
		},
		"duration": {
			options: traffic.Options{"huawei": s.huawei.Upstream(traffic.Options{"timeout": "3 seconds"})},
			says:    `huawei.timeout: "3 seconds" is no duration; write a number with a unit`,
		},
		"contradiction": {
			options: traffic.Options{"token": traffic.Options{"header": "X-User-Phone"}},
			says:    "token.header: ",
		},
	}
	routes := []traffic.Route{s.route(app)}
	for host, mistake := range mistakes {
		routes = append(routes, traffic.Route{Host: host, Backend: s.backend, Options: mistake.options})
	}
	s.apply(t, routes...)

	for host, mistake := range mistakes {
		a := s.client.Get(ctx, host, token(0))
		require.NoError(t, a.Err)
		assert.Equal(t, http.StatusNotFound, a.Status, host)
		assert.Contains(t, s.routerErrors(t, host), mistake.says, "what Traefik's API says of the router")
		assert.Contains(t, s.errorLines(host), mistake.says, "what Traefik's log says of the router")
	}
	assert.Empty(t, s.routerErrors(t, app))
	assert.True(t, s.client.Get(ctx, app, token(0)).OK())

	// The next good configuration mends all of them.
	routes = routes[:1]
	for host := range mistakes {
		routes = append(routes, s.route(host))
	}
	s.apply(t, routes...)
	for host := range mistakes {
		assert.Empty(t, s.routerErrors(t, host))
		a := s.client.Get(ctx, host, token(0))
		assert.True(t, a.OK(), "%s: %s", host, a)
	}

	f.stop()
	assert.Empty(t, f.failed, "failed requests of %d on the router that was right all along", f.requests)
	for i := range users {
		assert.Equal(t, 1, s.huawei.TokenCalls(huaweisim.GetInfo, token(i)), "lookups of "+token(i))
	}
}

// routerErrors is what Traefik's API has against a router.
func (s *stage) routerErrors(t *testing.T, host string) string {
	t.Helper()
	routers, err := s.proxy.Routers(context.Background())
	require.NoError(t, err)
	for _, r := range routers {
		if r.Name == host+"@file" {
			return strings.Join(r.Error, "; ")
		}
	}
	t.Fatalf("Traefik's API has no router %s", host)
	return ""
}

// errorLines are the errors that Traefik's log has about a router. Its log writes quotes inside a text as \".
func (s *stage) errorLines(host string) string {
	var lines []string
	for _, line := range strings.Split(s.proxy.Log(), "\n") {
		if strings.Contains(line, " ERR ") && strings.Contains(line, host+"@file") {
			lines = append(lines, strings.ReplaceAll(line, `\"`, `"`))
		}
	}
	return strings.Join(lines, "\n")
}
