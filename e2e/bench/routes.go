package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/traefik-huaweiid/huaweiid/e2e/bench/given"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// someLatency is what each of Huawei's calls takes where it takes any time.
const someLatency = 20 * time.Millisecond

// What the simulator makes of a token.
const (
	known   = "mainland"
	expired = "expired"
)

// missRedis is the route that fills Redis.
const missRedis = "miss-redis"

// route is a way through Traefik, or past it, that is measured.
type route struct {
	name  string
	says  string
	alone bool // one connection, so that latencies are not those of waiting for each other

	middleware func(*stack, route) map[string]any // nil = none
	latency    time.Duration                      // of each of Huawei's two calls
	pause      time.Duration                      // between two requests of a connection
	straight   bool                               // past Traefik, to Huawei or, with redis, to Redis
	redis      bool                               // needs a redis-server
	fresh      bool                               // every request has a new token
	remembers  bool                               // the plugin or service knows every token before it is measured
	refused    bool                               // every token is, with 401
	identified bool                               // the backend is told who the user is
	elsewhere  bool                               // Redis answers every request
	told       bool                               // Traefik is told the verdict
}

// routes has those that are compared near each other: a round takes the busy ones first, in another order each time.
var routes = []route{
	{name: "none", says: "no middleware"},
	{name: "empty", says: "an interpreted plugin that does nothing", middleware: emptyPlugin},
	{name: "hit", says: "a user whom the plugin knows", middleware: rememberingPlugin, identified: true, remembers: true},
	{name: "hit-told", says: "the same, with all on that tells operators of it", middleware: tellingPlugin, identified: true, remembers: true, told: true},
	{name: "hit-redis", says: "the same, with a Redis configured", middleware: sharingPlugin(someUsers), identified: true, remembers: true, redis: true},
	{name: "refusal", says: "a token that the plugin knows to be refused", middleware: rememberingPlugin, refused: true, remembers: true},
	{name: "forward-auth", says: "ForwardAuth to a compiled service that knows the user", middleware: forwardAuth, identified: true, remembers: true},

	{name: "none-alone", says: "no middleware, one connection", alone: true},
	{name: "empty-alone", says: "the empty plugin, one connection", alone: true, middleware: emptyPlugin},
	{name: "hit-alone", says: "a user whom the plugin knows, one connection", alone: true, middleware: rememberingPlugin, identified: true, remembers: true},
	{name: "forward-alone", says: "ForwardAuth, one connection", alone: true, middleware: forwardAuth, identified: true, remembers: true},
	{name: "miss-0ms", says: "a new token each time, Huawei answers at once", alone: true, fresh: true, middleware: defaultPlugin, identified: true},
	{name: "huawei-0ms", says: "a miss's two calls alone, straight to that Huawei", alone: true, fresh: true, straight: true},
	{name: missRedis, says: "a user whom Redis knows and the plugin has forgotten, one connection", alone: true, middleware: sharingPlugin(1), identified: true, remembers: true, redis: true, elsewhere: true},
	{name: "redis", says: "a miss's commands alone, straight to that Redis", alone: true, straight: true, redis: true},
	{name: "none-paced", says: "no middleware, one connection, as long between two requests as Huawei takes for a miss", alone: true, pause: 2 * someLatency},
	{name: "miss-20ms", says: "a new token each time, Huawei takes 20 ms for each of two calls", alone: true, fresh: true, middleware: defaultPlugin, latency: someLatency, identified: true},
	{name: "huawei-20ms", says: "a miss's two calls alone, straight to that Huawei", alone: true, fresh: true, straight: true, latency: someLatency},
}

func (r route) kind() string {
	if r.refused {
		return expired
	}
	return known
}

func (r route) status() int {
	if r.refused {
		return 401
	}
	return 200
}

// connections is how many keep the route busy.
func (r route) connections(o options) int {
	if r.alone {
		return 1
	}
	return o.connections
}

func emptyPlugin(*stack, route) map[string]any {
	return map[string]any{"plugin": map[string]any{given.Empty.Alias: map[string]any{}}}
}

// defaultPlugin is the plugin as a careful user has it: with an audience, and all else by default.
// Its cache takes all the users of a run, so that no miss evicts.
func defaultPlugin(s *stack, r route) map[string]any {
	return plugin(s.huawei[r.latency].url(), 64, map[string]any{"ttl": "60s", "maxEntries": 1_000_000}, nil)
}

// rememberingPlugin keeps answers for longer than a run takes, so that a hit is one and nothing else. Refusals cannot be kept for
// longer than five minutes: where they end in a run, there is room to ask about those of all connections at once.
func rememberingPlugin(s *stack, r route) map[string]any {
	return plugin(s.huawei[r.latency].url(), 10_000, map[string]any{"ttl": "1h", "negativeTTL": "5m"}, nil)
}

// tellingPlugin has every option on that makes the plugin tell more of a request, but those that are for a while only.
func tellingPlugin(s *stack, r route) map[string]any {
	return plugin(s.huawei[r.latency].url(), 10_000, map[string]any{"ttl": "1h"}, map[string]any{
		"headers":       map[string]any{"status": "X-User-Status"},
		"accessLogUser": "openID",
		"metricsPath":   "/huaweiid/metrics",
	})
}

// someUsers is more than there are users.
const someUsers = 10_000

// sharingPlugin keeps so many users itself and all of them in Redis.
func sharingPlugin(maxEntries int) func(*stack, route) map[string]any {
	return func(s *stack, r route) map[string]any {
		return plugin(s.huawei[r.latency].url(), 64, map[string]any{"ttl": "1h", "maxEntries": maxEntries}, map[string]any{
			// Whoever uses the machine besides may keep Redis from answering, and a miss that Huawei answers is another one.
			"redis": map[string]any{"address": s.redis.address, "secret": "a secret of at least 32 bytes, for benchmarks", "timeout": "2s"},
		})
	}
}

func plugin(huawei string, maxConcurrent int, cache, further map[string]any) map[string]any {
	options := map[string]any{
		"huawei": map[string]any{
			"getInfoURL":    huawei + huaweisim.GetInfoPath,
			"tokenInfoURL":  huawei + huaweisim.TokenInfoPath,
			"allowHTTP":     true,
			"maxConcurrent": maxConcurrent,
		},
		"audience": map[string]any{"clientIDs": []string{huaweisim.ClientID}},
		"cache":    cache,
	}
	maps.Copy(options, further)
	return map[string]any{"plugin": map[string]any{"huaweiid": options}}
}

// forwardAuth is as lean as ForwardAuth can be configured. It keeps two idle connections to its service and no more:
// Traefik uses Go's default transport there, and no option changes that.
func forwardAuth(s *stack, _ route) map[string]any {
	return map[string]any{"forwardAuth": map[string]any{
		"address":             s.auth.url(),
		"authRequestHeaders":  []string{"Authorization"},
		"authResponseHeaders": []string{"X-User-OpenID", "X-User-UnionID", "X-User-Phone"},
	}}
}

// choose gives the routes with the names, in the table's order; no names are all of them.
func choose(names []string) ([]route, error) {
	var chosen []route
	for _, r := range routes {
		if len(names) == 0 || slices.Contains(names, r.name) {
			chosen = append(chosen, r)
		}
	}
	if len(names) > 0 && len(chosen) != len(names) {
		return nil, fmt.Errorf("of the routes %s there is one that is none, or twice; there are:\n%s", strings.Join(names, ", "), describeRoutes())
	}
	return chosen, nil
}

func describeRoutes() string {
	var b strings.Builder
	for _, r := range routes {
		fmt.Fprintf(&b, "  %-13s %s\n", r.name, r.says)
	}
	return b.String()
}
