package main

import (
	"encoding/json"
	"fmt"

	"github.com/traefik-huaweiid/huaweiid/e2e/bench/plugins"
)

// unprofiledRouter is there for what making its middleware does.
const unprofiledRouter = "unprofiled"

// dynamic writes Traefik's dynamic configuration, in JSON, which YAML contains. Every route has an entry point to itself:
// among several on one, those that are looked at later would cost more.
func (s *stack) dynamic(chosen []route) (string, error) {
	routers := map[string]any{
		unprofiledRouter: map[string]any{
			"rule":        "Path(`/unprofiled`)",
			"entryPoints": []string{"traefik"},
			"middlewares": []string{unprofiledRouter},
			"service":     "noop@internal",
		},
	}
	middlewares := map[string]any{
		unprofiledRouter: map[string]any{"plugin": map[string]any{plugins.Unprofiled.Alias: map[string]any{}}},
	}
	for _, r := range chosen {
		if r.straight {
			continue
		}
		router := map[string]any{
			"rule":        "PathPrefix(`/`)",
			"entryPoints": []string{r.name},
			"service":     "backend",
		}
		if r.middleware != nil {
			router["middlewares"] = []string{r.name}
			middlewares[r.name] = r.middleware(s, r)
		}
		routers[r.name] = router
	}
	text, err := json.Marshal(map[string]any{"http": map[string]any{
		"routers":     routers,
		"middlewares": middlewares,
		"services": map[string]any{
			"backend": map[string]any{"loadBalancer": map[string]any{"servers": []any{map[string]any{"url": s.backend.URL()}}}},
		},
	}})
	if err != nil {
		return "", fmt.Errorf("writing the dynamic configuration: %w", err)
	}
	return string(text), nil
}
