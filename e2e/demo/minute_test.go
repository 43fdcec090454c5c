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
	m.metered(figures{lookups: 5, hits: 3, calls: 4})
	m.under(normal)
	m.answered(known, verdict{served: true, Source: fromCache})
	m.answered(known, verdict{served: true, Source: fromStale})
	m.answered(known, verdict{Code: "huawei_timeout", Source: fromHuawei})
	m.answered(newcomer, verdict{served: true, Source: fromHuawei})
	m.answered(newcomer, verdict{Code: "huawei_timeout", Source: fromHuawei})
	m.answered(somebody, verdict{Source: fromRefusals})
	assert.Equal(t, second{}, m.last()[shown-1], "the current second is not over")

	*now = now.Add(time.Second)
	want := second{at: 1000, Fresh: 1, Stale: 1, Lost: 1, New: 1, Refused: 1, Hits: 3, Lookups: 5, Calls: 4, Condition: normal}
	last := m.last()
	assert.Len(t, last, shown)
	assert.Equal(t, want, last[shown-1])

	*now = now.Add((shown - 1) * time.Second)
	assert.Equal(t, want, m.last()[0])
	*now = now.Add(time.Second)
	assert.Equal(t, second{}, m.last()[0], "a minute later it is gone")
	m.answered(newcomer, verdict{})
	*now = now.Add(time.Second)
	assert.Equal(t, 1, m.last()[shown-1].Refused, "its place is used again")
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

func TestMinute_showsThePluginsFiguresAndNoneOfItsOwn(t *testing.T) {
	t.Parallel()
	m, now := at(1000)
	kept := func() []any {
		breaker, entries := m.kept()
		return []any{breaker, entries}
	}
	assert.Equal(t, []any{breakerUnknown, 0}, kept(), "nothing has been read")
	m.answered(newcomer, verdict{Status: 503, Code: "overloaded"})
	m.metered(figures{entries: 12})
	assert.Equal(t, []any{breakerClosed, 12}, kept(), "whatever is refused")
	m.metered(figures{entries: 12, breakers: 2})
	assert.Equal(t, []any{breakerOpen, 12}, kept())
	m.answered(newcomer, verdict{Status: 200, Source: fromHuawei, served: true})
	assert.Equal(t, []any{breakerOpen, 12}, kept(), "whoever is served")
	m.unmetered()
	assert.Equal(t, []any{breakerUnknown, 0}, kept())

	m.metered(figures{lookups: 7, hits: 4, calls: 6})
	*now = now.Add(time.Second)
	assert.Equal(t, 7, m.last()[shown-1].Lookups)
	m.metered(figures{lookups: 9, hits: 5, calls: 8})
	*now = now.Add(time.Second)
	last := m.last()[shown-1]
	assert.Equal(t, []int{2, 1, 2}, []int{last.Lookups, last.Hits, last.Calls}, "what they have grown by")
}
