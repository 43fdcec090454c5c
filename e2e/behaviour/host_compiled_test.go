package behaviour

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/plugin"
)

// startCompiled runs the plugin as this binary has it compiled in, behind net/http and before its reverse proxy.
func startCompiled(t *testing.T, rows []row, upstream *huawei) *host {
	t.Helper()
	// Compiled, the plugin prints what Traefik would log: fmt and log are the process's own. The pipe is read until New and
	// every request are done.
	logged := &lines{}
	captureOutput(t, logged)
	h, text := newHost(t, "compiled", rows, upstream)
	h.log = logged.String
	h.address = serve(t, h, text, plugin.Compiled)
	return h
}

// serve puts the middlewares of a dynamic configuration behind an HTTP server that finds them by hostname, as Traefik's
// routers do.
func serve(t *testing.T, h *host, text string, makes plugin.Make) (address string) {
	t.Helper()
	configuration, err := plugin.Configuration(text, ".yml")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)

	target, err := url.Parse(h.backend.URL)
	require.NoError(t, err)
	next := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host
		},
		ErrorLog: log.New(io.Discard, "", 0),
	}

	routers := map[string]http.Handler{}
	for name, router := range configuration.HTTP.Routers {
		options, err := plugin.Options(configuration, router.Middlewares[0])
		require.NoError(t, err)
		handler, err := makes(ctx, next, options, router.Middlewares[0]+"@file")
		require.NoError(t, err, "the middleware %s", name)
		routers[name+".test"] = handler
	}
	// As Traefik does where it is not told otherwise.
	server := httptest.NewUnstartedServer(http.AllowQuerySemicolons(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler := routers[r.Host]
		if handler == nil {
			http.NotFound(w, r)
			return
		}
		handler.ServeHTTP(w, r)
	})))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Start()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// captureOutput sends what fmt and log print into a writer until the test has ended.
func captureOutput(t *testing.T, to io.Writer) {
	t.Helper()
	read, write, err := os.Pipe()
	require.NoError(t, err)
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		_, _ = io.Copy(to, read)
	}()
	stdout, stderr := os.Stdout, log.Writer()
	os.Stdout = write
	log.SetOutput(to)
	t.Cleanup(func() {
		os.Stdout = stdout
		log.SetOutput(stderr)
		_ = write.Close()
		<-copied
		_ = read.Close()
	})
}
