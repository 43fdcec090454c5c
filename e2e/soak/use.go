package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// use is what the Traefik process uses while nobody asks anything.
type use struct {
	when        string
	rss         int64 // bytes; 0 where the system does not tell
	heap        int64 // bytes, after a garbage collection
	goroutines  int64
	connections int64 // open sockets; 0 where the system does not tell
	reloads     int
	tokens      int // never used before, so far
}

const useHeading = "when     RSS MiB  heap MiB  goroutines  sockets  reloads  new tokens"

func (u use) String() string {
	const mib = 1 << 20
	return fmt.Sprintf("%-7s %8.1f %9.1f %11d %8d %8d %11d", u.when, float64(u.rss)/mib, float64(u.heap)/mib, u.goroutines,
		u.connections, u.reloads, u.tokens)
}

// grownSince tells what has grown. What a leak adds in half a run of thousands of requests and dozens of reloads is far
// more than the margins, which are for the runtime's own breath.
func (u use) grownSince(before use) error {
	var errs []error
	for _, figure := range []struct {
		name        string
		was, is     int64
		part, extra int64 // allowed: was + was/part + extra
	}{
		{"RSS", before.rss, u.rss, 5, 24 << 20},
		{"heap", before.heap, u.heap, 5, 6 << 20},
		{"goroutines", before.goroutines, u.goroutines, 5, 60}, // idle connections have two each
		{"sockets", before.connections, u.connections, 5, 40},
	} {
		if figure.is > figure.was+figure.was/figure.part+figure.extra {
			errs = append(errs, fmt.Errorf("%s grew from %d to %d", figure.name, figure.was, figure.is))
		}
	}
	return errors.Join(errs...)
}

// measure waits until nothing is under way any more, then takes the figures.
func (s *stage) measure(ctx context.Context, when string) (use, error) {
	s.client.Close()
	u := use{when: when, reloads: s.reloads, tokens: s.fresh}
	var err error
	// The last lookups end by their time-out; until then their goroutines and connections are there.
	for calm, last := 0, int64(0); calm < 3; {
		if u.goroutines, err = s.proxy.Goroutines(ctx); err != nil {
			return u, fmt.Errorf("counting goroutines: %w", err)
		}
		if u.goroutines == last {
			calm++
		} else {
			calm, last = 0, u.goroutines
		}
		time.Sleep(300 * time.Millisecond)
	}
	if u.heap, err = s.proxy.Heap(ctx); err != nil {
		return u, fmt.Errorf("reading the heap: %w", err)
	}
	u.rss = s.proxy.RSS()
	u.connections = sockets(s.proxy.PID())
	return u, nil
}

// sockets counts a process's open sockets, on Linux.
func sockets(pid int) int64 {
	files, err := filepath.Glob(filepath.Join("/proc", strconv.Itoa(pid), "fd", "*"))
	if err != nil {
		return 0
	}
	var n int64
	for _, file := range files {
		if target, err := os.Readlink(file); err == nil && strings.HasPrefix(target, "socket:") {
			n++
		}
	}
	return n
}
