package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"

	"github.com/traefik-huaweiid/huaweiid/e2e/echo"
)

// cacheTTL is how long the gateway's answers live: shorter than the default of a minute, so that a minute shows what happens
// when they end.
const cacheTTL = 10 * time.Second

const (
	// hourPath is where the same application is behind a middleware whose answers live for an hour, since account events end them.
	hourPath = "/hour"
	// eventsPath is where the gateway receives account events.
	eventsPath = "/huawei/events"
)

// stack is all that the demo runs.
type stack struct {
	huawei   *huawei
	backend  *echo.Backend
	gateway  Gateway
	meter    *meter
	minute   *minute
	visitors *visitors
	page     *page
	servers  []*http.Server
	simURL   string
	// configuration is the gateway's, for the page to show.
	configuration string
	newcomers     numbers

	ctx    context.Context // ends when stop begins
	cancel context.CancelFunc
	under  sync.WaitGroup // what stop waits for
}

// startStack starts everything, the gateway last. An empty address means a free port.
func startStack(ctx context.Context, start Start, address string, ttl time.Duration) (*stack, error) {
	s := &stack{backend: echo.Handler(), minute: newMinute(time.Now)}
	s.ctx, s.cancel = context.WithCancel(ctx)
	s.huawei = newHuawei()
	s.visitors = newVisitors(s)
	s.page = newPage(s)

	var err error
	if s.simURL, err = s.serve(s.huawei); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the simulator: %w", err), s.stop())
	}
	echoURL, err := s.serve(s.backend)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting the backend: %w", err), s.stop())
	}
	// The page tells of the gateway, so that it is served only when that is there; its address has to be known before.
	pageListener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting the page: %w", err), s.stop())
	}
	s.configuration = configuration(s.simURL, echoURL, "http://"+pageListener.Addr().String(), ttl)
	if s.gateway, err = start(ctx, s.configuration, address); err != nil {
		s.gateway = nil
		return nil, errors.Join(err, pageListener.Close(), s.stop())
	}
	s.meter = newMeter(s.gateway.EntryPoint(metricsEntryPoint))
	first, err := s.meter.read(ctx)
	if err != nil {
		return nil, errors.Join(err, pageListener.Close(), s.stop())
	}
	s.minute.metered(first)
	s.huawei.sim.SendEventsTo("http://" + s.gateway.Addr() + eventsPath)
	s.serveOn(pageListener, s.page)
	s.under.Go(func() { s.visitors.run(s.ctx) })
	s.under.Go(func() { s.meter.run(s.ctx, s.minute) })
	return s, nil
}

// configuration is what a user writes. Beyond the addresses it differs from the defaults in how long answers live, in that
// responses tell how they were come by, in the receiver of account events, and in the metrics, which are not for those who may open
// the page.
func configuration(simURL, backendURL, pageURL string, ttl time.Duration) string {
	return strings.NewReplacer(
		"PAGE_PATH", pagePath, "HOUR", hourPath, "EVENTS", eventsPath, "METRICS_AT", metricsEntryPoint, "METRICS", metricsPath, "CLIENT", huaweisim.ClientID, "TTL", ttl.String(),
		"GET_INFO", simURL+huaweisim.GetInfoPath, "TOKEN_INFO", simURL+huaweisim.TokenInfoPath, "ANNOUNCED", simURL+huaweisim.EventConfigPath,
		"BACKEND", backendURL, "PAGE", pageURL,
	).Replace(`http:
  routers:
    app:
      entryPoints: [web]
      rule: PathPrefix("/")
      middlewares: [huawei-id]
      service: app
    hour:
      entryPoints: [web]
      rule: PathPrefix("HOUR")
      middlewares: [huawei-id-hour]
      service: app
    events:
      entryPoints: [web]
      rule: Path("EVENTS")
      middlewares: [huawei-events]
      service: noop@internal # the middleware answers itself
    metrics:
      entryPoints: [METRICS_AT]
      rule: Path("METRICS")
      middlewares: [huawei-metrics]
      service: noop@internal
    page:
      entryPoints: [web]
      rule: Path("/") && HeaderRegexp("Accept", "text/html") || PathPrefix("PAGE_PATH")
      service: page
  middlewares:
    huawei-id:
      plugin:
        huaweiid:
          audience:
            clientIDs: ["CLIENT"]
          cache:
            ttl: TTL # 60s unless said otherwise
          debugHeader: true
          huawei: &simulator
            getInfoURL: "GET_INFO"
            tokenInfoURL: "TOKEN_INFO"
            allowHTTP: true # the simulator's
    huawei-id-hour:
      plugin:
        huaweiid:
          audience:
            clientIDs: ["CLIENT"]
          cache:
            ttl: 1h # account events end answers at once
          debugHeader: true
          huawei: *simulator
    huawei-events:
      plugin:
        huaweiid:
          audience:
            clientIDs: ["CLIENT"]
          events:
            path: EVENTS
            configURL: "ANNOUNCED"
          huawei: *simulator
    huawei-metrics:
      plugin:
        huaweiid:
          audience:
            clientIDs: ["CLIENT"]
          metricsPath: METRICS
          huawei: *simulator
  services:
    app:
      loadBalancer:
        servers:
          - url: "BACKEND"
    page:
      loadBalancer:
        servers:
          - url: "PAGE"
`)
}

// serve serves a handler on a free loopback port and returns its base URL.
func (s *stack) serve(handler http.Handler) (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	s.serveOn(listener, handler)
	return "http://" + listener.Addr().String(), nil
}

func (s *stack) serveOn(listener net.Listener, handler http.Handler) {
	server := &http.Server{Handler: handler}
	s.servers = append(s.servers, server)
	// Serve ends with ErrServerClosed when stop closes the server; before that it has nobody to report to.
	go func() { _ = server.Serve(listener) }()
}

// stop stops everything: what sends requests first, then the gateway, so that no request of its own fails on the way.
func (s *stack) stop() error {
	s.cancel()
	s.under.Wait()

	var failures []error
	if s.gateway != nil {
		failures = append(failures, s.gateway.Stop())
	}
	s.huawei.sim.Close()
	for _, server := range s.servers {
		failures = append(failures, server.Close())
	}
	return errors.Join(failures...)
}
