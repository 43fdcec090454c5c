package main

import (
	"fmt"
	"strings"
)

// Kubernetes resources that Traefik reads. Names become those that Traefik gives them: NAMESPACE-NAME@kubernetescrd.

const (
	defaultNamespace  = "default"
	routerMiddlewares = "traefik.ingress.kubernetes.io/router.middlewares"
	routerEntryPoints = "traefik.ingress.kubernetes.io/router.entrypoints"
)

// resource is one manifest.
type resource struct {
	*document
	kind, name, namespace string
	spec                  map[string]any
	root                  []string // path of the resource in its document
	at                    []string // path of the spec
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
	case "Ingress":
		m.addIngress(r)
	case "HTTPRoute", "GRPCRoute":
		m.addGatewayRoute(r)
	}
}

func (m *model) addMiddlewareResource(r resource, plugin string) {
	one := &middleware{
		place: r.document.at(r.at...), document: r.document, resource: true,
		name: crdName(r.namespace, r.name), sets: headersSet(r.spec),
	}
	if chain, ok := r.spec["chain"].(map[string]any); ok {
		one.chain = r.references(chain["middlewares"])
	}
	if plugins, ok := r.spec["plugin"].(map[string]any); ok {
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
	for _, one := range mapsIn(value) {
		namespace := text(one["namespace"])
		if namespace == "" {
			namespace = r.namespace
		}
		names = append(names, crdName(namespace, text(one["name"])))
	}
	return names
}

// mapsIn are the elements of a list that are maps.
func mapsIn(value any) []map[string]any {
	var found []map[string]any
	elements, _ := value.([]any)
	for _, element := range elements {
		one, _ := element.(map[string]any)
		found = append(found, one)
	}
	return found
}

func (r resource) app(namespace any, name any) string {
	in := text(namespace)
	if in == "" {
		in = r.namespace
	}
	return "Service " + in + "/" + text(name)
}

func (m *model) addIngressRoute(r resource) {
	for i, route := range mapsIn(r.spec["routes"]) {
		one := &router{
			place: r.document.at(under(r.at, "routes", fmt.Sprint(i))...), name: "IngressRoute " + r.namespace + "/" + r.name,
			rule: text(route["match"]), entryPoints: list(r.spec["entryPoints"]), middlewares: r.references(route["middlewares"]),
		}
		for _, service := range mapsIn(route["services"]) {
			if text(service["kind"]) == "TraefikService" {
				one.apps = append(one.apps, "Traefik"+r.app(service["namespace"], service["name"]))
				continue
			}
			one.apps = append(one.apps, r.app(service["namespace"], service["name"]))
		}
		m.routers = append(m.routers, one)
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
	middlewares, entryPoints := list(metadata[routerMiddlewares]), list(metadata[routerEntryPoints])
	for i, ofHost := range mapsIn(r.spec["rules"]) {
		ofHTTP, _ := ofHost["http"].(map[string]any)
		for j, path := range mapsIn(ofHTTP["paths"]) {
			backend, _ := path["backend"].(map[string]any)
			service, _ := backend["service"].(map[string]any)
			m.routers = append(m.routers, &router{
				place:       r.document.at(under(r.at, "rules", fmt.Sprint(i), "http", "paths", fmt.Sprint(j))...),
				name:        "Ingress " + r.namespace + "/" + r.name,
				rule:        and(host(text(ofHost["host"])), pathRule(text(path["pathType"]), text(path["path"]))),
				entryPoints: entryPoints, middlewares: middlewares, apps: []string{r.app(nil, service["name"])},
			})
		}
	}
}

// addGatewayRoute takes in an HTTPRoute or a GRPCRoute: a router per rule.
func (m *model) addGatewayRoute(r resource) {
	var hosts []string
	for _, name := range list(r.spec["hostnames"]) {
		hosts = append(hosts, host(name))
	}
	for i, one := range mapsIn(r.spec["rules"]) {
		added := &router{place: r.document.at(under(r.at, "rules", fmt.Sprint(i))...), name: r.kind + " " + r.namespace + "/" + r.name}
		var matches []string
		for _, match := range mapsIn(one["matches"]) {
			matches = append(matches, matchRule(match))
		}
		added.rule = and(or(hosts), or(matches))
		for _, filter := range mapsIn(one["filters"]) {
			reference, _ := filter["extensionRef"].(map[string]any)
			if text(filter["type"]) == "ExtensionRef" && text(reference["kind"]) == "Middleware" {
				added.middlewares = append(added.middlewares, crdName(r.namespace, text(reference["name"])))
			}
		}
		for _, backend := range mapsIn(one["backendRefs"]) {
			added.apps = append(added.apps, r.app(backend["namespace"], backend["name"]))
		}
		m.routers = append(m.routers, added)
	}
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
