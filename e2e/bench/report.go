package main

import (
	"fmt"
	"io"
	"runtime"
	"slices"
)

// comparison is a figure made of several routes' figures of one round: a ratio of two medians would compare moments at which
// the machine was not equally fast. Where it has a bound, it is a target.
type comparison struct {
	says    string
	of      []string // routes, the first compared with the others
	figure  figure
	combine func(a, b float64) float64
	unit    string
	atMost  float64
	atLeast float64
}

func ratio(a, b float64) float64      { return a / b }
func difference(a, b float64) float64 { return a - b }

// What a miss adds is what is left of its time without the same way through Traefik and without the same two calls: those
// are taken from measurements on the same machine, since a timer of 20 ms or a loopback connection takes time of its own, and
// another process has to be woken for each.
// Where Huawei takes time, the way through Traefik is taken at the same pace: a processor that has had nothing to do for
// 40 ms, or something else, takes several times as long for the same work.
var comparisons = []comparison{
	{says: "hit / empty plugin, CPU of Traefik per request", of: []string{"hit", "empty"}, figure: traefikCPU, combine: ratio, atMost: 1.20},
	{says: "hit / empty plugin, requests per second", of: []string{"hit", "empty"}, figure: perSecond, combine: ratio, atLeast: 0.90},
	{says: "hit / ForwardAuth, requests per second", of: []string{"hit", "forward-auth"}, figure: perSecond, combine: ratio, atLeast: 2},
	{says: "a miss adds, Huawei at once", of: []string{"miss-0ms", "none-alone", "huawei-0ms"}, figure: halfWithin, combine: difference, unit: " ms", atMost: 1},
	{says: "a miss adds, Huawei at 20 ms a call", of: []string{"miss-20ms", "none-paced", "huawei-20ms"}, figure: halfWithin, combine: difference, unit: " ms", atMost: 1},
	{says: "a miss that Redis answers adds", of: []string{missRedis, "none-alone", "redis"}, figure: halfWithin, combine: difference, unit: " ms", atMost: 1},
	{says: "a reload / that of the empty plugin, CPU of Traefik", of: []string{"reload", "reload-empty"}, figure: reloadCPU, combine: ratio, atMost: 1.5},
	{says: "a reload / that of the empty plugin, memory allocated", of: []string{"reload", "reload-empty"}, figure: reloadMemory, combine: ratio, atMost: 1.5},

	{says: "hit / no middleware, CPU of Traefik per request", of: []string{"hit", "none"}, figure: traefikCPU, combine: ratio},
	{says: "hit / ForwardAuth, CPU of Traefik per request", of: []string{"hit", "forward-auth"}, figure: traefikCPU, combine: ratio},
	{says: "refusal / empty plugin, CPU of Traefik per request", of: []string{"refusal", "empty"}, figure: traefikCPU, combine: ratio},
	{says: "hit with Redis / hit, CPU of Traefik per request", of: []string{"hit-redis", "hit"}, figure: traefikCPU, combine: ratio},
	{says: "hit with Redis / hit, requests per second", of: []string{"hit-redis", "hit"}, figure: perSecond, combine: ratio},
	{says: "hit that tells all / hit, CPU of Traefik per request", of: []string{"hit-told", "hit"}, figure: traefikCPU, combine: ratio},
	{says: "hit that tells all / hit, requests per second", of: []string{"hit-told", "hit"}, figure: perSecond, combine: ratio},
	{says: "hit that tells all / empty plugin, CPU of Traefik", of: []string{"hit-told", "empty"}, figure: traefikCPU, combine: ratio},
	{says: "hit that tells all / empty plugin, requests/s", of: []string{"hit-told", "empty"}, figure: perSecond, combine: ratio},
	{says: "a miss adds, the two calls at once included", of: []string{"miss-0ms", "none-alone"}, figure: halfWithin, combine: difference, unit: " ms"},
}

// report writes the tables.
func (m measurements) report(w io.Writer, chosen []route, o options) {
	fmt.Fprintf(w, "\n%d rounds of %s per route, %d CPUs; the median of the rounds, and the quartiles in parentheses.\n",
		o.rounds, o.slice, runtime.NumCPU())
	fmt.Fprintf(w, "CPU is Traefik's, user and system, per request; idle is what all processors had nothing to do.\n\n")
	const row = "%-13s %5v  %-26s %-23s %-24s %-25s %s\n"
	fmt.Fprintf(w, row, "route", "conns", perSecond, traefikCPU, halfWithin, mostWithin, idle)
	for _, r := range chosen {
		taken := m[r.name]
		spent := spread(taken[traefikCPU], 0)
		if r.straight {
			spent = "-"
		}
		fmt.Fprintf(w, row, r.name, r.connections(o), spread(taken[perSecond], 0), spent,
			spread(taken[halfWithin], 3), spread(taken[mostWithin], 3), spread(taken[idle], 0))
	}
	fmt.Fprintf(w, "\n%s\n", describeRoutes())
	if forward, ok := m["forward-auth"]; ok {
		fmt.Fprintf(w, "The service that ForwardAuth asks takes another %s µs of CPU per request.\n", spread(forward[authCPU], 0))
	}
	if none, ok := m["none"]; ok {
		fmt.Fprintf(w, "Load and backend take %s µs of CPU per request without a middleware.\n", spread(none[restCPU], 0))
	}
	m.reportReloads(w)
	m.reportComparisons(w)
}

// reportComparisons writes those whose routes were all measured. The verdict is on the median.
func (m measurements) reportComparisons(w io.Writer) {
	fmt.Fprintf(w, "\nCompared round by round:\n\n")
	met, targets := 0, 0
	for _, c := range comparisons {
		rounds := m.compare(c)
		if len(rounds) == 0 {
			continue
		}
		fmt.Fprintf(w, "%-54s %-24s", c.says, spread(rounds, 2)+c.unit)
		if wanted, ok := c.verdict(median(rounds)); wanted != "" {
			targets++
			result := "missed"
			if ok {
				met++
				result = "met"
			}
			fmt.Fprintf(w, " target %s%s: %s", wanted, c.unit, result)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "\n%d of %d targets met.\n", met, targets)
}

// compare gives one figure per round.
func (m measurements) compare(c comparison) []float64 {
	rounds := slices.Clone(m[c.of[0]][c.figure])
	for _, name := range c.of[1:] {
		other := m[name][c.figure]
		rounds = rounds[:min(len(rounds), len(other))]
		for i := range rounds {
			rounds[i] = c.combine(rounds[i], other[i])
		}
	}
	return rounds
}

// verdict says what is wanted, "" where nothing is, and whether a value is so.
func (c comparison) verdict(value float64) (wanted string, ok bool) {
	switch {
	case c.atMost > 0:
		return fmt.Sprintf("≤ %.2f", c.atMost), value <= c.atMost
	case c.atLeast > 0:
		return fmt.Sprintf("≥ %.2f", c.atLeast), value >= c.atLeast
	}
	return "", false
}

// median is what lies in the middle of at least one round.
func median(rounds []float64) float64 {
	sorted := slices.Sorted(slices.Values(rounds))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// spread writes a figure's median and, in parentheses, between what half of the rounds lie: the ends say more of what else
// the machine did.
func spread(rounds []float64, decimals int) string {
	if len(rounds) == 0 {
		return "-"
	}
	sorted := slices.Sorted(slices.Values(rounds))
	quarter := (len(sorted) - 1) / 4
	return fmt.Sprintf("%.*f (%.*f–%.*f)", decimals, median(rounds), decimals, sorted[quarter], decimals, sorted[len(sorted)-1-quarter])
}
