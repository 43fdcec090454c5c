// Package engine stands in for Traefik where there is none: Traefik's own plugin loader with the interpreter, its own rules
// for routers and its own X-Forwarded headers, in front of the reverse proxy of net/http. It reads the dynamic configuration
// that Traefik would read, as far as the demo's goes, and refuses the rest.
package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"sync"

	"github.com/traefik/traefik/v3/pkg/config/dynamic"
	"github.com/traefik/traefik/v3/pkg/middlewares/forwardedheaders"
	muxer "github.com/traefik/traefik/v3/pkg/muxer/http"

	"github.com/traefik-huaweiid/huaweiid/e2e/demo"
	"github.com/traefik-huaweiid/huaweiid/e2e/plugin"
	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

const (
	logFile       = "plugin.log"
	webEntryPoint = "web"
	freeAddress   = "127.0.0.1:0"
)

// Engine is the running stand-in.
type Engine struct {
	dir       string
	addresses map[string]string // by entry point
	version   string            // of Traefik's module
	log       *os.File
	servers   []*http.Server
	serving   sync.WaitGroup
	cancel    context.CancelFunc
	done      chan struct{}
}

// Start is a demo.Start.
func Start(ctx context.Context, configuration, address string) (_ demo.Gateway, err error) {
	dir, err := os.MkdirTemp("", "huaweiid-engine-")
	if err != nil {
		return nil, fmt.Errorf("making a working directory for the plugin engine: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	e := &Engine{dir: dir, addresses: map[string]string{}, cancel: cancel, done: make(chan struct{})}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("starting the plugin engine: %w", err), e.Stop())
		}
	}()

	if e.version, err = proxy.TraefikVersion(); err != nil {
		return nil, err
	}
	module, err := proxy.Stage(dir)
	if err != nil {
		return nil, err
	}
	if e.log, err = os.Create(e.LogFile()); err != nil {
		return nil, err
	}
	makes, err := plugin.Interpreted(dir, module, e.log)
	if err != nil {
		return nil, err
	}
	handlers, err := route(ctx, configuration, makes)
	if err != nil {
		return nil, err
	}
	for name, handler := range handlers {
		at := freeAddress
		if name == webEntryPoint && address != "" {
			at = address
		}
		if err := e.serve(name, at, handler); err != nil {
			return nil, err
		}
	}
	go func() {
		e.serving.Wait()
		close(e.done)
	}()
	return e, nil
}

// serve serves an entry point until Stop.
func (e *Engine) serve(name, address string, handler http.Handler) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	e.addresses[name] = listener.Addr().String()
	server := &http.Server{Handler: handler, ErrorLog: log.New(e.log, "", log.LstdFlags)}
	e.servers = append(e.servers, server)
	e.serving.Go(func() { _ = server.Serve(listener) }) // ends when Stop closes the server
	return nil
}

// route makes the handlers of a dynamic configuration in YAML, by entry point.
func route(ctx context.Context, text string, makes plugin.Make) (map[string]http.Handler, error) {
	configuration, err := plugin.Configuration(text, ".yml")
	if err != nil {
		return nil, err
	}
	parser, err := muxer.NewSyntaxParser()
	if err != nil {
		return nil, err
	}
	muxers := map[string]*muxer.Muxer{}
	for name, router := range configuration.HTTP.Routers {
		var handler http.Handler = http.HandlerFunc(noop)
		if router.Service != "noop@internal" {
			if handler, err = forward(configuration.HTTP.Services[router.Service]); err != nil {
				return nil, fmt.Errorf("service %s of router %s: %w", router.Service, name, err)
			}
		}
		// The first middleware of the list is the outermost.
		for i := len(router.Middlewares) - 1; i >= 0; i-- {
			middleware := router.Middlewares[i]
			options, err := plugin.Options(configuration, middleware)
			if err != nil {
				return nil, err
			}
			if handler, err = makes(ctx, handler, options, middleware+"@file"); err != nil {
				return nil, fmt.Errorf("middleware %s: %w", middleware, err)
			}
		}
		priority := router.Priority
		if priority == 0 {
			priority = muxer.GetRulePriority(router.Rule)
		}
		if len(router.EntryPoints) == 0 {
			return nil, fmt.Errorf("router %s: it names no entry point, which the plugin engine wants", name)
		}
		for _, entryPoint := range router.EntryPoints {
			if muxers[entryPoint] == nil {
				muxers[entryPoint] = muxer.NewMuxer(parser)
			}
			if err := muxers[entryPoint].AddRoute(router.Rule, "", priority, handler); err != nil {
				return nil, fmt.Errorf("router %s: %w", name, err)
			}
		}
	}

	handlers := map[string]http.Handler{}
	for entryPoint, routes := range muxers {
		// Of nobody are X-Forwarded headers taken, as at an entry point where no address is trusted.
		if handlers[entryPoint], err = forwardedheaders.NewXForwarded(false, nil, nil, routes); err != nil {
			return nil, fmt.Errorf("entry point %s: %w", entryPoint, err)
		}
	}
	return handlers, nil
}

// noop answers as Traefik's noop@internal does.
func noop(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusTeapot) }

// forward is the reverse proxy to the one server of a service. As in Traefik, the backend gets the client's Host.
func forward(service *dynamic.Service) (http.Handler, error) {
	if service == nil || service.LoadBalancer == nil || len(service.LoadBalancer.Servers) != 1 {
		return nil, errors.New("not a load balancer with one server, which is all that the plugin engine knows")
	}
	target, err := url.Parse(service.LoadBalancer.Servers[0].URL)
	if err != nil {
		return nil, err
	}
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host
			r.SetXForwarded()
		},
		ErrorLog: log.New(io.Discard, "", 0),
	}, nil
}

// Stop closes every connection and removes the working directory.
func (e *Engine) Stop() error {
	var failures []error
	for _, server := range e.servers {
		failures = append(failures, server.Close())
	}
	e.serving.Wait()
	e.cancel()
	if e.log != nil {
		_ = e.log.Close() // a log that was cut short is removed on the next line
	}
	return errors.Join(append(failures, os.RemoveAll(e.dir))...)
}

// Addr is host:port of the entry point web.
func (e *Engine) Addr() string { return e.EntryPoint(webEntryPoint) }

// EntryPoint is host:port of an entry point that a router names.
func (e *Engine) EntryPoint(name string) string { return e.addresses[name] }

// Done is closed when it serves no more.
func (e *Engine) Done() <-chan struct{} { return e.done }

// LogFile is where the plugin's log is, until Stop.
func (e *Engine) LogFile() string { return filepath.Join(e.dir, logFile) }

// Log is the plugin's log; what cannot be read is left out.
func (e *Engine) Log() string {
	content, _ := os.ReadFile(e.LogFile())
	return string(content)
}

// About says what it is.
func (e *Engine) About() demo.About { return demo.About{Engine: true, Version: e.version} }
