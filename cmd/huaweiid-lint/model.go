package main

import (
	"net/http"
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
	sets     []string // request headers that a headers middleware sets or takes off, in canonical form

	plugin   bool // this plugin's
	resource bool // of Kubernetes
	options  any  // what stands under the plugin's key
	path     []string
	labels   map[string]string // of a container: values by what stands behind the plugin's key
	taken    map[string]bool   // options, in lower case, whose values are known elsewhere only
	config   *huaweiid.Config  // nil where Traefik cannot read it
}

// router is a router of a file, or a rule of a Kubernetes route.
type router struct {
	place
	name        string
	rule        string
	conditions  rule
	entryPoints []string // none = those of asDefault, or all
	middlewares []string // names with providers
	apps        []string // what its requests reach, in a form that tells whether two routers reach the same
}

// entryPoint is one of the static configuration.
type entryPoint struct {
	middlewares []string
	asDefault   bool
}

// model is what all files say together.
type model struct {
	middlewares map[string]*middleware
	plugins     []*middleware // those of this plugin, doubles included
	routers     []*router
	services    map[string][]string // what a file's service reaches
	behind      map[string][]string // the middlewares of a file's service
	entryPoints map[string]entryPoint
	providers   map[string]bool // of which there are files
}

func newModel() *model {
	return &model{
		middlewares: map[string]*middleware{}, services: map[string][]string{}, behind: map[string][]string{},
		entryPoints: map[string]entryPoint{}, providers: map[string]bool{},
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

func get(values map[string]any, name string) any {
	_, value, _ := lookup(values, name)
	return value
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
	m.addEntryPoints(d.data)
	if _, _, found := lookup(d.data, "http"); found {
		m.providers[ofFile] = true
	}

	middlewares, at := section(d.data, "http", "middlewares")
	for _, one := range middlewaresIn(d, middlewares, at, ofFile, plugin) {
		m.addMiddleware(one)
	}

	services, _ := section(d.data, "http", "services")
	for name, value := range services {
		options, _ := value.(map[string]any)
		balancer, _ := section(options, "loadBalancer")
		servers, _ := get(balancer, "servers").([]any)
		if tables, ok := get(balancer, "servers").([]map[string]any); ok { // as TOML decodes [[...]]
			for _, table := range tables {
				servers = append(servers, table)
			}
		}
		for _, server := range servers {
			if server, ok := server.(map[string]any); ok {
				m.services[name] = append(m.services[name], strings.TrimSuffix(text(get(server, "url")), "/"))
			}
		}
		m.behind[name] = qualified(list(get(options, "middlewares")), ofFile)
	}

	routers, at := section(d.data, "http", "routers")
	for name, value := range routers {
		options, _ := value.(map[string]any)
		m.routers = append(m.routers, &router{
			place: d.at(under(at, name)...), name: name + "@" + ofFile, rule: text(get(options, "rule")),
			entryPoints: list(get(options, "entryPoints")),
			middlewares: qualified(list(get(options, "middlewares")), ofFile),
			apps:        []string{"service " + text(get(options, "service"))},
		})
	}
}

// addEntryPoints takes in those of a static configuration.
func (m *model) addEntryPoints(static map[string]any) {
	entryPoints, _ := section(static, "entryPoints")
	for name, value := range entryPoints {
		options, _ := value.(map[string]any)
		ofHTTP, _ := section(options, "http")
		m.entryPoints[name] = entryPoint{
			middlewares: list(get(ofHTTP, "middlewares")),
			asDefault:   text(get(options, "asDefault")) == "true",
		}
	}
}

// middlewaresIn reads the middlewares that a document has at a path.
func middlewaresIn(d *document, middlewares map[string]any, at []string, provider, plugin string) []*middleware {
	var found []*middleware
	for name, value := range middlewares {
		options, _ := value.(map[string]any)
		one := &middleware{place: d.at(under(at, name)...), document: d, name: name + "@" + provider}
		if chain, _ := section(options, "chain"); chain != nil {
			one.chain = qualified(list(get(chain, "middlewares")), provider)
		}
		one.sets = headersSet(options)
		if plugins, ofPlugin := section(options, "plugin"); plugins != nil {
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

// headersSet are the request headers that a headers middleware sets or takes off.
func headersSet(options map[string]any) []string {
	headers, _ := section(options, "headers", "customRequestHeaders")
	var names []string
	for name := range headers {
		names = append(names, http.CanonicalHeaderKey(name))
	}
	return names
}

// finish resolves what one file says of another.
func (m *model) finish() {
	for _, r := range m.routers {
		r.conditions = parseRule(r.rule)
		for _, app := range r.apps {
			name, ofFile := strings.CutPrefix(app, "service ")
			name = strings.TrimSuffix(name, "@file")
			if ofFile {
				r.apps = append(r.apps, m.services[name]...)
				r.middlewares = append(r.middlewares, m.behind[name]...)
			}
		}
	}
	sort.Slice(m.routers, func(i, j int) bool { return m.routers[i].name < m.routers[j].name })
}

// internal is the entry point of Traefik's API.
const internal = "traefik"

// entryPointsOf are a router's entry points, as far as the static configuration is there.
func (m *model) entryPointsOf(r *router) []string {
	if len(r.entryPoints) > 0 {
		return r.entryPoints
	}
	var all, defaults []string
	for name, entryPoint := range m.entryPoints {
		if name == internal {
			continue // Traefik's own; no router is on it unless it says so
		}
		all = append(all, name)
		if entryPoint.asDefault {
			defaults = append(defaults, name)
		}
	}
	if len(defaults) > 0 {
		return defaults
	}
	return all
}

// expanded visits a router's middlewares, chains taken apart.
func (m *model) expanded(names []string, visit func(*middleware)) {
	seen := map[string]bool{}
	var expand func(names []string)
	expand = func(names []string) {
		for _, name := range names {
			one := m.middlewares[name]
			if one == nil || seen[name] {
				continue
			}
			seen[name] = true
			visit(one)
			expand(one.chain)
		}
	}
	expand(names)
}

// everywhere tells whether a router's requests pass a middleware of a sort, on each entry point.
func (m *model) everywhere(r *router, wanted func(*middleware) bool) bool {
	among := func(names []string) bool {
		found := false
		m.expanded(names, func(one *middleware) { found = found || wanted(one) })
		return found
	}
	if among(r.middlewares) {
		return true
	}
	entryPoints := m.entryPointsOf(r)
	for _, name := range entryPoints {
		if !among(m.entryPoints[name].middlewares) {
			return false
		}
	}
	return len(entryPoints) > 0
}

func (m *model) protected(r *router) bool {
	return m.everywhere(r, func(one *middleware) bool { return one.plugin })
}

// protects tells whether a request header is set or taken off on a router.
func (m *model) protects(r *router, header string) bool {
	return m.everywhere(r, func(one *middleware) bool {
		for _, name := range one.sets {
			if name == header {
				return true
			}
		}
		return one.config != nil && http.CanonicalHeaderKey(strings.TrimSpace(one.config.Headers.Status)) == header
	})
}

// meet tells whether two routers share an entry point.
func (m *model) meet(a, b *router) bool {
	ofA, ofB := m.entryPointsOf(a), m.entryPointsOf(b)
	if len(ofA) == 0 || len(ofB) == 0 {
		return true // the static configuration is not among the files
	}
	for _, one := range ofA {
		for _, other := range ofB {
			if one == other {
				return true
			}
		}
	}
	return false
}

// sameApp returns what both routers reach, in words; "" where that is nothing.
func sameApp(a, b *router) string {
	for _, one := range a.apps {
		for _, other := range b.apps {
			if one == other && one != "service " && !strings.HasSuffix(one, "@internal") {
				return one
			}
		}
	}
	return ""
}

// providerOf is what stands after the @ of a name.
func providerOf(name string) string {
	_, provider, _ := strings.Cut(name, "@")
	return provider
}
