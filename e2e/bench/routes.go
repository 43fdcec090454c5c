package main

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/traefik-huaweiid/huaweiid/e2e/bench/plugins"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// Names of the routes.
const (
	routeNone         = "none"
	routeEmpty        = "empty"
	routeHit          = "hit"
	routeRefusal      = "refusal"
	routeForward      = "forward-auth"
	routeNoneAlone    = "none-alone"
	routeEmptyAlone   = "empty-alone"
	routeHitAlone     = "hit-alone"
	routeForwardAlone = "forward-alone"
	routeNonePaced    = "none-paced"
	routeMiss0        = "miss-0ms"
	routeHuawei0      = "huawei-0ms"
	routeMiss20       = "miss-20ms"
	routeHuawei20     = "huawei-20ms"
)

// someLatency is what each of Huawei's calls takes where it takes any time.
const someLatency = 20 * time.Millisecond

// What the simulator makes of a token.
const (
	mainlandUser = "mainland"
	expiredToken = "expired"
)

// route is a way through Traefik, or past it, that is measured.
type route struct {
	name  string
	says  string
	alone bool // one connection, so that latencies are not those of waiting for each other

	middleware func(*stack, route) any // nil = none
	latency    time.Duration           // of each of Huawei's two calls
	pause      time.Duration           // between two requests of a connection
	straight   bool                    // past Traefik, to Huawei
	fresh      bool                    // every request has a new token
	remembers  bool                    // the plugin or service knows every token before it is measured
	kind       string                  // of the tokens
	status     string                  // of every answer
	identified bool                    // the backend is told who the user is
}

var routes = []route{
	{name: routeNone, says: "no middleware", kind: mainlandUser, status: "200"},
	{name: routeEmpty, says: "an interpreted plugin that does nothing", kind: mainlandUser, status: "200", middleware: emptyPlugin},
	{name: routeHit, says: "a user whom the plugin knows", kind: mainlandUser, status: "200", middleware: rememberingPlugin, identified: true, remembers: true},
	{name: routeRefusal, says: "a token that the plugin knows to be refused", kind: expiredToken, status: "401", middleware: rememberingPlugin, remembers: true},
	{name: routeForward, says: "ForwardAuth to a compiled service that knows the user", kind: mainlandUser, status: "200", middleware: forwardAuth, identified: true, remembers: true},

	{name: routeNoneAlone, says: "no middleware, one connection", kind: mainlandUser, status: "200", alone: true},
	{name: routeEmptyAlone, says: "the empty plugin, one connection", kind: mainlandUser, status: "200", alone: true, middleware: emptyPlugin},
	{name: routeHitAlone, says: "a user whom the plugin knows, one connection", kind: mainlandUser, status: "200", alone: true, middleware: rememberingPlugin, identified: true, remembers: true},
	{name: routeForwardAlone, says: "ForwardAuth, one connection", kind: mainlandUser, status: "200", alone: true, middleware: forwardAuth, identified: true, remembers: true},
	{name: routeMiss0, says: "a new token each time, Huawei answers at once", kind: mainlandUser, status: "200", alone: true, fresh: true, middleware: defaultPlugin, identified: true},
	{name: routeHuawei0, says: "a miss's two calls alone, straight to that Huawei", kind: mainlandUser, status: "200", alone: true, fresh: true, straight: true},
	{name: routeNonePaced, says: "no middleware, one connection, as long between two requests as Huawei takes for a miss", kind: mainlandUser, status: "200", alone: true, pause: 2 * someLatency},
	{name: routeMiss20, says: "a new token each time, Huawei takes 20 ms for each of two calls", kind: mainlandUser, status: "200", alone: true, fresh: true, middleware: defaultPlugin, latency: someLatency, identified: true},
	{name: routeHuawei20, says: "a miss's two calls alone, straight to that Huawei", kind: mainlandUser, status: "200", alone: true, fresh: true, straight: true, latency: someLatency},
}

// connections is how many keep the route busy.
func (r route) connections(o options) int {
	if r.alone {
		return 1
	}
	return o.connections
}

// callsPerExchange is how often Huawei is asked in one exchange.
func (r route) callsPerExchange() int {
	if r.fresh {
		return 2 // getTokenInfo and getInfo
	}
	return 0
}

func emptyPlugin(*stack, route) any {
	return map[string]any{"plugin": map[string]any{plugins.Empty.Alias: map[string]any{}}}
}

// defaultPlugin is the plugin as a careful user has it: with an audience, and all else by default.
// Its cache takes all the users of a run, so that no miss evicts.
func defaultPlugin(s *stack, r route) any {
	return plugin(s, r, map[string]any{"ttl": "60s", "maxEntries": 1_000_000}, nil)
}

// rememberingPlugin keeps answers for longer than a run takes, so that a hit is one and nothing else. Refusals cannot be kept for
// longer than five minutes: where they end in a run, there is room to ask about those of all connections at once.
func rememberingPlugin(s *stack, r route) any {
	return plugin(s, r, map[string]any{"ttl": "1h", "negativeTTL": "5m"}, map[string]any{"maxConcurrent": 10_000})
}

func plugin(s *stack, r route, cache, more map[string]any) any {
	huawei := map[string]any{
		"getInfoURL":   s.huawei[r.latency].url() + huaweisim.GetInfoPath,
		"tokenInfoURL": s.huawei[r.latency].url() + huaweisim.TokenInfoPath,
		"allowHTTP":    true,
	}
	maps.Copy(huawei, more)
	return map[string]any{"plugin": map[string]any{"huaweiid": map[string]any{
		"huawei":   huawei,
		"audience": map[string]any{"clientIDs": []string{huaweisim.ClientID}},
		"cache":    cache,
	}}}
}

// forwardAuth is as lean as ForwardAuth can be configured. It keeps two idle connections to its service and no more:
// Traefik uses Go's default transport there, and no option changes that.
func forwardAuth(s *stack, _ route) any {
	return map[string]any{"forwardAuth": map[string]any{
		"address":             "http://" + s.auth.address,
		"authRequestHeaders":  []string{"Authorization"},
		"authResponseHeaders": []string{"X-User-OpenID", "X-User-UnionID", "X-User-Phone"},
	}}
}

var errUnknownRoute = errors.New("no such route")

// choose gives the routes with the names, in the table's order; no names are all of them.
func choose(names []string) ([]route, error) {
	if len(names) == 0 {
		return routes, nil
	}
	wanted := map[string]bool{}
	for _, name := range names {
		wanted[strings.TrimSpace(name)] = true
	}
	var chosen []route
	for _, r := range routes {
		if wanted[r.name] {
			chosen = append(chosen, r)
			delete(wanted, r.name)
		}
	}
	for name := range wanted {
		return nil, fmt.Errorf("%w: %q; there are:\n%s", errUnknownRoute, name, describeRoutes())
	}
	return chosen, nil
}

func describeRoutes() string {
	var b strings.Builder
	for _, r := range routes {
		fmt.Fprintf(&b, "  %-12s %s\n", r.name, r.says)
	}
	return b.String()
}
