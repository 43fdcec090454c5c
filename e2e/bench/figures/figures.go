// Package figures sums up what was measured in several rounds.
package figures

import (
	"math/rand/v2"
	"slices"
)

// Turns is the order in which so many take their turns in a round: another in every round, the same in every run.
func Turns(n, round int) []int {
	return rand.New(rand.NewPCG(1, uint64(round))).Perm(n)
}

// TurnsOfGroups is the order of a round in which groups of so many come one after the other, each in turns of its own: what is
// compared comes near each other then, since a machine's speed changes within seconds.
func TurnsOfGroups(round int, groups ...int) []int {
	var turns []int
	begin := 0
	for _, n := range groups {
		for _, at := range Turns(n, round) {
			turns = append(turns, begin+at)
		}
		begin += n
	}
	return turns
}

// Spread is a figure over the rounds: what lies in the middle, between what half of the rounds lie, and the ends.
type Spread struct {
	Median, Lower, Upper, Min, Max float64
}

// Of sums up one figure of every round; none at all give zeros.
func Of(rounds []float64) Spread {
	if len(rounds) == 0 {
		return Spread{}
	}
	sorted := slices.Sorted(slices.Values(rounds))
	middle := len(sorted) / 2
	median := sorted[middle]
	if len(sorted)%2 == 0 {
		median = (median + sorted[middle-1]) / 2
	}
	last := len(sorted) - 1
	return Spread{Median: median, Lower: sorted[last/4], Upper: sorted[last-last/4], Min: sorted[0], Max: sorted[last]}
}

// Combined gives one figure per round from two that were measured in the same round. A ratio of two medians would compare
// moments at which the machine was not equally fast.
func Combined(a, b []float64, combine func(a, b float64) float64) []float64 {
	rounds := make([]float64, min(len(a), len(b)))
	for i := range rounds {
		rounds[i] = combine(a[i], b[i])
	}
	return rounds
}

// Ratio and Difference are for Combined.
func Ratio(a, b float64) float64 { return a / b }

// Difference is a less b.
func Difference(a, b float64) float64 { return a - b }
