package traffic

import (
	"encoding/json"
	"fmt"
)

// Options are the plugin's options, nested as in a configuration file.
type Options map[string]any

// Route is a host of the proxy whose requests pass the plugin on their way to a backend.
type Route struct {
	Host    string  // what the Host header has to be; also the name of router and middleware, so without a dot
	Backend string  // base URL
	Options Options // nil = a route without the plugin

	Before map[string]any // another middleware, by its type, in front of the plugin
	Behind map[string]any // and one behind it
}

// Dynamic writes routes as a dynamic configuration for Traefik. It is JSON, which YAML contains.
func Dynamic(routes ...Route) (string, error) {
	routers, middlewares, services := map[string]any{}, map[string]any{}, map[string]any{}
	for _, r := range routes {
		router := map[string]any{
			"rule":        fmt.Sprintf("Host(`%s`)", r.Host),
			"entryPoints": []string{"web"},
			"service":     r.Host,
		}
		if r.Options != nil {
			chain := []string{r.Host}
			if r.Before != nil {
				middlewares[r.Host+"-before"] = r.Before
				chain = append([]string{r.Host + "-before"}, chain...)
			}
			if r.Behind != nil {
				middlewares[r.Host+"-behind"] = r.Behind
				chain = append(chain, r.Host+"-behind")
			}
			router["middlewares"] = chain
			middlewares[r.Host] = map[string]any{"plugin": map[string]any{"huaweiid": r.Options}}
		}
		routers[r.Host] = router
		services[r.Host] = map[string]any{"loadBalancer": map[string]any{"servers": []any{map[string]any{"url": r.Backend}}}}
	}
	text, err := json.Marshal(map[string]any{"http": map[string]any{
		"routers":     routers,
		"middlewares": middlewares,
		"services":    services,
	}})
	if err != nil {
		return "", fmt.Errorf("writing the dynamic configuration: %w", err)
	}
	return string(text), nil
}
