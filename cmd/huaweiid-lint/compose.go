package main

import (
	"cmp"
	"fmt"
	"os"
	"path"
	"reflect"
	"slices"
	"sort"
	"strings"
)

// Compose files: what Traefik's Docker and Swarm providers read of them are the labels of services. The command of a service that is a
// Traefik is its static configuration, or its environment is.

// Providers, as they stand after the @ of a name.
const (
	ofDocker = "docker"
	ofSwarm  = "swarm" // labels under deploy
)

// isCompose tells a Compose file from one of the file provider.
func isCompose(d *document) bool {
	services, _ := d.data["services"].(map[string]any)
	_, isFile := d.data["http"]
	return len(services) > 0 && !isFile
}

// label is one of a container, or an argument or a variable of its command.
type label struct {
	name, value string
	line        int
}

// addCompose takes in a Compose file.
func (m *model) addCompose(d *document, plugin string) {
	services := d.data["services"].(map[string]any)
	names := make([]string, 0, len(services))
	for name := range services {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool { return d.at("services", names[i]).line < d.at("services", names[j]).line })
	for _, name := range names {
		service, _ := services[name].(map[string]any)
		deploy, _ := service["deploy"].(map[string]any)
		at := []string{"services", name}
		m.addLabels(labelsOf(d, service["labels"], under(at, "labels")), d.file, name, ofDocker, plugin)
		m.addLabels(labelsOf(d, deploy["labels"], under(at, "deploy", "labels")), d.file, name, ofSwarm, plugin)
		static, given := argumentsOf(d, service["entrypoint"], under(at, "entrypoint"))
		more, alsoGiven := argumentsOf(d, service["command"], under(at, "command"))
		static = append(static, more...)
		if !given && !alsoGiven { // Traefik takes its variables only where it has no arguments
			static = variablesOf(d, service["environment"], under(at, "environment"))
		}
		m.addStatic(treeOf(d.file, static).data)
		m.addMounted(d, service)
	}
}

// labelsOf reads labels in both forms: a list of NAME=VALUE, or a map.
func labelsOf(d *document, value any, path []string) []label {
	var found []label
	add := func(name, value, key string) {
		found = append(found, label{strings.TrimSpace(name), value, d.at(under(path, key)...).line})
	}
	switch value := value.(type) {
	case []any:
		for i, element := range value {
			name, text, _ := strings.Cut(interpolated(fmt.Sprint(element)), "=")
			add(name, text, fmt.Sprint(i))
		}
	case map[string]any:
		for name, element := range value {
			if element == nil {
				element = ""
			}
			add(name, interpolated(fmt.Sprint(element)), name)
		}
	}
	return found
}

// isStatic tells whether an argument is about a part of the static configuration that is looked at.
func isStatic(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"entrypoints.", "experimental.plugins.", "experimental.localplugins.", "providers.file."},
		func(part string) bool { return strings.HasPrefix(name, part) })
}

// addMounted notes where a container has the secrets of a Compose file.
func (m *model) addMounted(d *document, service map[string]any) {
	declared, _ := d.data["secrets"].(map[string]any)
	secrets, _ := service["secrets"].([]any)
	for _, secret := range secrets {
		source, target := text(secret), ""
		if long, isLong := secret.(map[string]any); isLong {
			source, target = text(long["source"]), text(long["target"])
		}
		if _, found := declared[source]; !found {
			continue
		}
		target = cmp.Or(target, source)
		if !path.IsAbs(target) {
			target = path.Join("/run/secrets", target)
		}
		m.mounted[target] = true
	}
}

// argumentsOf reads the arguments of a command that are looked at, and tells whether Traefik has any.
func argumentsOf(d *document, value any, path []string) (found []label, given bool) {
	var arguments []any
	switch value := value.(type) {
	case []any:
		arguments = value
	case string:
		for _, argument := range strings.Fields(value) {
			arguments = append(arguments, argument)
		}
	}
	for i, argument := range arguments {
		written := interpolated(fmt.Sprint(argument))
		name, text, hasValue := strings.Cut(strings.TrimLeft(written, "-"), "=")
		if !hasValue {
			text = "true"
		}
		given = given || strings.HasPrefix(written, "-")
		if isStatic(name) {
			found = append(found, label{name, text, d.at(under(path, fmt.Sprint(i))...).line})
		}
	}
	return found, given
}

// variablesOf reads the variables of a container that are looked at: TRAEFIK_ENTRYPOINTS_WEB_ADDRESS is
// entrypoints.web.address.
func variablesOf(d *document, value any, path []string) []label {
	var found []label
	for _, one := range labelsOf(d, value, path) {
		if one.value == "" { // without a value it is that of this process
			one.value = os.Getenv(one.name)
		}
		name, ofTraefik := strings.CutPrefix(strings.ReplaceAll(strings.ToLower(one.name), "_", "."), "traefik.")
		if ofTraefik && isStatic(name) {
			found = append(found, label{name, one.value, one.line})
		}
	}
	return found
}

// treeOf makes of labels what a file would have: values in maps, and the line of each.
func treeOf(file string, labels []label) *document {
	d := &document{file: file, data: map[string]any{}, lines: map[string]int{}}
	sort.Slice(labels, func(i, j int) bool { return labels[i].line < labels[j].line })
	for _, one := range labels {
		if d.first == 0 {
			d.first = one.line
		}
		values, path := d.data, []string(nil)
		names := strings.Split(one.name, ".")
		for i, name := range names {
			key, inner, _ := lookup(values, name)
			path = under(path, key)
			d.note(path, one.line)
			next, isMap := inner.(map[string]any)
			switch {
			case i == len(names)-1 && !isMap:
				values[key] = one.value
			case !isMap:
				next = map[string]any{}
				values[key] = next
			}
			values = next
		}
	}
	return d
}

// addLabels takes in the labels of one container.
func (m *model) addLabels(labels []label, file, container, provider, plugin string) {
	labels = slices.DeleteFunc(labels, func(one label) bool { return !strings.HasPrefix(strings.ToLower(one.name), "traefik.") })
	if len(labels) == 0 {
		return
	}
	d := treeOf(file, labels)
	root, _ := section(d.data, "traefik")
	if text(get(root, "enable")) == "false" {
		return
	}
	m.providers[provider] = true

	middlewares, at := section(d.data, "traefik", "http", "middlewares")
	for _, one := range m.middlewaresIn(d, middlewares, at, provider, plugin) {
		if one.plugin {
			one.labels = map[string]string{}
			for _, l := range labels {
				names := strings.Split(l.name, ".")
				if n := len(one.path); len(names) >= n && strings.EqualFold(strings.Join(names[:n], "."), strings.Join(one.path, ".")) {
					one.labels[strings.Join(names[n:], ".")] = l.value
				}
			}
		}
		// The same on several containers is one.
		if first := m.middlewares[one.name]; first == nil || !reflect.DeepEqual(first.labels, one.labels) {
			m.addMiddleware(one)
		}
	}

	services, _ := section(d.data, "traefik", "http", "services")
	for name, value := range services {
		options, _ := value.(map[string]any)
		server, _ := section(options, "loadBalancer", "server")
		if number := text(get(server, "port")); number != "" {
			m.services[serviceNamed(name, provider)] = &service{inner: []string{port(container, number)}}
		}
	}
	routers, at := section(d.data, "traefik", "http", "routers")
	for name, value := range routers {
		options, _ := value.(map[string]any)
		m.routers = append(m.routers, &router{
			place: d.at(under(at, name)...), name: name + "@" + provider,
			rule:        cmp.Or(text(get(options, "rule")), "the default rule of "+container), // it is by the container's name
			entryPoints: list(get(options, "entryPoints")),
			tls:         has(options, "tls"),
			middlewares: qualified(list(get(options, "middlewares")), provider),
			apps:        []string{appOf(text(get(options, "service")), services, container, provider)},
		})
	}
}

// appOf is what a router of a container reaches: the service that it names, else the only one of the container's labels, else the
// container itself.
func appOf(service string, ofLabels map[string]any, container, provider string) string {
	if service == "" && len(ofLabels) == 1 {
		for name := range ofLabels {
			service = name
		}
	}
	if service == "" {
		return "container " + container
	}
	return serviceNamed(service, provider)
}
