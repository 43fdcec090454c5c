package huaweiid

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func fail(b *breaker, now time.Duration) {
	b.done(failed(whenConnection, ""), b.start(), now)
}

func TestBreaker_opensAfterFiveFailuresInARow(t *testing.T) {
	t.Parallel()
	b := &breaker{}
	for n := 0; n < failuresToOpen; n++ {
		_, ok := b.admits(0)
		require.True(t, ok, "failure %d", n)
		fail(b, 0)
	}
	wait, ok := b.admits(0)
	require.False(t, ok)
	require.Equal(t, 5*time.Second, wait)
	wait, ok = b.admits(4 * time.Second)
	require.False(t, ok)
	require.Equal(t, time.Second, wait)
	_, ok = b.admits(5 * time.Second)
	require.True(t, ok)
}

func TestBreaker_anyUsableAnswerEndsTheRow(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]*verdict{
		"identity":      {identity: &entry{}},
		"refusal":       {outcome: outcomeByNSP["6"]},
		"misconfigured": {outcome: outcomeByHTTP["404"]},
		"malformed":     failed(whenMalformed, ""),
	} {
		b := &breaker{}
		for n := 0; n < failuresToOpen-1; n++ {
			fail(b, 0)
		}
		b.done(v, b.start(), 0)
		fail(b, 0)
		_, ok := b.admits(0)
		require.True(t, ok, name)
	}
}

func TestBreaker_letsOneProbeThroughAtATime(t *testing.T) {
	t.Parallel()
	b := &breaker{}
	for n := 0; n < failuresToOpen; n++ {
		fail(b, 0)
	}
	_, ok := b.admits(5 * time.Second)
	require.True(t, ok)
	require.True(t, b.start(), "the first after the pause is the probe")
	wait, ok := b.admits(6 * time.Second)
	require.False(t, ok, "no second one beside it")
	require.Positive(t, wait)
}

func TestBreaker_doublesItsPauseUpToAMinuteWhileProbesFail(t *testing.T) {
	t.Parallel()
	b := &breaker{}
	now := time.Duration(0)
	for n := 0; n < failuresToOpen; n++ {
		fail(b, now)
	}
	for _, pause := range []time.Duration{5, 10, 20, 40, 60, 60} {
		wait, ok := b.admits(now)
		require.False(t, ok)
		require.Equal(t, pause*time.Second, wait)
		now += wait
		_, ok = b.admits(now)
		require.True(t, ok)
		fail(b, now)
	}
	now += time.Minute
	b.done(&verdict{identity: &entry{}}, b.start(), now)
	require.Equal(t, breaker{}, *b, "a good probe closes it, as if nothing had been")
}

func TestBreaker_staleNewsDoNotCount(t *testing.T) {
	t.Parallel()
	b := &breaker{}
	late := b.start()
	for n := 0; n < failuresToOpen; n++ {
		fail(b, 0)
	}
	b.done(failed(whenTimeout, ""), late, 3*time.Second)
	wait, _ := b.admits(3 * time.Second)
	require.Equal(t, 2*time.Second, wait)
}

func TestBreaker_honoursRetryAfter(t *testing.T) {
	t.Parallel()
	b := &breaker{}
	b.done(&verdict{outcome: outcomeByHTTP["429"], retryAfter: 17 * time.Second}, b.start(), 0)
	wait, ok := b.admits(0)
	require.False(t, ok)
	require.Equal(t, 17*time.Second, wait)

	fail2 := &verdict{outcome: outcomeByHTTP["503"], retryAfter: time.Minute}
	_, ok = b.admits(17 * time.Second)
	require.True(t, ok)
	b.done(fail2, b.start(), 17*time.Second)
	wait, _ = b.admits(17 * time.Second)
	require.Equal(t, time.Minute, wait)
}
