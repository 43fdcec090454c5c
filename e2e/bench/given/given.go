// Package given has what both benchmarks set up: users with access tokens, the request that a browser's app sends, and the
// plugins beside the one that is measured.
package given

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const (
	// TokenLength is that of every token here, in bytes; real ones have about as many.
	TokenLength = 100
	// SerialLength is how many decimal digits at a token's end tell it from the others of its kind.
	SerialLength = 16
)

// filler has the bytes that real tokens have: base64 with its "/" and "+", which have to be escaped on their way to Huawei.
var filler = strings.Repeat("N7qdU0TvQ/eXpE4x+gvhoYh5UuzLS2mWkR8cJ", 3)

// Token gives a token. The simulator does with it what it does with all of a kind: "mainland", "expired" and so on.
func Token(kind string, serial int) string {
	start := kind + "/DgEAA"
	return fmt.Sprintf("%s%s%0*d", start, filler[:TokenLength-SerialLength-len(start)], SerialLength, serial)
}

// Headers are those that an app sends with every request, beside Host and the token's.
var Headers = map[string]string{
	"User-Agent":      "Mozilla/5.0 (Linux; Android 12; HarmonyOS; NOH-AN00) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.5735.196 Mobile Safari/537.36",
	"Accept":          "application/json, text/plain, */*",
	"Accept-Encoding": "gzip, deflate, br",
	"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8",
	"Cache-Control":   "no-cache",
	"Cookie":          "session=7c9e6679f7425b40; theme=dark; lang=zh-CN",
	"Referer":         "https://app.example/orders/2024",
	"Sec-Fetch-Mode":  "cors",
	"Sec-Fetch-Site":  "same-origin",
	"X-Request-Id":    "f47ac10b-58cc-4372-a567-0e02b2c3d479",
}

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
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("writing the plugin %s: %w", p.Alias, err)
	}
	manifest := fmt.Sprintf("displayName: %s\ntype: middleware\nimport: %s\nsummary: part of a benchmark\ntestData: {}\n", p.Alias, p.Module)
	for name, content := range map[string]string{
		"go.mod":       "module " + p.Module + "\n\ngo 1.22\n",
		".traefik.yml": manifest,
		"plugin.go":    p.source,
	} {
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
