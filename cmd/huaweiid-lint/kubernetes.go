package main

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
)

// Kubernetes resources that Traefik reads. Names become those that Traefik gives them: NAMESPACE-NAME@kubernetescrd.

const (
	defaultNamespace  = "default"
	routerMiddlewares = "traefik.ingress.kubernetes.io/router.middlewares"
	routerEntryPoints = "traefik.ingress.kubernetes.io/router.entrypoints"
	routerTLS         = "traefik.ingress.kubernetes.io/router.tls"
)

// resource is one manifest.
type resource struct {
	*document
	kind, name, namespace string
	spec                  map[string]any
	root                  []string // path of the resource in its document
	at                    []string // path of the spec
}

// isResource tells a manifest from a file of the file provider.
func isResource(d *document) bool {
	_, versioned := d.data["apiVersion"]
	_, ofKind := d.data["kind"]
	return versioned && ofKind
}

// resources are the manifests of a document: itself, or those of a List.
func resources(d *document) []resource {
	var found []resource
	var add func(values map[string]any, root []string)
	add = func(values map[string]any, root []string) {
		if items, ok := values["items"].([]any); ok && strings.HasSuffix(text(values["kind"]), "List") {
			for i, item := range items {
				if item, ok := item.(map[string]any); ok {
					add(item, under(root, "items", fmt.Sprint(i)))
				}
			}
			return
		}
		metadata, _ := values["metadata"].(map[string]any)
		r := resource{document: d, kind: text(values["kind"]), name: text(metadata["name"]), namespace: text(metadata["namespace"]), root: root}
		if r.namespace == "" {
			r.namespace = defaultNamespace
		}
		r.spec, _ = values["spec"].(map[string]any)
		r.at = under(root, "spec")
		found = append(found, r)
	}
	add(d.data, nil)
	return found
}

// addResource takes in a manifest.
func (m *model) addResource(r resource, plugin string) {
	m.providers[ofKubernetes] = true
	switch r.kind {
	case "Middleware":
		m.addMiddlewareResource(r, plugin)
	case "IngressRoute":
		m.addIngressRoute(r)
	case "TraefikService":
		m.addTraefikService(r)
	case "Ingress":
		m.addIngress(r)
	case "HTTPRoute", "GRPCRoute":
		m.addGatewayRoute(r)
	}
}

func (m *model) addMiddlewareResource(r resource, plugin string) {
	one := &middleware{
		place: r.document.at(r.at...), document: r.document, resource: true,
		name: crdName(r.namespace, r.name), effect: effectOf(r.spec),
	}
	if chain, ok := r.spec["chain"].(map[string]any); ok {
		one.chain = r.references(chain["middlewares"])
	}
	if plugins, ok := r.spec["plugin"].(map[string]any); ok {
		m.addPluginKeys(r.document, plugins, under(r.at, "plugin"), one.name)
		if options, found := plugins[plugin]; found {
			one.plugin, one.options = true, options
			one.path = under(r.at, "plugin", plugin)
			one.place = r.document.at(one.path...)
		}
	}
	m.addMiddleware(one)
}

func crdName(namespace, name string) string {
	if strings.Contains(name, "@") {
		return name
	}
	return namespace + "-" + name + "@" + ofKubernetes
}

// references reads a list of {name, namespace}.
func (r resource) references(value any) []string {
	var names []string
	for _, one := range tables(value) {
		names = append(names, crdName(r.namespaceOf(one), text(one["name"])))
	}
	return names
}

// namespaceOf is the namespace that a reference is to: the resource's own where it names none.
func (r resource) namespaceOf(reference map[string]any) string {
	return cmp.Or(text(reference["namespace"]), r.namespace)
}

// app is what a reference to a service reaches; "" where there is none.
func (r resource) app(reference map[string]any) string {
	name, kind := text(reference["name"]), cmp.Or(text(reference["kind"]), "Service")
	switch {
	case name == "":
		return ""
	case kind == "TraefikService" && strings.Contains(name, "@"):
		return serviceNamed(name, ofKubernetes)
	}
	return kind + " " + r.namespaceOf(reference) + "/" + name
}

func (r resource) appsIn(references any) []string {
	var apps []string
	for _, one := range tables(references) {
		apps = append(apps, r.app(one))
	}
	return apps
}

// addTraefikService takes in the services among which one chooses, or which it copies to.
func (m *model) addTraefikService(r resource) {
	var inner []string
	for _, kind := range []string{"weighted", "highestRandomWeight"} {
		of, _ := r.spec[kind].(map[string]any)
		inner = append(inner, r.appsIn(of["services"])...)
	}
	if mirroring, ok := r.spec["mirroring"].(map[string]any); ok {
		inner = append(append(inner, r.app(mirroring)), r.appsIn(mirroring["mirrors"])...)
	}
	m.services["TraefikService "+r.namespace+"/"+r.name] = &service{inner: inner}
}

func (m *model) addIngressRoute(r resource) {
	const kind = "IngressRoute "
	var parents []string
	for _, parent := range tables(r.spec["parentRefs"]) {
		parents = append(parents, kind+r.namespaceOf(parent)+"/"+text(parent["name"]))
	}
	for i, route := range tables(r.spec["routes"]) {
		m.routers = append(m.routers, &router{
			place: r.document.at(under(r.at, "routes", fmt.Sprint(i))...), name: kind + r.namespace + "/" + r.name,
			rule: text(route["match"]), entryPoints: list(r.spec["entryPoints"]), tls: has(r.spec, "tls"),
			middlewares: r.references(route["middlewares"]), parents: parents, apps: r.appsIn(route["services"]),
		})
	}
}

func (m *model) addIngress(r resource) {
	metadata := r.document.data
	for _, key := range under(r.root, "metadata", "annotations") {
		if items, ok := metadata["items"].([]any); ok && key == "items" {
			metadata = map[string]any{}
			for i, item := range items {
				metadata[fmt.Sprint(i)] = item
			}
			continue
		}
		metadata, _ = metadata[key].(map[string]any)
	}
	add := func(rule string, backend any, path ...string) {
		of, _ := backend.(map[string]any)
		service, _ := of["service"].(map[string]any)
		m.routers = append(m.routers, &router{
			place: r.document.at(under(r.at, path...)...), name: "Ingress " + r.namespace + "/" + r.name, rule: rule,
			entryPoints: list(metadata[routerEntryPoints]), tls: text(metadata[routerTLS]) == "true",
			middlewares: list(metadata[routerMiddlewares]), apps: []string{r.app(service)},
		})
	}
	rules := tables(r.spec["rules"])
	for i, ofHost := range rules {
		ofHTTP, _ := ofHost["http"].(map[string]any)
		for j, path := range tables(ofHTTP["paths"]) {
			rule := and(host(text(ofHost["host"])), pathRule(text(path["pathType"]), text(path["path"])))
			add(rule, path["backend"], "rules", fmt.Sprint(i), "http", "paths", fmt.Sprint(j))
		}
	}
	if backend := r.spec["defaultBackend"]; backend != nil && len(rules) == 0 { // beside rules Traefik leaves it alone
		add(pathRule("", ""), backend, "defaultBackend")
	}
}

// addGatewayRoute takes in an HTTPRoute or a GRPCRoute: a router per rule.
func (m *model) addGatewayRoute(r resource) {
	var hosts []string
	for _, name := range list(r.spec["hostnames"]) {
		hosts = append(hosts, host(name))
	}
	for i, one := range tables(r.spec["rules"]) {
		at := under(r.at, "rules", fmt.Sprint(i))
		added := &router{
			place: r.document.at(at...), name: r.kind + " " + r.namespace + "/" + r.name, apps: r.appsIn(one["backendRefs"]),
		}
		var matches []string
		for _, match := range tables(one["matches"]) {
			matches = append(matches, matchRule(match))
		}
		added.rule = and(or(hosts), or(matches))
		for j, filter := range tables(one["filters"]) {
			reference, _ := filter["extensionRef"].(map[string]any)
			if text(filter["type"]) == "ExtensionRef" && text(reference["kind"]) == "Middleware" {
				added.middlewares = append(added.middlewares, crdName(r.namespace, text(reference["name"])))
				continue
			}
			made := &middleware{
				place: r.document.at(at...), name: fmt.Sprintf("filter %d of rule %d of %s", j+1, i+1, added.name), effect: effectOfFilter(filter),
			}
			m.addMiddleware(made)
			added.middlewares = append(added.middlewares, made.name)
		}
		m.routers = append(m.routers, added)
	}
}

// effectOfFilter is the effect of the middleware that Traefik makes of a route's filter.
func effectOfFilter(filter map[string]any) effect {
	e := effect{kind: text(filter["type"])}
	switch e.kind {
	case "RequestRedirect":
		e.answers = true
	case "RequestHeaderModifier":
		modifier, _ := filter["requestHeaderModifier"].(map[string]any)
		for _, name := range list(modifier["remove"]) {
			e.sets = append(e.sets, http.CanonicalHeaderKey(name))
		}
		for _, header := range tables(modifier["set"]) {
			e.sets = append(e.sets, http.CanonicalHeaderKey(text(header["name"])))
		}
	}
	return e
}

func matchRule(match map[string]any) string {
	path, _ := match["path"].(map[string]any)
	method, isMethod := match["method"].(map[string]any)
	var rule string
	switch {
	case isMethod: // of gRPC: /SERVICE/METHOD
		rule = fmt.Sprintf("PathPrefix(%q)", "/"+text(method["service"])+"/")
		if text(method["method"]) != "" {
			rule = fmt.Sprintf("Path(%q)", "/"+text(method["service"])+"/"+text(method["method"]))
		}
	case text(path["type"]) == "RegularExpression":
		rule = fmt.Sprintf("PathRegexp(%q)", text(path["value"]))
	default:
		rule = pathRule(strings.TrimPrefix(text(path["type"]), "Path"), text(path["value"]))
	}
	for _, condition := range []string{"headers", "queryParams"} {
		if match[condition] != nil {
			rule = and(rule, fmt.Sprintf("%s(%q)", condition, fmt.Sprint(match[condition])))
		}
	}
	return rule
}

func host(name string) string {
	switch {
	case name == "":
		return ""
	case strings.HasPrefix(name, "*."):
		return fmt.Sprintf("HostRegexp(%q)", `^[a-z0-9-]+\.`+strings.ReplaceAll(name[2:], ".", `\.`)+"$")
	}
	return fmt.Sprintf("Host(%q)", name)
}

func pathRule(kind, path string) string {
	if path == "" {
		path = "/"
	}
	if kind == "Exact" {
		return fmt.Sprintf("Path(%q)", path)
	}
	return fmt.Sprintf("PathPrefix(%q)", path)
}

func and(a, b string) string {
	if a == "" {
		return b
	}
	if b == "" {
		return a
	}
	return "(" + a + ") && (" + b + ")"
}

func or(rules []string) string { return strings.Join(rules, " || ") }
