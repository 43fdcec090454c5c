// Command micro measures the plugin's handler under the interpreter, loaded as Traefik loads it, without a proxy around it:
// CPU time and allocations per request, beside those of an empty plugin; hits among few and many users; what an entry of
// the cache weighs; what eviction and an instance cost.
//
// Every subject has a process of its own, so that none pays for collecting another's garbage. They take turns in short
// slices, because the machine's speed changes from minute to minute.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// workerCommand, as the first argument, makes this program the process of one subject; the second says which.
const workerCommand = "worker"

// settings are the command line's.
type settings struct {
	rounds int
	slice  time.Duration
	most   int // users in the largest cache
	full   int // users in the cache that misses come to
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	var err error
	if len(os.Args) == 3 && os.Args[1] == workerCommand {
		err = serveWorker(os.Args[2], os.Stdin, os.Stdout)
	} else {
		err = run(ctx, parseSettings())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "micro:", err)
		os.Exit(1)
	}
}

func parseSettings() settings {
	s := settings{full: usual}
	flag.IntVar(&s.rounds, "rounds", 15, "rounds in which every subject is measured once")
	flag.DurationVar(&s.slice, "slice", 500*time.Millisecond, "how long a subject is measured in a round")
	flag.IntVar(&s.most, "entries", 1_000_000, "users in the largest cache; filling it takes a minute or two per million")
	flag.Parse()
	return s
}

var (
	errWorker      = errors.New("a subject's process failed")
	errInterrupted = errors.New("interrupted")
)

func run(ctx context.Context, s settings) (err error) {
	if s.rounds < 1 || s.slice <= 0 || s.most < few || flag.NArg() > 0 {
		return fmt.Errorf("rounds and slice must be positive, entries at least %d, and there are no other arguments", few)
	}
	b, err := newBench(s)
	if err != nil {
		return err
	}
	defer func() {
		b.close()
		// What was going on then failed for no other reason.
		if ctx.Err() != nil {
			err = errInterrupted
		}
	}()
	if err := b.start(ctx); err != nil {
		return err
	}
	m, err := b.measure(ctx)
	if err != nil {
		return err
	}
	m.report(os.Stdout, b.subjects, s)
	return nil
}
