package huaweiid

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// ofConfiguration returns a context as Traefik makes them: one for each router, all of which end by one channel.
func ofConfiguration(configuration context.Context, router string) context.Context {
	type routerName struct{}
	return context.WithValue(configuration, routerName{}, router)
}

func TestPrototypes_areMadeOncePerConfigurationOfTraefik(t *testing.T) {
	t.Parallel()
	config, _ := simulated(t, nil)
	first, reload := context.WithCancel(context.Background())
	like, err := prototypeFor(ofConfiguration(first, "a"), "prototypes@file", config)
	require.NoError(t, err)
	u := like.plugin.upstream
	t.Cleanup(func() { closeUpstream(u) })
	same := *config
	again, err := prototypeFor(ofConfiguration(first, "b"), "prototypes@file", &same)
	require.NoError(t, err)
	require.Same(t, like, again)
	reload()

	second, end := context.WithCancel(context.Background())
	defer end()
	next, err := prototypeFor(ofConfiguration(second, "a"), "prototypes@file", config)
	require.NoError(t, err)
	require.NotSame(t, like, next, "the new configuration needs the upstream as well")
	require.Same(t, like.plugin, next.plugin, "nothing in it has changed")
	other, err := prototypeFor(ofConfiguration(second, "a"), "another@file", config)
	require.NoError(t, err)
	require.NotSame(t, next.plugin, other.plugin)
}

// An upstream that a configuration uses stays, whichever instance was the first to ask for it.
func TestPrototypes_ofEveryConfigurationKeepTheUpstream(t *testing.T) {
	t.Parallel()
	config, _ := simulated(t, nil)
	first, reload := context.WithCancel(context.Background())
	like, err := prototypeFor(first, "kept@file", config)
	require.NoError(t, err)
	t.Cleanup(func() { closeUpstream(like.plugin.upstream) })
	second, end := context.WithCancel(context.Background())
	_, err = prototypeFor(second, "kept@file", config)
	require.NoError(t, err)
	tenants := func() int {
		upstreams.mu.Lock()
		defer upstreams.mu.Unlock()
		return upstreams.upstreams[like.blueprint.state].tenants
	}
	require.Equal(t, 2, tenants())
	reload()
	eventually(t, func() bool { return tenants() == 1 })
	end()
	eventually(t, func() bool { return tenants() == 0 })
}

// The middleware is gone from Traefik's configuration; what its cache holds must not stay in memory.
func TestPrototypes_letGoOfAnUpstreamThatNobodyUses(t *testing.T) {
	t.Parallel()
	config, _ := simulated(t, nil)
	ctx, reload := context.WithCancel(context.Background())
	like, err := prototypeFor(ctx, "gone@file", config)
	require.NoError(t, err)
	tenancyOf := func() *tenancy {
		upstreams.mu.Lock()
		defer upstreams.mu.Unlock()
		return upstreams.upstreams[like.blueprint.state]
	}
	kept := func() bool {
		prototypes.mu.Lock()
		defer prototypes.mu.Unlock()
		return prototypes.last["gone@file"] != nil
	}
	gone := tenancyOf()
	upstreams.evict(gone) // as if its time had come
	require.True(t, kept(), "it is in use")
	reload()
	eventually(t, func() bool { upstreams.evict(gone); return tenancyOf() == nil })
	require.False(t, kept())
}

func TestPrototypes_areMadeAnewForOtherOptionsAndFiles(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(file, []byte("0123456789abcdef0123456789abcdef"), 0o600))
	config, _ := simulated(t, func(c *Config) {
		c.Audience.ClientIDs = []string{"7"} // since account events of the other tests' app must reach every Redis
		c.Redis.Address, c.Redis.SecretFile = []string{"127.0.0.1:1"}, file
	})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	like, err := prototypeFor(ctx, "anew@file", config)
	require.NoError(t, err)
	changed := *config
	changed.Realm = "another"
	other, err := prototypeFor(ctx, "anew@file", &changed)
	require.NoError(t, err)
	require.NotSame(t, like.plugin, other.plugin)
	require.Equal(t, "another", other.plugin.settings.realm)

	require.NoError(t, os.WriteFile(file, []byte("fedcba9876543210fedcba9876543210"), 0o600))
	next, end := context.WithCancel(context.Background())
	defer end()
	anew, err := prototypeFor(next, "anew@file", &changed)
	require.NoError(t, err)
	require.NotSame(t, other.plugin, anew.plugin)
}

// Without an end to tell configurations by, each instance is looked at by itself.
func TestPrototypes_ofAContextWithoutEndAreLookedAtEachTime(t *testing.T) {
	t.Parallel()
	config, _ := simulated(t, nil)
	like, err := prototypeFor(context.Background(), "endless@file", config)
	require.NoError(t, err)
	t.Cleanup(func() { closeUpstream(like.plugin.upstream) })
	again, err := prototypeFor(context.Background(), "endless@file", config)
	require.NoError(t, err)
	require.NotSame(t, like, again)
	require.Same(t, like.plugin, again.plugin)
}

func TestNew_eachInstanceForwardsToItsOwnNext(t *testing.T) {
	t.Parallel()
	config, _ := simulated(t, func(c *Config) { c.Mode = modeOptional })
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var instances []http.Handler
	for _, status := range []int{http.StatusAccepted, http.StatusNoContent, http.StatusTeapot} {
		next := http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(status) })
		instance, err := New(ofConfiguration(ctx, "router"), next, config, "nexts@file")
		require.NoError(t, err)
		instances = append(instances, instance)
	}
	for i, status := range []int{http.StatusAccepted, http.StatusNoContent, http.StatusTeapot} {
		for _, lines := range [][]string{nil, {"Authorization: Bearer mainland/1"}, {"Authorization: Bearer mainland/1"}} {
			answer := httptest.NewRecorder()
			instances[i].ServeHTTP(answer, request("/", lines...))
			require.Equal(t, status, answer.Code)
		}
	}
}
