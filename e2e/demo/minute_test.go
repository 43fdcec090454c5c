package demo

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// at is a minute whose clock the test sets.
func at(start int64) (*minute, *time.Time) {
	now := time.Unix(start, 0)
	return newMinute(func() time.Time { return now }), &now
}

func TestMinute_tellsTheSecondsThatAreOver(t *testing.T) {
	t.Parallel()
	m, now := at(1000)
	m.asked()
	m.under(normal)
	m.answered(known, verdict{served: true, Source: fromCache})
	m.answered(known, verdict{served: true, Source: fromStale})
	m.answered(known, verdict{Code: "huawei_timeout", Source: fromHuawei})
	m.answered(newcomer, verdict{served: true, Source: fromHuawei})
	m.answered(newcomer, verdict{Code: "huawei_timeout", Source: fromHuawei})
	m.answered(somebody, verdict{Source: fromRefusals})
	assert.Equal(t, second{}, m.last()[shown-1], "the current second is not over")

	*now = now.Add(time.Second)
	want := second{at: 1000, Fresh: 1, Stale: 1, Lost: 1, New: 1, Refused: 1, Hits: 3, Requests: 6, Calls: 1, Condition: normal}
	last := m.last()
	assert.Len(t, last, shown)
	assert.Equal(t, want, last[shown-1])

	*now = now.Add((shown - 1) * time.Second)
	assert.Equal(t, want, m.last()[0])
	*now = now.Add(time.Second)
	assert.Equal(t, second{}, m.last()[0], "a minute later it is gone")
	m.asked()
	*now = now.Add(time.Second)
	assert.Equal(t, 1, m.last()[shown-1].Calls, "its place is used again")
}

func TestMinute_showsTheWorstConditionOfASecond(t *testing.T) {
	t.Parallel()
	m, now := at(1000)
	m.under(normal)
	m.under(down)
	m.under(normal)
	*now = now.Add(time.Second)
	assert.Equal(t, down, m.last()[shown-1].Condition)
}

func TestMinute_showsTheBreakerAsItsRefusalsTell(t *testing.T) {
	t.Parallel()
	m, now := at(1000)
	state := func() []any {
		name, wait := m.breakerState()
		return []any{name, wait}
	}
	assert.Equal(t, []any{breakerClosed, 0}, state())
	m.answered(newcomer, verdict{Code: "huawei_unavailable", Source: fromHuawei})
	assert.Equal(t, []any{breakerClosed, 0}, state(), "a failure alone opens nothing")
	m.answered(newcomer, verdict{Code: "overloaded", retryAfter: 5 * time.Second})
	assert.Equal(t, []any{breakerOpen, 5}, state())
	*now = now.Add(4500 * time.Millisecond)
	assert.Equal(t, []any{breakerOpen, 1}, state())
	m.answered(known, verdict{served: true, Source: fromStale})
	*now = now.Add(time.Second)
	assert.Equal(t, []any{breakerProbing, 0}, state())
	m.answered(newcomer, verdict{served: true, Source: fromHuawei})
	assert.Equal(t, []any{breakerClosed, 0}, state())
}
