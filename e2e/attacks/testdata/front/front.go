// Package front is a middleware for tests. Traefik cleans Connection at the entry point; older releases do not, and the
// entry point's option forwardedHeaders.connection makes exceptions. This middleware brings about what the plugin then
// gets: it turns each X-Front-Connection line into a Connection line.
package front

import (
	"context"
	"net/http"
)

// Config has no options.
type Config struct{}

// CreateConfig returns the defaults.
func CreateConfig() *Config { return &Config{} }

type front struct{ next http.Handler }

// New makes an instance.
func New(_ context.Context, next http.Handler, _ *Config, _ string) (http.Handler, error) {
	return &front{next}, nil
}

func (f *front) ServeHTTP(rw http.ResponseWriter, req *http.Request) {
	if lines := req.Header["X-Front-Connection"]; len(lines) > 0 {
		delete(req.Header, "X-Front-Connection")
		req.Header["Connection"] = lines
	}
	f.next.ServeHTTP(rw, req)
}
