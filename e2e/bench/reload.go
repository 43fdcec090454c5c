package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/traefik-huaweiid/huaweiid/e2e/bench/cpu"
	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

// Traefik makes the middleware anew for every router that uses it whenever any part of the dynamic configuration changes.

// routers are how many use the one middleware.
const routers = 500

// settles is how long Traefik has after a reload for what it does besides.
const settles = 300 * time.Millisecond

// Figures of a reload, and of what Traefik holds after it.
const (
	reloadCPU    figure = "CPU ms"
	reloadMemory figure = "allocated MiB"
	reloadHeap   figure = "heap after it MiB"
)

// reloads has two Traefiks, with the plugin and with the empty one, reload in turn.
func (s *stack) reloads(ctx context.Context, rounds int, m measurements) error {
	middlewares := map[string]map[string]any{
		"reload": rememberingPlugin(s, route{}), "reload-empty": emptyPlugin(s, route{}),
	}
	proxies := map[string]*proxy.Proxy{}
	configurations := map[string]string{}
	for name, middleware := range middlewares {
		d := newDynamic(s)
		d.middlewares["one"] = middleware
		for i := range routers {
			d.router(fmt.Sprintf("router-%d", i), "web", fmt.Sprintf("Host(`app-%d.example`)", i), "one")
		}
		p, err := s.proxyWith(ctx, d, nil)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		proxies[name], configurations[name] = p, d.String()
	}
	for range rounds {
		for name, p := range proxies {
			taken, err := reload(ctx, p, configurations[name])
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			m.add(name, taken)
		}
	}
	return nil
}

// reload applies a configuration that differs in nothing but the harness's own marker.
func reload(ctx context.Context, p *proxy.Proxy, configuration string) (map[figure]float64, error) {
	heap, err := p.Heap(ctx) // collects garbage, so that each reload has as much to do with that as the others
	if err != nil {
		return nil, err
	}
	allocated, err := allocatedOf(ctx, p)
	if err != nil {
		return nil, err
	}
	used, err := cpu.Of(p.PID())
	if err != nil {
		return nil, err
	}
	if err := p.Apply(ctx, configuration); err != nil {
		return nil, err
	}
	time.Sleep(settles)
	usedAfter, err := cpu.Of(p.PID())
	if err != nil {
		return nil, err
	}
	allocatedAfter, err := allocatedOf(ctx, p)
	if err != nil {
		return nil, err
	}
	const mebibyte = 1 << 20
	return map[figure]float64{
		reloadCPU:    milliseconds(usedAfter - used),
		reloadMemory: float64(allocatedAfter-allocated) / mebibyte,
		reloadHeap:   float64(heap) / mebibyte,
	}, nil
}

// allocatedOf is how many bytes Traefik has allocated since it started.
func allocatedOf(ctx context.Context, p *proxy.Proxy) (uint64, error) {
	vars, err := p.Vars(ctx)
	if err != nil {
		return 0, err
	}
	var stats runtime.MemStats
	if err := json.Unmarshal(vars["memstats"], &stats); err != nil {
		return 0, fmt.Errorf("reading Traefik's memory statistics: %w", err)
	}
	return stats.TotalAlloc, nil
}

func (m measurements) reportReloads(w io.Writer) {
	fmt.Fprintf(w, "\nA reload with %d routers that use one middleware:\n\n", routers)
	const row = "%-13s %-24s %-24s %s\n"
	fmt.Fprintf(w, row, "", reloadCPU, reloadMemory, reloadHeap)
	for _, name := range []string{"reload", "reload-empty"} {
		fmt.Fprintf(w, row, name, spread(m[name][reloadCPU], 0), spread(m[name][reloadMemory], 1), spread(m[name][reloadHeap], 1))
	}
}
