// Package plugins has the local plugins that the benchmarks run beside the one they measure.
package plugins

import (
	"fmt"
	"os"
	"path/filepath"
)

// Plugin is a Go module of one file.
type Plugin struct {
	Alias  string
	Module string
	source string
}

// Empty does nothing but call the next handler: it costs what every interpreted plugin costs.
var Empty = Plugin{Alias: "empty", Module: "example.org/empty", source: `package empty

import (
	"context"
	"net/http"
)

type Config struct{}

func CreateConfig() *Config { return &Config{} }

type plugin struct{ next http.Handler }

func New(ctx context.Context, next http.Handler, config *Config, name string) (http.Handler, error) {
	return &plugin{next: next}, nil
}

func (p *plugin) ServeHTTP(rw http.ResponseWriter, req *http.Request) { p.next.ServeHTTP(rw, req) }
`}

// Unprofiled turns off the profiling of blocked goroutines in Traefik's process. The harness asks Traefik for its debug
// handlers, which turn that on with every configuration, at a stack trace for each wait on a channel or a lock: that is
// dear, and dearest where a request waits for another server. No Traefik in production does that. Making the middleware
// is enough, since Traefik makes a configuration's middlewares after its API.
var Unprofiled = Plugin{Alias: "unprofiled", Module: "example.org/unprofiled", source: `package unprofiled

import (
	"context"
	"net/http"
	"runtime"
)

type Config struct{}

func CreateConfig() *Config { return &Config{} }

func New(ctx context.Context, next http.Handler, config *Config, name string) (http.Handler, error) {
	runtime.SetBlockProfileRate(0)
	runtime.SetMutexProfileFraction(0)
	return next, nil
}
`}

// Write makes dir the plugin's Go module.
func (p Plugin) Write(dir string) error {
	manifest := fmt.Sprintf("displayName: %s\ntype: middleware\nimport: %s\nsummary: part of a benchmark\ntestData: {}\n", p.Alias, p.Module)
	for name, content := range map[string]string{
		"go.mod":       "module " + p.Module + "\n\ngo 1.22\n",
		".traefik.yml": manifest,
		"plugin.go":    p.source,
	} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("writing the plugin %s: %w", p.Alias, err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			return fmt.Errorf("writing the plugin %s: %w", p.Alias, err)
		}
	}
	return nil
}

// Stage writes the plugin to where Traefik's loader, started in dir, looks for it.
func (p Plugin) Stage(dir string) error {
	return p.Write(filepath.Join(dir, "plugins-local", "src", filepath.FromSlash(p.Module)))
}
