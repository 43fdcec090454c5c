package configuration

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/traefik/traefik/v3/pkg/config/label"

	"github.com/traefik-huaweiid/huaweiid/e2e/plugin"
)

// format is a way to write a middleware's options.
type format struct {
	// options reads the options of the middleware auth from a whole document.
	options func(t *testing.T, document string) map[string]any
	// one writes a document with one option, whose value is given in JSON: that is YAML and TOML as well.
	one func(path, value string) string
}

var formats = map[string]format{
	"YAML": {
		options: func(t *testing.T, document string) map[string]any { return fromFile(t, document, ".yml") },
		one: func(path, value string) string {
			return "http: {middlewares: {auth: {plugin: {huaweiid: " + nested(path, value) + "}}}}"
		},
	},
	"TOML": {
		options: func(t *testing.T, document string) map[string]any { return fromFile(t, document, ".toml") },
		one: func(path, value string) string {
			return "[http.middlewares.auth.plugin.huaweiid]\n" + path + " = " + value + "\n"
		},
	},
	"labels": {options: fromLabels, one: oneLabel},
	"Kubernetes": {options: fromKubernetes, one: func(path, value string) string {
		return `{"spec": {"plugin": {"huaweiid": ` + nested(path, value) + `}}}`
	}},
}

func fromFile(t *testing.T, document, extension string) map[string]any {
	t.Helper()
	configuration, err := plugin.Configuration(document, extension)
	require.NoError(t, err)
	options, err := plugin.Options(configuration, "auth")
	require.NoError(t, err)
	return options
}

// fromLabels reads one label a line, as a Compose file's list of labels has them.
func fromLabels(t *testing.T, document string) map[string]any {
	t.Helper()
	labels := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(document), "\n") {
		name, value, _ := strings.Cut(line, "=")
		labels[name] = value
	}
	configuration, err := label.DecodeConfiguration(labels)
	require.NoError(t, err)
	options, err := plugin.Options(configuration, "auth")
	require.NoError(t, err)
	return options
}

func fromKubernetes(t *testing.T, document string) map[string]any {
	t.Helper()
	options, err := plugin.Resource(document)
	require.NoError(t, err)
	return options
}

// nested writes {"a": {"b": value}} for the path a.b.
func nested(path, value string) string {
	parts := strings.Split(path, ".")
	for i := len(parts) - 1; i >= 0; i-- {
		value = fmt.Sprintf("{%q: %s}", parts[i], value)
	}
	return value
}

// oneLabel writes lists as labels do: with commas.
func oneLabel(path, value string) string {
	var parsed any
	if err := json.Unmarshal([]byte(value), &parsed); err != nil {
		panic(err)
	}
	text := strings.Trim(value, `"`)
	switch parsed := parsed.(type) {
	case string:
		text = parsed
	case []any:
		var elements []string
		for _, element := range parsed {
			elements = append(elements, fmt.Sprint(element))
		}
		text = strings.Join(elements, ",")
	}
	return "traefik.http.middlewares.auth.plugin.huaweiid." + path + "=" + text
}
