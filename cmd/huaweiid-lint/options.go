package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"sort"
	"strings"
	"sync"

	"github.com/mitchellh/mapstructure"
	"github.com/traefik-huaweiid/huaweiid"
	"github.com/traefik/paerser/file"
	"github.com/traefik/paerser/parser"
	"gopkg.in/yaml.v3"
)

// pluginConf is what stands under a plugin's key, as Traefik's dynamic.PluginConf is.
type pluginConf map[string]any

// fileConfiguration is the part of Traefik's dynamic.Configuration that has plugins in it.
type fileConfiguration struct {
	HTTP *struct {
		Middlewares map[string]*struct {
			Plugin map[string]pluginConf `json:"plugin,omitempty" toml:"plugin,omitempty" yaml:"plugin,omitempty"`
		} `json:"middlewares,omitempty" toml:"middlewares,omitempty" yaml:"middlewares,omitempty"`
	} `json:"http,omitempty" toml:"http,omitempty" yaml:"http,omitempty"`
}

// fromFile gives options the form in which Traefik's file provider hands them on: its parser makes texts of all scalars.
func fromFile(options any) (pluginConf, error) {
	const name = "m"
	text, err := yaml.Marshal(map[string]any{"http": map[string]any{"middlewares": map[string]any{name: map[string]any{
		"plugin": map[string]any{name: options},
	}}}})
	if err != nil {
		return nil, err
	}
	var configuration fileConfiguration
	if err := file.DecodeContent(string(text), ".yml", &configuration); err != nil {
		return nil, err
	}
	return configuration.HTTP.Middlewares[name].Plugin[name], nil
}

// fromResource gives options the form in which Traefik's Kubernetes provider hands them on: that of JSON.
func fromResource(options any) (pluginConf, error) {
	text, err := json.Marshal(options)
	if err != nil {
		return nil, err
	}
	var conf pluginConf
	return conf, json.Unmarshal(text, &conf)
}

// fromLabels gives options the form in which Traefik's Docker provider hands them on. The labels are those behind the plugin's key.
func fromLabels(labels map[string]string) (pluginConf, error) {
	const name = "m"
	whole := map[string]string{}
	for option, value := range labels {
		whole[strings.TrimSuffix("traefik.http.middlewares."+name+".plugin."+name+"."+option, ".")] = value
	}
	var configuration fileConfiguration
	if err := parser.Decode(whole, &configuration, parser.DefaultRootName); err != nil {
		return nil, err
	}
	return configuration.HTTP.Middlewares[name].Plugin[name], nil
}

// decode is what Traefik's plugin loader does (pkg/plugins/middlewareyaegi.go, createConfig).
func decode(options pluginConf) (*huaweiid.Config, error) {
	config := huaweiid.CreateConfig()
	if len(options) == 0 {
		return config, nil
	}
	decoder, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{
		DecodeHook:       mapstructure.StringToSliceHookFunc(","),
		WeaklyTypedInput: true,
		Result:           config,
	})
	if err != nil {
		return nil, err
	}
	return config, decoder.Decode(options)
}

// problem is one mistake that New names.
type problem struct {
	path string // the option's; empty where it is about none
	text string
}

// speaking guards standard output while New says what it enforces, which is for Traefik's log.
var speaking sync.Mutex

// problemsOf returns what New says of the configuration.
func problemsOf(config *huaweiid.Config, options pluginConf) []problem {
	speaking.Lock()
	defer speaking.Unlock()
	stdout, output := os.Stdout, log.Writer()
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		os.Stdout = null
		defer null.Close()
	}
	log.SetOutput(io.Discard)
	_, err := huaweiid.New(context.Background(), http.NotFoundHandler(), config, "huaweiid-lint")
	os.Stdout = stdout
	log.SetOutput(output)
	if err == nil {
		return nil
	}
	return split(err, options)
}

// split takes New's one error apart. A problem begins with the path of an option, one that there is or one that was given.
func split(err error, options pluginConf) []problem {
	paths := append(known(), given(options, "")...)
	// The longest first, so that cache.ttl is not taken for cache.
	sort.Slice(paths, func(i, j int) bool { return len(paths[i]) > len(paths[j]) })
	for i, path := range paths {
		paths[i] = regexp.QuoteMeta(path)
	}
	begin := regexp.MustCompile(`(?i)(?:^|; |^invalid configuration: )(` + strings.Join(paths, "|") + `): `)

	text := err.Error()
	var problems []problem
	found := begin.FindAllStringSubmatchIndex(masked(text), -1)
	for i, at := range found {
		end := len(text)
		if i+1 < len(found) {
			end = found[i+1][0]
		}
		problems = append(problems, problem{text[at[2]:at[3]], text[at[2]:end]})
	}
	if len(problems) == 0 {
		problems = []problem{{text: text}}
	}
	return problems
}

var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// masked hides what is in quotes: a value may look like the beginning of a problem.
func masked(text string) string {
	return quoted.ReplaceAllStringFunc(text, func(s string) string { return strings.Repeat("_", len(s)) })
}

// known are the paths of all options and groups.
func known() []string { return knownIn(reflect.TypeOf(huaweiid.Config{}), "") }

func knownIn(group reflect.Type, prefix string) []string {
	var paths []string
	for i := range group.NumField() {
		field := group.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		paths = append(paths, prefix+name)
		if field.Type.Kind() == reflect.Struct {
			paths = append(paths, knownIn(field.Type, prefix+name+".")...)
		}
	}
	return paths
}

// given are the paths of all keys that were written.
func given(options map[string]any, prefix string) []string {
	var paths []string
	for name, value := range options {
		paths = append(paths, prefix+name)
		if group, ok := value.(map[string]any); ok {
			paths = append(paths, given(group, prefix+name+".")...)
		}
	}
	return paths
}

// fieldName is how the decoder names an option: 'Cache.TTL'.
var fieldName = regexp.MustCompile(`'([A-Za-z.]+)'`)

var errEmpty = errors.New("the plugin's key has no value, so that Traefik refuses the whole file; write {} for the defaults")

// checkOptions says what New would say about a middleware.
func (r *report) checkOptions(m *middleware) {
	if m.options == nil && !m.resource {
		r.add(m.place, mistake, "%v", errEmpty)
		return
	}
	decoded, err := m.decoded()
	if err != nil {
		r.add(m.place, mistake, "Traefik cannot read this: %v", err)
		return
	}
	config, err := decode(decoded)
	if err != nil {
		at := m.place
		if named := fieldName.FindStringSubmatch(err.Error()); named != nil {
			at = m.document.at(m.pathOf(named[1])...)
		}
		r.add(at, mistake, "Traefik cannot read this: %s", strings.Join(strings.Fields(err.Error()), " "))
		return
	}
	m.config = config
	for _, p := range m.problems(decoded) {
		at := m.document.at(m.pathOf(p.path)...)
		if strings.HasPrefix(p.text, p.path+": reading ") {
			r.add(at, warning, "%s (looked for on this machine)", p.text)
			continue
		}
		r.add(at, mistake, "%s", p.text)
	}
	if len(config.Audience.ClientIDs) == 0 {
		r.add(m.place, warning, "audience.clientIDs is empty: any Huawei app's token is accepted, so that the owner of another app can be "+
			"taken for its users; name your own apps' client IDs")
	}
}

// decoded are the options as the provider hands them on.
func (m *middleware) decoded() (pluginConf, error) {
	switch {
	case m.labels != nil:
		return fromLabels(m.labels)
	case m.resource:
		return fromResource(m.options)
	}
	return fromFile(m.options)
}

// pathOf is where an option stands in the document, in the case in which it was written.
func (m *middleware) pathOf(option string) []string {
	path := m.path
	values, _ := m.options.(map[string]any)
	for _, name := range strings.Split(option, ".") {
		key, value, found := lookup(values, name)
		if !found {
			break
		}
		path = append(path[:len(path):len(path)], key)
		values, _ = value.(map[string]any)
	}
	return path
}

// lookup finds a key whatever the case of its letters, as Traefik's decoders do.
func lookup(values map[string]any, name string) (key string, value any, found bool) {
	if value, ok := values[name]; ok {
		return name, value, true
	}
	for key, value := range values {
		if strings.EqualFold(key, name) {
			return key, value, true
		}
	}
	return name, nil, false
}

func text(value any) string {
	if value == nil {
		return ""
	}
	return strings.TrimSpace(fmt.Sprint(value))
}
