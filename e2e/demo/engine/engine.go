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

	"github.com/traefik/traefik/v3/pkg/config/dynamic"
	"github.com/traefik/traefik/v3/pkg/middlewares/forwardedheaders"
	muxer "github.com/traefik/traefik/v3/pkg/muxer/http"

	"github.com/traefik-huaweiid/huaweiid/e2e/demo"
	"github.com/traefik-huaweiid/huaweiid/e2e/plugin"
	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

const logFile = "plugin.log"

// Engine is the running stand-in.
type Engine struct {
	dir     string
	address string
	version string // of Traefik's module
	log     *os.File
	server  *http.Server
	cancel  context.CancelFunc
	done    chan struct{}
}

// Start is a demo.Start.
func Start(ctx context.Context, configuration, address string) (_ demo.Gateway, err error) {
	dir, err := os.MkdirTemp("", "huaweiid-engine-")
	if err != nil {
		return nil, fmt.Errorf("making a working directory for the plugin engine: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	e := &Engine{dir: dir, cancel: cancel, done: make(chan struct{})}
	defer func() {
		if err != nil {
			cancel()
			err = errors.Join(fmt.Errorf("starting the plugin engine: %w", err), e.removeAll())
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
	handler, err := route(ctx, configuration, makes)
	if err != nil {
		return nil, err
	}

	if address == "" {
		address = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	e.address = listener.Addr().String()
	e.server = &http.Server{Handler: handler, ErrorLog: log.New(e.log, "", log.LstdFlags)}
	go func() {
		defer close(e.done)
		_ = e.server.Serve(listener) // ends when Stop closes the server
	}()
	return e, nil
}

// route makes the handler of a dynamic configuration in YAML.
func route(ctx context.Context, text string, makes plugin.Make) (http.Handler, error) {
	configuration, err := plugin.Configuration(text, ".yml")
	if err != nil {
		return nil, err
	}
	parser, err := muxer.NewSyntaxParser()
	if err != nil {
		return nil, err
	}
	routes := muxer.NewMuxer(parser)
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
		if err := routes.AddRoute(router.Rule, "", priority, handler); err != nil {
			return nil, fmt.Errorf("router %s: %w", name, err)
		}
	}
	// Of nobody are X-Forwarded headers taken, as at an entry point where no address is trusted.
	return forwardedheaders.NewXForwarded(false, nil, nil, routes)
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
	err := e.server.Close()
	<-e.done
	e.cancel()
	return errors.Join(err, e.removeAll())
}

func (e *Engine) removeAll() error {
	if e.log != nil {
		_ = e.log.Close() // a log that was cut short is removed on the next line
	}
	return os.RemoveAll(e.dir)
}

// Addr is host:port.
func (e *Engine) Addr() string { return e.address }

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
