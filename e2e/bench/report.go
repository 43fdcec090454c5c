package main

import (
	"fmt"
	"io"
	"runtime"

	"github.com/traefik-huaweiid/huaweiid/e2e/bench/figures"
)

// report writes the tables.
func (m measurements) report(w io.Writer, chosen []route, o options) {
	fmt.Fprintf(w, "\n%d rounds of %s per route, %d CPUs; the median of the rounds, and the quartiles in parentheses.\n",
		o.rounds, o.slice, runtime.NumCPU())
	fmt.Fprintf(w, "CPU is Traefik's, user and system, per request; idle is what all processors had nothing to do.\n\n")
	fmt.Fprintf(w, "%-13s %5s  %-26s %-23s %-24s %-25s %s\n", "route", "conns", "requests/s", "CPU µs", "p50 ms", "p99 ms", "idle %")
	for _, r := range chosen {
		figures := m[r.name]
		spent := spread(figures[traefikCPU], 0)
		if r.straight {
			spent = "-"
		}
		fmt.Fprintf(w, "%-13s %5d  %-26s %-23s %-24s %-25s %s\n", r.name, r.connections(o), spread(figures[perSecond], 0), spent,
			spread(figures[halfWithin], 3), spread(figures[mostWithin], 3), spread(figures[idle], 0))
	}
	fmt.Fprintln(w)
	for _, r := range chosen {
		fmt.Fprintf(w, "%-13s %s\n", r.name, r.says)
	}
	if forward, ok := m[routeForward]; ok {
		fmt.Fprintf(w, "\nThe service that ForwardAuth asks takes another %s µs of CPU per request.\n", spread(forward[authCPU], 0))
	}
	if none, ok := m[routeNone]; ok {
		fmt.Fprintf(w, "Load and backend take %s µs of CPU per request without a middleware.\n", spread(none[restCPU], 0))
	}
	m.reportRatios(w)
}

// spread writes a figure's median and, in parentheses, between what half of the rounds lie: the ends say more of what else
// the machine did.
func spread(rounds []float64, decimals int) string {
	if len(rounds) == 0 {
		return "-"
	}
	s := figures.Of(rounds)
	return fmt.Sprintf("%.*f (%.*f–%.*f)", decimals, s.Median, decimals, s.Lower, decimals, s.Upper)
}
