package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/traefik-huaweiid/huaweiid/e2e/bench/plugins"
	"github.com/traefik-huaweiid/huaweiid/e2e/bench/wire"
	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

// stack is all that runs: Traefik, the service that ForwardAuth asks and the simulated Huaweis in processes of their own, the
// backend in this one.
type stack struct {
	backend *wire.Server
	huawei  map[time.Duration]*huawei // by latency
	auth    *process
	proxy   *proxy.Proxy
	modules string // directory of the plugins that are no part of this project
}

// startStack starts what the routes need. On an error nothing is left.
func startStack(ctx context.Context, chosen []route) (_ *stack, err error) {
	s := &stack{huawei: map[time.Duration]*huawei{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.stop())
		}
	}()

	if s.backend, err = wire.Serve(answerAsBackend); err != nil {
		return nil, err
	}
	for _, latency := range []time.Duration{0, someLatency} {
		if s.huawei[latency], err = startHuawei(latency); err != nil {
			return nil, err
		}
	}
	if s.auth, err = startProcess(authArgument); err != nil {
		return nil, err
	}
	local, err := s.writePlugins()
	if err != nil {
		return nil, err
	}
	dynamic, err := s.dynamic(chosen)
	if err != nil {
		return nil, err
	}
	entryPoints := map[string]string{}
	for _, r := range chosen {
		if !r.straight {
			entryPoints[r.name] = ""
		}
	}
	s.proxy, err = proxy.Start(ctx, proxy.Options{
		Dynamic:     dynamic,
		LogLevel:    "ERROR",
		Plugins:     local,
		EntryPoints: entryPoints,
	})
	if err != nil {
		return nil, err
	}
	names := []string{unprofiledRouter}
	for name := range entryPoints {
		names = append(names, name)
	}
	return s, s.proxy.WaitRouters(ctx, names...)
}

// writePlugins gives the directories of the plugins beside huaweiid.
func (s *stack) writePlugins() (map[string]string, error) {
	var err error
	if s.modules, err = os.MkdirTemp("", "huaweiid-bench-"); err != nil {
		return nil, fmt.Errorf("making a directory for the plugins: %w", err)
	}
	dirs := map[string]string{}
	for _, p := range []plugins.Plugin{plugins.Empty, plugins.Unprofiled} {
		dirs[p.Alias] = filepath.Join(s.modules, p.Alias)
		if err := p.Write(dirs[p.Alias]); err != nil {
			return nil, err
		}
	}
	return dirs, nil
}

// stop ends whatever runs, Traefik first, so that no request of its own fails on the way.
func (s *stack) stop() error {
	var failures []error
	if s.proxy != nil {
		failures = append(failures, s.proxy.Stop())
	}
	if s.auth != nil {
		failures = append(failures, s.auth.stop())
	}
	for _, h := range s.huawei {
		if h != nil {
			failures = append(failures, h.stop())
		}
	}
	if s.backend != nil {
		s.backend.Close()
	}
	if s.modules != "" {
		failures = append(failures, os.RemoveAll(s.modules))
	}
	return errors.Join(failures...)
}

// address is where a route's exchanges go.
func (s *stack) address(r route) string {
	if r.straight {
		return s.huawei[r.latency].address
	}
	return s.proxy.EntryPoint(r.name)
}

// seen is the path for which the backend tells what reached it.
const seen = "/seen"

var (
	seenStart = []byte("GET " + seen + " ")
	someBody  = []byte(`{"orders":[{"id":1042,"state":"shipped"},{"id":1043,"state":"paid"}],"page":2}`)
)

// answerAsBackend is a backend that costs nearly nothing.
func answerAsBackend(request, answer []byte) []byte {
	if bytes.HasPrefix(request, seenStart) {
		return wire.OK(answer, "text/plain", "", request)
	}
	return wire.OK(answer, "application/json", "", someBody)
}
