package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"

	"github.com/traefik-huaweiid/huaweiid/e2e/echo"
	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

// stack is all that the demo runs.
type stack struct {
	sim     *huaweisim.Sim
	backend *echo.Backend
	proxy   *proxy.Proxy
	servers []*http.Server
	simURL  string
	echoURL string
}

// startStack starts everything, Traefik last. An empty address means a free port.
func startStack(ctx context.Context, address string) (*stack, error) {
	s := &stack{sim: huaweisim.New(), backend: echo.Handler()}
	var err error
	if s.simURL, err = s.serve(s.sim); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the simulator: %w", err), s.stop())
	}
	if s.echoURL, err = s.serve(s.backend); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the backend: %w", err), s.stop())
	}
	s.proxy, err = proxy.Start(ctx, proxy.Options{
		Dynamic:     dynamicConfig(s.simURL+huaweisim.GetInfoPath, s.echoURL),
		EntryPoints: map[string]string{"web": address},
	})
	if err != nil {
		return nil, errors.Join(err, s.stop())
	}
	if err := s.proxy.WaitRouters(ctx, "app"); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	return s, nil
}

// dynamicConfig is what a user writes: the middleware with its defaults, but for the address of the account service.
func dynamicConfig(getInfoURL, backendURL string) string {
	return fmt.Sprintf(`http:
  routers:
    app:
      entryPoints: [web]
      rule: PathPrefix(%s)
      middlewares: [huaweiid]
      service: app
  middlewares:
    huaweiid:
      plugin:
        huaweiid:
          huawei:
            getInfoURL: %q
            allowHTTP: true
  services:
    app:
      loadBalancer:
        servers:
          - url: %q
`, "`/`", getInfoURL, backendURL)
}

// serve serves a handler on a free loopback port and returns its base URL.
func (s *stack) serve(handler http.Handler) (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: handler}
	s.servers = append(s.servers, server)
	// Serve ends with ErrServerClosed when stop closes the server; before that it has nobody to report to.
	go func() { _ = server.Serve(listener) }()
	return "http://" + listener.Addr().String(), nil
}

// stop stops everything, Traefik first, so that no request of its own fails on the way.
func (s *stack) stop() error {
	var failures []error
	if s.proxy != nil {
		failures = append(failures, s.proxy.Stop())
	}
	s.sim.Close()
	for _, server := range s.servers {
		failures = append(failures, server.Close())
	}
	return errors.Join(failures...)
}
