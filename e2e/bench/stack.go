package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/traefik-huaweiid/huaweiid/e2e/bench/given"
	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

// stack is all that runs: Traefik, the service that ForwardAuth asks, the simulated Huaweis and a Redis in processes of their own,
// the backend in this one.
type stack struct {
	backend string // base URL
	huawei  map[time.Duration]*service
	auth    *service
	redis   *service // nil = no route needs one
	proxy   *proxy.Proxy
	plugins map[string]string // directories of those that are no part of this project, by alias

	stops []func() error
}

// startStack starts what the routes need, and what reloads do. On an error nothing is left.
func startStack(ctx context.Context, chosen []route) (_ *stack, err error) {
	s := &stack{huawei: map[time.Duration]*service{}, plugins: map[string]string{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.stop())
		}
	}()

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("starting the backend: %w", err)
	}
	server := &fasthttp.Server{Handler: answerAsBackend}
	go func() { _ = server.Serve(listener) }() // should it fail, every request will
	s.stops = append(s.stops, server.Shutdown)
	s.backend = "http://" + listener.Addr().String()

	for _, latency := range []time.Duration{0, someLatency} {
		if s.huawei[latency], err = s.start(huaweiService(latency)); err != nil {
			return nil, err
		}
	}
	if s.auth, err = s.start(authService); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(chosen, func(r route) bool { return r.redis }) {
		if s.redis, err = s.start(redisService); err != nil {
			return nil, err
		}
	}
	dir, err := os.MkdirTemp("", "huaweiid-bench-")
	if err != nil {
		return nil, fmt.Errorf("making a directory for the plugins: %w", err)
	}
	s.stops = append(s.stops, func() error { return os.RemoveAll(dir) })
	for _, p := range []given.Plugin{given.Empty, given.Unprofiled} {
		s.plugins[p.Alias] = filepath.Join(dir, p.Alias)
		if err := p.Write(s.plugins[p.Alias]); err != nil {
			return nil, err
		}
	}
	s.proxy, err = s.startProxy(ctx, chosen)
	return s, err
}

func (s *stack) start(argument string) (*service, error) {
	started, err := startService(argument)
	if err == nil {
		s.stops = append(s.stops, started.stop)
	}
	return started, err
}

// startProxy starts a Traefik whose routes have an entry point each: among several on one, those that are looked at later would
// cost more.
func (s *stack) startProxy(ctx context.Context, chosen []route) (*proxy.Proxy, error) {
	d := newDynamic(s)
	entryPoints := map[string]string{}
	for _, r := range chosen {
		if r.straight {
			continue
		}
		entryPoints[r.name] = ""
		if r.middleware == nil {
			d.router(r.name, r.name, "PathPrefix(`/`)")
			continue
		}
		d.middlewares[r.name] = r.middleware(s, r)
		d.router(r.name, r.name, "PathPrefix(`/`)", r.name)
	}
	return s.proxyWith(ctx, d, entryPoints)
}

func (s *stack) proxyWith(ctx context.Context, d dynamic, entryPoints map[string]string) (*proxy.Proxy, error) {
	p, err := proxy.Start(ctx, proxy.Options{Dynamic: d.String(), LogLevel: "ERROR", Plugins: s.plugins, EntryPoints: entryPoints})
	if err != nil {
		return nil, err
	}
	// Traefik before all others, so that no request of its own fails on the way.
	s.stops = append(s.stops, p.Stop)
	names := []string{}
	for name := range d.routers {
		names = append(names, name)
	}
	return p, p.WaitRouters(ctx, names...)
}

// stop ends whatever runs, in the reverse order.
func (s *stack) stop() error {
	var failures []error
	for i := len(s.stops) - 1; i >= 0; i-- {
		failures = append(failures, s.stops[i]())
	}
	return errors.Join(failures...)
}

// address is where a route's exchanges go.
func (s *stack) address(r route) string {
	if r.straight && r.redis {
		return s.redis.address
	}
	if r.straight {
		return s.huawei[r.latency].address
	}
	return s.proxy.EntryPoint(r.name)
}

// dynamic is Traefik's dynamic configuration.
type dynamic struct {
	routers, middlewares, services map[string]any
}

// newDynamic has the backend, and a router that is there for what making its middleware does.
func newDynamic(s *stack) dynamic {
	d := dynamic{routers: map[string]any{}, middlewares: map[string]any{}, services: map[string]any{
		"backend": map[string]any{"loadBalancer": map[string]any{"servers": []any{map[string]any{"url": s.backend}}}},
	}}
	d.middlewares[given.Unprofiled.Alias] = map[string]any{"plugin": map[string]any{given.Unprofiled.Alias: map[string]any{}}}
	d.router(given.Unprofiled.Alias, "traefik", "Path(`/unprofiled`)", given.Unprofiled.Alias)
	return d
}

func (d dynamic) router(name, entryPoint, rule string, middlewares ...string) {
	router := map[string]any{"rule": rule, "entryPoints": []string{entryPoint}, "service": "backend"}
	if len(middlewares) > 0 {
		router["middlewares"] = middlewares
	}
	d.routers[name] = router
}

// String is in JSON, which YAML contains.
func (d dynamic) String() string {
	text, err := json.Marshal(map[string]any{"http": map[string]any{"routers": d.routers, "middlewares": d.middlewares, "services": d.services}})
	if err != nil {
		panic("writing the dynamic configuration: " + err.Error()) // maps of texts and numbers can be written
	}
	return string(text)
}
