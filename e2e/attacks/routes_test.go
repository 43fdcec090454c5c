package attacks

import (
	"encoding/json"
	"fmt"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// options are the plugin's, nested as in a configuration file.
type options map[string]any

// route is a host whose requests go to the strict backend, by way of the plugin unless its chain does without.
type route struct {
	name    string
	options options
	chain   []string // the middlewares in their order; nil = the plugin alone
	stacks  bool     // the same in front of every stack, at NAME.STACK
	h2c     bool     // the same over HTTP/2, at NAME.h2c
}

// self stands in a chain for the route's own plugin.
const self = "self"

// statusHeader has headers.status on the routes whose status is looked at. The others go without: the plugin has a shorter
// way for them.
var statusHeader = options{"status": "X-Identity-Status"}

func (b *bed) routes() []route {
	audience := func(id string) options { return options{"clientIDs": []string{id}} }
	anySource := options{"cookie": "sid", "query": "access_token"}
	removing := options{"cookie": "sid", "query": "access_token", "remove": "true"}
	// Answers end soon, and stay good for outages. Refusals are not remembered: they would hide what else is.
	short := options{"ttl": "1s", "staleIfError": "5m", "negativeTTL": "0s"}

	hour := options{"ttl": "1h"}

	return []route{
		{name: "plain", stacks: true},
		{name: "optional", options: options{"mode": "optional", "headers": statusHeader}},
		{name: "report", options: options{"mode": "report", "headers": statusHeader}},
		{name: "enforce", options: options{"headers": statusHeader}},
		{name: "preflight", options: options{"allowPreflight": "true", "headers": statusHeader}},
		{name: "renamed", options: options{
			"headers": options{"openID": "x-SUBSCRIBER-id", "unionID": "", "phone": "X_Legacy.Phone"},
			"token":   options{"header": "x-access-TOKEN", "scheme": ""},
		}},
		{name: "sources", options: options{"token": anySource}},
		{name: "removing", options: options{"token": removing}},
		{name: "e164", options: options{"phone": options{"format": "e164"}}},
		{name: "requiring", options: options{"phone": options{"require": "true"}}},

		{name: "audience", options: options{"audience": audience(huaweisim.ClientID)}},
		{name: "silent-audience", options: options{"audience": audience(huaweisim.ClientID), "headers": options{"phone": ""}}},
		{name: "foreign-audience", options: options{"audience": audience(huaweisim.ForeignClientID)}},
		{name: "elsewhere", options: options{"huawei": b.remote.options()}},

		{name: "strange", options: options{"huawei": b.strange.options()}},
		{name: "strange-report", options: options{"huawei": b.strange.options(), "mode": "report"}},
		{name: "answers", options: options{"huawei": b.ailing.options(), "cache": options{"negativeTTL": "0s"}}},
		{name: "short", options: options{"huawei": b.ailing.options(), "cache": short, "headers": statusHeader}},
		{name: "short-audience", options: options{
			"huawei": b.ailing.options(), "audience": audience(huaweisim.ClientID), "headers": statusHeader,
			"cache": options{"ttl": "1h", "staleIfError": "1h", "negativeTTL": "0s"},
		}},
		{name: "uncached", options: options{"cache": options{"ttl": "0s"}}},
		// Where refusals last longer than answers, a cache for both would drop the answers first.
		{name: "crowded", options: options{"cache": options{"maxEntries": "64", "staleIfError": "0s", "negativeTTL": "5m"}}},

		{name: "hour", options: options{"cache": hour}},
		{name: "hour-audience", options: options{"cache": hour, "audience": audience(huaweisim.ClientID)}},
		{name: "hour-ailing", options: options{"cache": hour, "huawei": b.ailing.options()}},
		{name: "events", options: options{
			"audience": audience(huaweisim.ClientID),
			"events":   options{"path": eventsPath, "configURL": b.huawei.url + huaweisim.EventConfigPath},
		}},

		{name: "through", h2c: true},
		{name: "buffered", h2c: true, chain: []string{"buffering", self}},
		{name: "buffered-preflight", h2c: true, options: options{"allowPreflight": "true", "headers": statusHeader},
			chain: []string{"buffering", self}},
		{name: "retried", h2c: true, chain: []string{"retry", self}},
		{name: "buffered-retried", h2c: true, chain: []string{"buffering", "retry", self}},
		{name: "fronted", stacks: true, chain: []string{"front", self}},
		{name: "pages-outside", options: options{"token": removing}, chain: []string{"errors", self}},
		{name: "pages-inside", options: options{"token": removing}, chain: []string{self, "errors"}},

		// What Traefik lets through by itself.
		{name: "bare", chain: []string{}},
		{name: "bare-buffered", h2c: true, chain: []string{"buffering"}},
	}
}

// dynamic writes the routes as a dynamic configuration, and lists its routers. It is JSON, which YAML contains.
func (b *bed) dynamic() (text string, names []string, err error) {
	routers := map[string]any{}
	services := map[string]any{
		"strict": server(b.strict.URL),
		"h2c":    server(b.strict.overH2C()),
		"pages":  server(b.pages.URL),
	}
	middlewares := map[string]any{
		"buffering": options{"buffering": options{"memRequestBodyBytes": 1 << 20}},
		"retry":     options{"retry": options{"attempts": 3, "initialInterval": "10ms"}},
		"front":     options{"plugin": options{"front": options{}}},
		"errors":    options{"errors": options{"status": []string{"400-599"}, "service": "pages", "query": "/page?from={url}"}},
	}
	for _, stack := range b.stacks {
		if stack.missing == "" {
			services[stack.name] = server(stack.url)
		}
	}
	add := func(r route, name, rule, service string) options {
		chain := []string{r.name}
		if r.chain != nil {
			chain = []string{}
			for _, middleware := range r.chain {
				if middleware == self {
					middleware = r.name
				}
				chain = append(chain, middleware)
			}
		}
		router := options{"rule": rule, "entryPoints": []string{"web"}, "middlewares": chain, "service": service}
		routers[name] = router
		names = append(names, name)
		return router
	}
	for _, r := range b.routes() {
		middlewares[r.name] = options{"plugin": options{"huaweiid": b.complete(r.options)}}
		add(r, r.name, host(r.name), "strict")
		if r.h2c {
			add(r, r.name+"-h2c", host(r.name+".h2c"), "h2c")
		}
		if !r.stacks {
			continue
		}
		for _, stack := range b.stacks {
			if stack.missing == "" {
				add(r, r.name+"-"+stack.name, host(r.name+"."+stack.name), stack.name)
			}
		}
	}
	// Whatever other host, nothing gets past the plugin. Left alone, a longer rule would go first.
	add(route{name: "plain"}, "rest", "PathPrefix(`/`)", "strict")["priority"] = 1

	encoded, err := json.Marshal(options{"http": options{"routers": routers, "middlewares": middlewares, "services": services}})
	if err != nil {
		return "", nil, fmt.Errorf("writing the dynamic configuration: %w", err)
	}
	return string(encoded), names, nil
}

// complete adds what every route has.
func (b *bed) complete(o options) options {
	all := options{"huawei": b.huawei.options(), "logLevel": "error"}
	for name, value := range o {
		all[name] = value
	}
	return all
}

func host(name string) string { return fmt.Sprintf("Host(`%s`)", name) }

func server(url string) options {
	return options{"loadBalancer": options{"servers": []options{{"url": url}}}}
}
