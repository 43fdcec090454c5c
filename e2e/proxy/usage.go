package proxy

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// PID is Traefik's process ID.
func (p *Proxy) PID() int {
	return p.cmd.Process.Pid
}

// RSS is Traefik's resident memory in bytes, 0 on systems without /proc.
func (p *Proxy) RSS() int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.PID()))
	if err != nil {
		return 0
	}
	kilobytes, err := fieldAfter(string(status), "VmRSS:")
	if err != nil {
		return 0
	}
	return kilobytes * 1024
}

// Goroutines is how many goroutines Traefik runs.
func (p *Proxy) Goroutines(ctx context.Context) (int64, error) {
	profile, err := p.get(ctx, "/debug/pprof/goroutine?debug=1")
	if err != nil {
		return 0, err
	}
	return fieldAfter(string(profile), "goroutine profile: total")
}

// Heap is how many bytes Traefik's heap holds right after a garbage collection, which it forces.
func (p *Proxy) Heap(ctx context.Context) (int64, error) {
	profile, err := p.get(ctx, "/debug/pprof/heap?gc=1&debug=1")
	if err != nil {
		return 0, err
	}
	return fieldAfter(string(profile), "# HeapAlloc =")
}

// Vars are the variables that Traefik and its plugins publish through expvar.
func (p *Proxy) Vars(ctx context.Context) (map[string]json.RawMessage, error) {
	body, err := p.get(ctx, "/debug/vars")
	if err != nil {
		return nil, err
	}
	var vars map[string]json.RawMessage
	if err := json.Unmarshal(body, &vars); err != nil {
		return nil, fmt.Errorf("reading Traefik's /debug/vars: %w", err)
	}
	return vars, nil
}

// fieldAfter gives the number that follows label.
func fieldAfter(text, label string) (int64, error) {
	_, after, found := strings.Cut(text, label)
	words := strings.Fields(after)
	if !found || len(words) == 0 {
		return 0, fmt.Errorf("reading Traefik's memory profile: it has no %q", label)
	}
	number, err := strconv.ParseInt(words[0], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("reading Traefik's memory profile: %w", err)
	}
	return number, nil
}
