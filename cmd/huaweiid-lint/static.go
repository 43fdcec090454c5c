package main

import "path/filepath"

// addStatic takes in a static configuration: entry points, the names of plugins, and which file the file provider reads.
func (m *model) addStatic(static map[string]any) {
	m.addEntryPoints(static)
	for _, kind := range []string{"plugins", "localPlugins"} {
		named, _ := section(static, "experimental", kind)
		for name := range named {
			m.pluginNames[name] = true
		}
	}
	provider, _ := section(static, "providers", "file")
	// Beside a directory Traefik leaves the name of a file alone.
	if name := text(get(provider, "filename")); name != "" && text(get(provider, "directory")) == "" {
		m.whole[filepath.Base(name)] = true
	}
}

// isWhole tells whether all that a router's provider has is here for certain: it is in the one file that the file provider reads, and no
// template makes more of that elsewhere. Of a directory, and of other providers, more may be elsewhere.
func (m *model) isWhole(of *router) bool {
	return providerOf(of.name) == ofFile && m.whole[filepath.Base(of.file)] && !m.templates
}
