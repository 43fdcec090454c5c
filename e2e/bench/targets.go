package main

import (
	"fmt"
	"io"

	"github.com/traefik-huaweiid/huaweiid/e2e/bench/figures"
)

// comparison is a figure made of several routes' figures of one round. Where it has a bound, it is a target.
type comparison struct {
	says    string
	of      []string // routes, the first compared with the others
	figure  figure
	combine func(a, b float64) float64
	unit    string
	atMost  float64
	atLeast float64
}

// What a miss adds is what is left of its time without the same way through Traefik and without the same two calls: those
// are taken from measurements on the same machine, since a timer of 20 ms or a loopback connection takes time of its own, and
// another process has to be woken for each.
// Where Huawei takes time, the way through Traefik is taken at the same pace: a processor that has had nothing to do for
// 40 ms, or something else, takes several times as long for the same work.
var comparisons = []comparison{
	{says: "hit / empty plugin, CPU of Traefik per request", of: []string{routeHit, routeEmpty}, figure: traefikCPU, combine: figures.Ratio, atMost: 1.20},
	{says: "hit / empty plugin, requests per second", of: []string{routeHit, routeEmpty}, figure: perSecond, combine: figures.Ratio, atLeast: 0.90},
	{says: "hit / ForwardAuth, requests per second", of: []string{routeHit, routeForward}, figure: perSecond, combine: figures.Ratio, atLeast: 2},
	{says: "a miss adds, Huawei at once", of: []string{routeMiss0, routeNoneAlone, routeHuawei0}, figure: halfWithin, combine: figures.Difference, unit: " ms", atMost: 1},
	{says: "a miss adds, Huawei at 20 ms a call", of: []string{routeMiss20, routeNonePaced, routeHuawei20}, figure: halfWithin, combine: figures.Difference, unit: " ms", atMost: 1},

	{says: "hit / no middleware, CPU of Traefik per request", of: []string{routeHit, routeNone}, figure: traefikCPU, combine: figures.Ratio},
	{says: "hit / ForwardAuth, CPU of Traefik per request", of: []string{routeHit, routeForward}, figure: traefikCPU, combine: figures.Ratio},
	{says: "refusal / empty plugin, CPU of Traefik per request", of: []string{routeRefusal, routeEmpty}, figure: traefikCPU, combine: figures.Ratio},
	{says: "a miss adds, the two calls at once included", of: []string{routeMiss0, routeNoneAlone}, figure: halfWithin, combine: figures.Difference, unit: " ms"},
}

// reportRatios writes the comparisons whose routes were all measured. The verdict is on the median.
func (m measurements) reportRatios(w io.Writer) {
	fmt.Fprintf(w, "\nCompared round by round:\n\n")
	met, targets := 0, 0
	for _, c := range comparisons {
		rounds, ok := m.compare(c)
		if !ok {
			continue
		}
		fmt.Fprintf(w, "%-52s %-24s", c.says, spread(rounds, 2)+c.unit)
		if wanted, ok := c.verdict(figures.Of(rounds).Median); wanted != "" {
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

func (m measurements) compare(c comparison) (rounds []float64, ok bool) {
	for i, name := range c.of {
		taken, ok := m[name]
		if !ok {
			return nil, false
		}
		if i == 0 {
			rounds = taken[c.figure]
			continue
		}
		rounds = figures.Combined(rounds, taken[c.figure], c.combine)
	}
	return rounds, true
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
