// Package plugin makes the middleware from a configuration as Traefik does: decoded by Traefik's own decoders, and compiled
// or interpreted by Traefik's own plugin loader.
package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/mitchellh/mapstructure"
	"github.com/traefik/paerser/file"
	"github.com/traefik/traefik/v3/pkg/config/dynamic"
	"gopkg.in/yaml.v3"

	"github.com/traefik-huaweiid/huaweiid"
)

// Key is the plugin's key in Traefik's configuration.
const Key = "huaweiid"

// Make makes the handler of a middleware: name is the middleware's with its provider ("auth@file"), options are what
// stands under the plugin's key. Compiled is one Make, Interpreted gives another.
type Make func(ctx context.Context, next http.Handler, options map[string]any, name string) (http.Handler, error)

// Compiled makes the handler from the package that this binary has compiled in.
func Compiled(ctx context.Context, next http.Handler, options map[string]any, name string) (http.Handler, error) {
	config, err := Config(options)
	if err != nil {
		return nil, err
	}
	return huaweiid.New(ctx, next, config, name)
}

// Config decodes options as Traefik's loader does (pkg/plugins/middlewareyaegi.go, createConfig), which does so for
// interpreted plugins only. Its errors read the same, too.
func Config(options map[string]any) (*huaweiid.Config, error) {
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
		return nil, fmt.Errorf("failed to create configuration decoder: %w", err)
	}
	if err := decoder.Decode(options); err != nil {
		return nil, fmt.Errorf("failed to decode configuration: %w", err)
	}
	return config, nil
}

// Configuration decodes a dynamic configuration as Traefik's file provider does. The extension says what it is written
// in: .yml or .toml.
func Configuration(content, extension string) (*dynamic.Configuration, error) {
	configuration := &dynamic.Configuration{HTTP: &dynamic.HTTPConfiguration{}}
	if err := file.DecodeContent(content, extension, configuration); err != nil {
		return nil, fmt.Errorf("decoding the dynamic configuration: %w", err)
	}
	return configuration, nil
}

// Resource returns what a Middleware resource, in YAML or JSON, has under the plugin's key, as Traefik's provider reads it
// (pkg/provider/kubernetes/crd, createPluginMiddleware): numbers and booleans stay what they are, numbers as float64.
func Resource(content string) (map[string]any, error) {
	var document any
	if err := yaml.Unmarshal([]byte(content), &document); err != nil {
		return nil, fmt.Errorf("decoding the resource: %w", err)
	}
	text, err := json.Marshal(document)
	if err != nil {
		return nil, fmt.Errorf("decoding the resource: %w", err)
	}
	var resource struct {
		Spec struct{ Plugin map[string]dynamic.PluginConf }
	}
	if err := json.Unmarshal(text, &resource); err != nil {
		return nil, fmt.Errorf("decoding the resource: %w", err)
	}
	options, ok := resource.Spec.Plugin[Key]
	if !ok {
		return nil, errNoPlugin
	}
	return options, nil
}

var errNoPlugin = errors.New("not a middleware of this plugin")

// Options returns what a dynamic configuration has under the plugin's key of a middleware.
func Options(configuration *dynamic.Configuration, middleware string) (map[string]any, error) {
	m := configuration.HTTP.Middlewares[middleware]
	if m == nil {
		return nil, fmt.Errorf("middleware %s: %w", middleware, errNoPlugin)
	}
	options, ok := m.Plugin[Key]
	if !ok {
		return nil, fmt.Errorf("middleware %s: %w", middleware, errNoPlugin)
	}
	return options, nil
}
