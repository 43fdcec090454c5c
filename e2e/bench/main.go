// Command bench measures what the plugin costs a real Traefik: routes without a middleware, with an empty plugin, with the
// plugin in its several states, and with ForwardAuth to a service that does the same, side by side in one run; and reloads.
//
// The machine's speed changes from minute to minute, and everything shares its cores. So the routes take turns in short
// slices, over several rounds; the figure that says most is the CPU time of Traefik per request; and what counts is the
// ratio of two routes in the same round.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// options are the command line's.
type options struct {
	rounds      int
	slice       time.Duration
	connections int
	reloads     int
	routes      []string // empty = all
}

func main() {
	serveIfAsked()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, parseOptions()); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func parseOptions() options {
	var o options
	flag.IntVar(&o.rounds, "rounds", 33, "rounds in which every route is measured once")
	flag.DurationVar(&o.slice, "slice", 350*time.Millisecond, "how long a route is measured in a round")
	flag.IntVar(&o.connections, "connections", 128, "connections that keep Traefik busy, on the routes that are not measured alone;\nwith fewer, processors are idle and requests per second are not what they can do")
	flag.IntVar(&o.reloads, "reloads", 15, "reloads of each plugin; 0 = none")
	only := flag.String("routes", "", "measure these routes only, separated by commas; all are:\n"+describeRoutes())
	flag.Parse()
	if *only != "" {
		o.routes = strings.Split(*only, ",")
	}
	return o
}

func run(ctx context.Context, o options) (err error) {
	if o.rounds < 1 || o.slice <= 0 || o.connections < 1 || o.reloads < 0 || flag.NArg() > 0 {
		return errors.New("rounds, slice and connections must be positive, and there are no other arguments")
	}
	chosen, err := choose(o.routes)
	if err != nil {
		return err
	}
	chosen, leftOut := withWhatIsThere(chosen)
	sayLeftOut(os.Stderr, leftOut)
	s, err := startStack(ctx, chosen)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, s.stop())
		// What was going on then failed for no other reason.
		if ctx.Err() != nil {
			err = errors.New("interrupted")
		}
	}()
	m, err := s.bench(ctx, chosen, o)
	if err != nil {
		return err
	}
	m.report(os.Stdout, chosen, o)
	sayLeftOut(os.Stdout, leftOut)
	return nil
}

func (s *stack) bench(ctx context.Context, chosen []route, o options) (measurements, error) {
	for _, r := range chosen {
		if err := r.rehearse(s.address(r)); err != nil {
			return nil, fmt.Errorf("route %s: %w", r.name, err)
		}
	}
	m, err := s.measure(ctx, chosen, o)
	if err != nil || o.reloads == 0 {
		return m, err
	}
	return m, s.reloads(ctx, o.reloads, m)
}
