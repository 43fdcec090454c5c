package main

import (
	"maps"
	"slices"
)

// pluginKey is a key under a middleware's plugin.
type pluginKey struct {
	place
	middleware, key string
}

// addPluginKeys notes the keys under the plugin of a middleware, which stand at a path.
func (m *model) addPluginKeys(d *document, plugins map[string]any, at []string, middleware string) {
	for key := range plugins {
		m.pluginKeys = append(m.pluginKeys, pluginKey{d.at(under(at, key)...), middleware, key})
	}
}

// checkPluginKeys looks for plugins that the static configuration does not name, where it names any. Without a middleware of this plugin it
// also looks for names that are near this one's. It tells whether it found what was meant for this plugin.
func (r *report) checkPluginKeys(m *model, plugin string) (found bool) {
	names := slices.Collect(maps.Keys(m.pluginNames))
	for _, one := range m.pluginKeys {
		if hasUnknown(one.key) {
			continue
		}
		if len(names) > 0 && !slices.ContainsFunc(names, func(name string) bool { return name == one.key || hasUnknown(name) }) {
			severity, meant := warning, orMeant(one.key, names)
			if meant != "" {
				severity = mistake // else a part of the static configuration may be elsewhere, as in arguments beside Helm values
			}
			r.add(one.place, severity, "%s is of the plugin %s, which the static configuration does not name, so that Traefik answers 404 on "+
				"its routers%s", one.middleware, one.key, meant)
			found = found || orMeant(one.key, []string{plugin}) != ""
			continue
		}
		if meant := orMeant(one.key, []string{plugin}); r.Middlewares == 0 && meant != "" {
			r.add(one.place, mistake, "no middleware of the plugin %s is in these files, and %s is of the plugin %s%s Else give its "+
				"name with -key", plugin, one.middleware, one.key, meant)
			found = true
		}
	}
	return found
}
