package main

import (
	"sort"
	"strings"

	"github.com/traefik-huaweiid/huaweiid"
)

// middleware is one of any kind.
type middleware struct {
	place
	document *document
	name     string   // with its provider: auth@file
	chain    []string // names, where it is a chain
	effect

	plugin   bool            // this plugin's
	resource bool            // of Kubernetes
	mounted  map[string]bool // files that containers have
	options  any             // what stands under the plugin's key
	path     []string
	labels   map[string]string // of a container: values by what stands behind the plugin's key
	config   *huaweiid.Config  // nil where Traefik cannot read it
}

// router is a router of a file, or a rule of a Kubernetes route.
type router struct {
	place
	name        string
	rule        string
	entryPoints []string // none = those of asDefault, or all
	tls         bool
	middlewares []string // names with providers
	parents     []string // names of the routers that hand requests on to it; none = it is on an entry point
	apps        []string // what it names: see service
}

// model is what all files say together.
type model struct {
	middlewares map[string]*middleware
	plugins     []*middleware // those of this plugin, doubles included
	routers     []*router
	ways        []*way    // to all routers, when all files are read
	crowded     []*router // to which there are more
	services    map[string]*service
	entryPoints map[string]entryPoint
	providers   map[string]bool // of which there are files
	pluginKeys  []pluginKey
	pluginNames map[string]bool // in static configurations
	whole       map[string]bool // base names of files that are all that a file provider reads
	templates   bool            // a template made one of the files
	mounted     map[string]bool // files that containers have of the secrets of a Compose file
}

func newModel() *model {
	return &model{
		middlewares: map[string]*middleware{}, services: map[string]*service{}, entryPoints: map[string]entryPoint{},
		providers: map[string]bool{}, pluginNames: map[string]bool{}, whole: map[string]bool{}, mounted: map[string]bool{},
	}
}

// Providers, as they stand after the @ of a name.
const (
	ofFile       = "file"
	ofKubernetes = "kubernetescrd"
)

// section returns a map below the given keys, and the path to it as it is written.
func section(values map[string]any, keys ...string) (map[string]any, []string) {
	var path []string
	for _, name := range keys {
		key, value, _ := lookup(values, name)
		path = append(path, key)
		values, _ = value.(map[string]any)
	}
	return values, path
}

// under is a path with more keys, in memory of its own.
func under(path []string, keys ...string) []string {
	return append(path[:len(path):len(path)], keys...)
}

// list reads a list of texts, or one text with commas.
func list(value any) []string {
	var texts []string
	switch value := value.(type) {
	case []any:
		for _, element := range value {
			texts = append(texts, text(element))
		}
	case nil:
	default:
		for _, element := range strings.Split(text(value), ",") {
			texts = append(texts, strings.TrimSpace(element))
		}
	}
	return texts
}

// tables are the elements of a list that are maps.
func tables(value any) []map[string]any {
	if decoded, ok := value.([]map[string]any); ok { // as TOML decodes [[...]]
		return decoded
	}
	var found []map[string]any
	elements, _ := value.([]any)
	for _, element := range elements {
		one, _ := element.(map[string]any)
		found = append(found, one)
	}
	return found
}

func get(values map[string]any, name string) any {
	_, value, _ := lookup(values, name)
	return value
}

// has tells whether a key is there, and not switched off: an empty tls is one.
func has(values map[string]any, name string) bool {
	_, value, found := lookup(values, name)
	return found && text(value) != "false"
}

// qualified adds the provider to a name without one.
func qualified(names []string, provider string) []string {
	var whole []string
	for _, name := range names {
		if name != "" && !strings.Contains(name, "@") {
			name += "@" + provider
		}
		whole = append(whole, name)
	}
	return whole
}

// addFile takes in a file of the file provider, or the static configuration.
func (m *model) addFile(d *document, plugin string) {
	m.addStatic(d.data)
	if _, _, found := lookup(d.data, "http"); found {
		m.providers[ofFile] = true
	}
	middlewares, at := section(d.data, "http", "middlewares")
	for _, one := range m.middlewaresIn(d, middlewares, at, ofFile, plugin) {
		m.addMiddleware(one)
	}
	services, _ := section(d.data, "http", "services")
	for name, value := range services {
		options, _ := value.(map[string]any)
		m.services[serviceNamed(name, ofFile)] = fileService(options)
	}
	routers, at := section(d.data, "http", "routers")
	for name, value := range routers {
		options, _ := value.(map[string]any)
		m.routers = append(m.routers, &router{
			place: d.at(under(at, name)...), name: name + "@" + ofFile, rule: text(get(options, "rule")),
			entryPoints: list(get(options, "entryPoints")),
			tls:         has(options, "tls"),
			middlewares: qualified(list(get(options, "middlewares")), ofFile),
			parents:     qualified(list(get(options, "parentRefs")), ofFile),
			apps:        []string{serviceNamed(text(get(options, "service")), ofFile)},
		})
	}
}

// middlewaresIn reads the middlewares that a document has at a path.
func (m *model) middlewaresIn(d *document, middlewares map[string]any, at []string, provider, plugin string) []*middleware {
	var found []*middleware
	for name, value := range middlewares {
		options, _ := value.(map[string]any)
		one := &middleware{place: d.at(under(at, name)...), document: d, name: name + "@" + provider, effect: effectOf(options)}
		if chain, _ := section(options, "chain"); chain != nil {
			one.chain = qualified(list(get(chain, "middlewares")), provider)
		}
		if plugins, ofPlugin := section(options, "plugin"); plugins != nil {
			m.addPluginKeys(d, plugins, under(under(at, name), ofPlugin...), one.name)
			if key, conf, found := lookup(plugins, plugin); found {
				one.plugin, one.options = true, conf
				one.path = under(under(at, name), append(ofPlugin, key)...)
				one.place = d.at(one.path...)
			}
		}
		found = append(found, one)
	}
	return found
}

// addMiddleware keeps the first of a name, as Traefik does.
func (m *model) addMiddleware(one *middleware) {
	if one.plugin {
		m.plugins = append(m.plugins, one)
	}
	if m.middlewares[one.name] == nil {
		m.middlewares[one.name] = one
	}
}

// finish resolves what one file says of another.
func (m *model) finish() {
	sort.SliceStable(m.routers, func(i, j int) bool { return m.routers[i].name < m.routers[j].name })
	m.addWays()
}

// expanded are middlewares in the order in which requests pass them first, chains taken apart.
func (m *model) expanded(names []string) []*middleware {
	var all []*middleware
	seen := map[string]bool{}
	var expand func(names []string)
	expand = func(names []string) {
		for _, name := range names {
			if seen[name] {
				continue
			}
			seen[name] = true
			switch one := m.middlewares[name]; {
			case one != nil:
				all = append(all, one)
				expand(one.chain)
			case hasUnknown(name):
				all = append(all, &middleware{name: name, effect: effect{unknown: true}})
			}
		}
	}
	expand(names)
	return all
}

// providerOf is what stands after the @ of a name.
func providerOf(name string) string {
	_, provider, _ := strings.Cut(name, "@")
	return provider
}
