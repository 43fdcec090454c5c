// Package configuration tests that the plugin understands its configuration as users write it: in YAML, TOML, labels and
// Kubernetes resources, read by Traefik's own decoders, compiled and interpreted by Traefik's own plugin loader.
package configuration

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"testing"

	"github.com/mitchellh/mapstructure"
	"github.com/stretchr/testify/require"
	"github.com/traefik/yaegi/interp"
	"github.com/traefik/yaegi/stdlib"

	"github.com/traefik-huaweiid/huaweiid/e2e/plugin"
)

// host runs the plugin's code.
type host struct {
	// build decodes and calls New, as Traefik does for a router.
	build plugin.Make
	// config decodes and tells what New would get. Traefik's loader keeps that to itself.
	config func(options map[string]any) (map[string]string, error)
}

var hosts = map[string]host{}

// logged makes interpreted middlewares of which log has the lines. One test uses it.
var (
	logged plugin.Make
	log    bytes.Buffer
)

// One interpreter for all other tests, as in Traefik.
func TestMain(m *testing.M) {
	os.Exit(plugin.Main(m, func(dir, module string, interpreted plugin.Make) error {
		createConfig, err := interpretedCreateConfig(dir, module)
		if err != nil {
			return err
		}
		hosts["compiled"] = host{build: plugin.Compiled, config: compiledConfig}
		hosts["interpreted"] = host{build: oneAtATime(interpreted), config: createConfig}
		logged, err = plugin.Interpreted(dir, module, &log)
		return err
	}))
}

func compiledConfig(options map[string]any) (map[string]string, error) {
	config, err := plugin.Config(options)
	if err != nil {
		return nil, err
	}
	return flat(config), nil
}

// oneAtATime calls New as Traefik does: from one goroutine.
func oneAtATime(makes plugin.Make) plugin.Make {
	var mu sync.Mutex
	return func(ctx context.Context, next http.Handler, options map[string]any, name string) (http.Handler, error) {
		mu.Lock()
		defer mu.Unlock()
		return makes(ctx, next, options, name)
	}
}

// interpretedCreateConfig decodes into an interpreted Config as pkg/plugins/middlewareyaegi.go does.
func interpretedCreateConfig(dir, module string) (func(map[string]any) (map[string]string, error), error) {
	i := interp.New(interp.Options{GoPath: filepath.Join(dir, "plugins-local")})
	if err := i.Use(stdlib.Symbols); err != nil {
		return nil, err
	}
	if _, err := i.Eval(fmt.Sprintf("import %q", module)); err != nil {
		return nil, err
	}
	create, err := i.Eval("huaweiid.CreateConfig")
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	return func(options map[string]any) (map[string]string, error) {
		mu.Lock()
		defer mu.Unlock()
		config := create.Call(nil)[0].Interface()
		if len(options) == 0 {
			return flat(config), nil
		}
		decoder, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{
			DecodeHook:       mapstructure.StringToSliceHookFunc(","),
			WeaklyTypedInput: true,
			Result:           config,
		})
		if err != nil {
			return nil, err
		}
		if err := decoder.Decode(options); err != nil {
			return nil, err
		}
		return flat(config), nil
	}, nil
}

// flat returns what a Config has by field, each value in JSON. A list without elements is the same as none.
func flat(config any) map[string]string {
	values := map[string]string{}
	flatten(reflect.ValueOf(config).Elem(), "", values)
	return values
}

func flatten(group reflect.Value, prefix string, values map[string]string) {
	for i := range group.NumField() {
		name, value := prefix+group.Type().Field(i).Name, group.Field(i)
		switch value.Kind() {
		case reflect.Struct:
			flatten(value, name+".", values)
			continue
		case reflect.Slice, reflect.Map:
			if value.Len() == 0 {
				values[name] = "none"
				continue
			}
		}
		text, err := json.Marshal(value.Interface())
		if err != nil {
			text = []byte(err.Error())
		}
		values[name] = string(text)
	}
}

// forEachHost runs a test compiled and interpreted.
func forEachHost(t *testing.T, test func(t *testing.T, h host)) {
	for name, h := range hosts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, h)
		})
	}
}

// serves fails the test if the middleware is not made.
func (h host) serves(t *testing.T, options map[string]any) {
	t.Helper()
	handler, err := h.build(t.Context(), http.NotFoundHandler(), options, "auth@file")
	require.NoError(t, err)
	require.NotNil(t, handler)
}

// refuses returns the error with which the middleware is not made.
func (h host) refuses(t *testing.T, options map[string]any) string {
	t.Helper()
	handler, err := h.build(t.Context(), http.NotFoundHandler(), options, "auth@file")
	require.Error(t, err)
	require.Nil(t, handler)
	return err.Error()
}
