package figures_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/traefik-huaweiid/huaweiid/e2e/bench/figures"
)

func TestOf_isTheMiddleTheQuartilesAndTheEnds(t *testing.T) {
	assert.Equal(t, figures.Spread{Median: 3, Lower: 1, Upper: 9, Min: 1, Max: 9}, figures.Of([]float64{9, 1, 3}))
	assert.Equal(t, figures.Spread{Median: 2, Lower: 1, Upper: 9, Min: 1, Max: 9}, figures.Of([]float64{9, 1, 1, 3}))
	assert.Equal(t, figures.Spread{Median: 3, Lower: 2, Upper: 4, Min: 1, Max: 9}, figures.Of([]float64{9, 1, 2, 3, 4}))
	assert.Zero(t, figures.Of(nil))
}

func TestCombined_comparesRoundByRound(t *testing.T) {
	slow, fast := []float64{20, 200, 30}, []float64{10, 100, 15}
	assert.Equal(t, []float64{2, 2, 2}, figures.Combined(slow, fast, figures.Ratio))
	assert.Equal(t, []float64{10, 100}, figures.Combined(slow, fast[:2], figures.Difference))
}

func TestTurns_areAllOnceInAnotherOrderEachRound(t *testing.T) {
	follows := map[[2]int]int{}
	for round := range 100 {
		order := figures.Turns(5, round)
		assert.ElementsMatch(t, []int{0, 1, 2, 3, 4}, order)
		assert.Equal(t, order, figures.Turns(5, round))
		for i := range 4 {
			follows[[2]int{order[i], order[i+1]}]++
		}
	}
	// Each of the 20 pairs has its turn in a fifth of the rounds.
	assert.Len(t, follows, 20)
	for pair, times := range follows {
		assert.InDelta(t, 20, times, 15, "%v", pair)
	}
}

func TestTurnsOfGroups_takeOneGroupAfterTheOther(t *testing.T) {
	for round := range 10 {
		order := figures.TurnsOfGroups(round, 3, 0, 2)
		assert.ElementsMatch(t, []int{0, 1, 2}, order[:3])
		assert.ElementsMatch(t, []int{3, 4}, order[3:])
	}
	assert.Empty(t, figures.TurnsOfGroups(1))
}
