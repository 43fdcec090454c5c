package behaviour

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/traefik-huaweiid/huaweiid/e2e/plugin"
)

// document is the dynamic configuration of a host: for every middleware of every row a router of its own, found by its
// hostname. All hosts read it, so that all get their options by the same way.
func document(t *testing.T, rows []row, host, backend string, upstream *huawei) string {
	t.Helper()
	routers, middlewares := map[string]any{}, map[string]any{}
	for number, r := range rows {
		own := tag(host, number)
		upstream.sim(own).SetFaults(r.faults...)
		configs := map[string]string{"": r.config}
		for via, config := range r.others {
			configs[via] = config
		}
		for via, config := range configs {
			name := routerName(number, via)
			routers[name] = map[string]any{
				"rule": fmt.Sprintf("Host(`%s.test`)", name), "entryPoints": []string{"web"},
				"middlewares": []string{name}, "service": "echo",
			}
			middlewares[name] = map[string]any{"plugin": map[string]any{
				plugin.Key: options(t, r.name, upstream.urls(own).Replace(config), upstream.urls(own).Replace(toTheSimulator)),
			}}
		}
	}
	text, err := yaml.Marshal(map[string]any{"http": map[string]any{
		"routers": routers, "middlewares": middlewares,
		"services": map[string]any{"echo": map[string]any{"loadBalancer": map[string]any{
			"servers": []any{map[string]any{"url": backend}},
		}}},
	}})
	require.NoError(t, err)
	return string(text)
}

// toTheSimulator is under every row's configuration. The log at debug shows what the plugin could give away.
const toTheSimulator = `
huawei: {getInfoURL: "{getInfoURL}", tokenInfoURL: "{tokenInfoURL}", allowHTTP: true, proxyURL: direct}
logLevel: debug
`

func tag(host string, number int) string { return fmt.Sprintf("%s.%d", host, number) }

func routerName(number int, via string) string {
	if via == "" {
		return fmt.Sprintf("r%d", number)
	}
	return fmt.Sprintf("r%d-%s", number, via)
}

// options returns a configuration completed by another, every scalar as its author spelled it.
func options(t *testing.T, row, config, base string) *yaml.Node {
	t.Helper()
	var ours, theirs yaml.Node
	require.NoError(t, yaml.Unmarshal([]byte(base), &ours))
	require.NoError(t, yaml.Unmarshal([]byte(config), &theirs), "the configuration of the row %q", row)
	if len(theirs.Content) > 0 {
		merge(ours.Content[0], theirs.Content[0])
	}
	return ours.Content[0]
}

// merge puts the pairs of more over those of into, level by level.
func merge(into, more *yaml.Node) {
	for i := 0; i < len(more.Content); i += 2 {
		key, value := more.Content[i], more.Content[i+1]
		at := indexOf(into, key.Value)
		switch {
		case at < 0:
			into.Content = append(into.Content, key, value)
		case value.Kind == yaml.MappingNode && into.Content[at].Kind == yaml.MappingNode:
			merge(into.Content[at], value)
		default:
			into.Content[at] = value
		}
	}
}

// indexOf is the place of a key's value.
func indexOf(mapping *yaml.Node, key string) int {
	for i := 0; i < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return i + 1
		}
	}
	return -1
}
