package main

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"sort"
	"strings"
)

// Compose files: what Traefik's Docker and Swarm providers read of them are the labels of services, and the command of a service that
// is a Traefik is its static configuration.

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

// label is one of a container, or an argument of its command.
type label struct {
	name, value string
	known       bool // false where a variable in the value has none
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
		m.addEntryPoints(treeOf(d.file, argumentsOf(d, service["command"], under(at, "command"))).data)
	}
}

// labelsOf reads labels in both forms: a list of NAME=VALUE, or a map.
func labelsOf(d *document, value any, path []string) []label {
	var found []label
	add := func(name, value, key string) {
		text, known := interpolated(value)
		found = append(found, label{strings.TrimSpace(name), text, known, d.at(under(path, key)...).line})
	}
	switch value := value.(type) {
	case []any:
		for i, element := range value {
			name, text, _ := strings.Cut(fmt.Sprint(element), "=")
			add(name, text, fmt.Sprint(i))
		}
	case map[string]any:
		for name, element := range value {
			if element == nil {
				element = ""
			}
			add(name, fmt.Sprint(element), name)
		}
	}
	return found
}

// argumentsOf reads the arguments of a command that are about entry points.
func argumentsOf(d *document, value any, path []string) []label {
	var arguments []any
	switch value := value.(type) {
	case []any:
		arguments = value
	case string:
		for _, argument := range strings.Fields(value) {
			arguments = append(arguments, argument)
		}
	}
	var found []label
	for i, argument := range arguments {
		name, text, hasValue := strings.Cut(strings.TrimLeft(fmt.Sprint(argument), "-"), "=")
		if !hasValue {
			text = "true"
		}
		if strings.HasPrefix(strings.ToLower(name), "entrypoints.") {
			found = append(found, label{name, text, true, d.at(under(path, fmt.Sprint(i))...).line})
		}
	}
	return found
}

// variable is what Compose puts a value in the place of: $NAME, ${NAME}, and that with a default or another condition. $$ is a $.
var variable = regexp.MustCompile(`\$(?:(\$)|([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-?+])([^{}]*))?\})`)

// interpolated puts the variables of this process in. known is false where one of them has no value: it may have one elsewhere.
func interpolated(text string) (value string, known bool) {
	known = true
	value = variable.ReplaceAllStringFunc(text, func(found string) string {
		parts := variable.FindStringSubmatch(found)
		if parts[1] != "" {
			return "$"
		}
		set, isSet := os.LookupEnv(parts[2] + parts[3])
		if strings.HasPrefix(parts[4], ":") && set == "" {
			isSet = false
		}
		switch condition := strings.TrimPrefix(parts[4], ":"); {
		case condition == "-" && !isSet:
			return parts[5]
		case condition == "+" && isSet:
			return parts[5]
		case condition == "+":
			return ""
		case !isSet:
			known = false
		}
		return set
	})
	return value, known
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
	for _, one := range middlewaresIn(d, middlewares, at, provider, plugin) {
		if one.plugin {
			one.labels, one.taken = map[string]string{}, map[string]bool{}
			for _, l := range labels {
				names := strings.Split(l.name, ".")
				if n := len(one.path); len(names) >= n && strings.EqualFold(strings.Join(names[:n], "."), strings.Join(one.path, ".")) {
					option := strings.Join(names[n:], ".")
					one.labels[option] = l.value
					one.taken[strings.ToLower(option)] = !l.known
				}
			}
		}
		// The same on several containers is one.
		if first := m.middlewares[one.name]; first == nil || !reflect.DeepEqual(first.labels, one.labels) {
			m.addMiddleware(one)
		}
	}

	services, _ := section(d.data, "traefik", "http", "services")
	routers, at := section(d.data, "traefik", "http", "routers")
	for name, value := range routers {
		options, _ := value.(map[string]any)
		m.routers = append(m.routers, &router{
			place: d.at(under(at, name)...), name: name + "@" + provider, rule: text(get(options, "rule")),
			entryPoints: list(get(options, "entryPoints")),
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
	return "service " + qualified([]string{service}, provider)[0]
}
