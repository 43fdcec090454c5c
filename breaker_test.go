package huaweiid

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// stranger is the pass of an unknown token of an address.
func stranger(token int, address string) *pass { return &pass{key: testKey(token), address: address} }

// open is a breaker that opened at the moment 0, for failures to connect.
func openBreaker() *breaker {
	b := &breaker{}
	for n := 0; n < failuresToOpen; n++ {
		conclude(b, stranger(n, "a"), unconnected(), 0)
	}
	return b
}

func unconnected() *verdict {
	v := failed(whenConnection, "")
	v.unconnected = true
	return v
}

func throttled(wait time.Duration) *verdict {
	return &verdict{outcome: outcomeByHTTP["429"], retryAfter: wait}
}

func good() *verdict { return &verdict{identity: &identity{}} }

func refused() *verdict { return &verdict{outcome: outcomeByNSP["6"]} }

// probe starts a probe, which has to be admitted.
func probe(t *testing.T, b *breaker, known bool, address string, now time.Duration) *pass {
	t.Helper()
	_, probe, ok := admits(b, known, address, now)
	require.True(t, ok)
	require.True(t, probe)
	return &pass{key: testKey(int(now)), known: known, address: address, probe: true}
}

func requireWait(t *testing.T, wait time.Duration, b *breaker, known bool, address string, now time.Duration) {
	t.Helper()
	got, _, ok := admits(b, known, address, now)
	require.False(t, ok)
	require.Equal(t, wait, got)
}

func TestBreaker_opensAfterFiveFailuresInARow(t *testing.T) {
	t.Parallel()
	b := &breaker{}
	for n := 0; n < failuresToOpen; n++ {
		_, probe, ok := admits(b, false, "a", 0)
		require.True(t, ok, "failure %d", n)
		require.False(t, probe)
		conclude(b, stranger(n, strconv.Itoa(n)), failed(whenTimeout, ""), 0)
	}
	requireWait(t, 5*time.Second, b, true, "a", 0)
	requireWait(t, time.Second, b, true, "a", 4*time.Second)
	probe(t, b, true, "a", 5*time.Second)
}

func TestBreaker_failuresToConnectAlwaysCount(t *testing.T) {
	t.Parallel()
	b := &breaker{}
	for n := 0; n < failuresToOpen; n++ {
		conclude(b, stranger(1, "a"), unconnected(), 0)
	}
	requireWait(t, 5*time.Second, b, true, "a", 0)
}

func TestBreaker_aTokensFailuresCountOnce(t *testing.T) {
	t.Parallel()
	b := &breaker{}
	for n := 0; n < 100; n++ {
		conclude(b, &pass{key: testKey(1), known: true, address: strconv.Itoa(n)}, failed(whenTimeout, ""), 0)
	}
	require.Equal(t, 1, b.failures)
}

func TestBreaker_anAddressesUnknownTokensCountTwice(t *testing.T) {
	t.Parallel()
	b := &breaker{}
	for n := 0; n < 100; n++ {
		conclude(b, stranger(n, "a"), failed(whenTimeout, ""), 0)
	}
	require.Equal(t, 2, b.failures)
	conclude(b, stranger(101, "b"), failed(whenTimeout, ""), 0)
	conclude(b, stranger(102, "b"), failed(whenTimeout, ""), 0)
	_, _, ok := admits(b, false, "c", 0)
	require.True(t, ok)
	conclude(b, stranger(103, "c"), failed(whenTimeout, ""), 0)
	requireWait(t, 5*time.Second, b, true, "a", 0)
}

func TestBreaker_knownUsersOfOneAddressAllCount(t *testing.T) {
	t.Parallel()
	b := &breaker{}
	for n := 0; n < failuresToOpen; n++ {
		conclude(b, &pass{key: testKey(n), known: true, address: "a"}, failed(whenTimeout, ""), 0)
	}
	requireWait(t, 5*time.Second, b, true, "a", 0)
}

func TestBreaker_aGoodAnswerEndsTheRow(t *testing.T) {
	t.Parallel()
	b := &breaker{}
	for n := 0; n < failuresToOpen-1; n++ {
		conclude(b, stranger(n, "a"), unconnected(), 0)
	}
	conclude(b, stranger(9, "a"), good(), 0)
	require.Equal(t, breaker{}, *b)
}

func TestBreaker_whatIsNoFailureOfHuaweiNeitherCountsNorResets(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]*verdict{
		"refusal":           refused(),
		"host not allowed":  {outcome: outcomeByHTTP["403"]},
		"misconfigured":     {outcome: outcomeByHTTP["404"]},
		"malformed":         failed(whenMalformed, ""),
		"permission denied": {outcome: outcomeByNSP["403"]},
	} {
		b := &breaker{}
		for n := 0; n < failuresToOpen-1; n++ {
			conclude(b, stranger(n, strconv.Itoa(n)), failed(whenTimeout, ""), 0)
			conclude(b, stranger(100+n, strconv.Itoa(n)), v, 0)
		}
		require.Equal(t, failuresToOpen-1, b.failures, name)
		conclude(b, stranger(9, "z"), failed(whenTimeout, ""), 0)
		requireWait(t, 5*time.Second, b, true, "a", 0)
	}
}

func TestBreaker_letsOneProbeThroughAtATime(t *testing.T) {
	t.Parallel()
	b := openBreaker()
	probe(t, b, true, "a", 5*time.Second)
	requireWait(t, time.Second, b, true, "b", 6*time.Second)
}

func TestBreaker_aKnownUserProbesFirstButStrangersAreNotStarved(t *testing.T) {
	t.Parallel()
	b := openBreaker()
	requireWait(t, time.Second, b, false, "a", 5*time.Second)
	probe(t, b, false, "a", 6*time.Second)
}

// A token that Huawei refuses says nothing about Huawei's health: junk must neither close the breaker nor keep it half-open.
func TestBreaker_aProbeThatProvesNothingFreesThePlaceForAnotherAddress(t *testing.T) {
	t.Parallel()
	b := openBreaker()
	conclude(b, probe(t, b, false, "junk", 6*time.Second), refused(), 6*time.Second)
	requireWait(t, time.Second, b, false, "junk", 6*time.Second)
	conclude(b, probe(t, b, false, "user", 6*time.Second), good(), 6*time.Second)
	require.Equal(t, breaker{}, *b)

	b = openBreaker()
	conclude(b, probe(t, b, false, "junk", 6*time.Second), refused(), 6*time.Second)
	probe(t, b, false, "junk", 7*time.Second) // where all share one address, it goes on
}

func TestBreaker_oneClientCannotLengthenThePause(t *testing.T) {
	t.Parallel()
	b := openBreaker()
	now := time.Duration(0)
	for n := 0; n < 100; n++ {
		now += time.Hour
		conclude(b, probe(t, b, false, "junk", now), failed(whenTimeout, ""), now)
	}
	require.Equal(t, 20*time.Second, b.pause, "two failures of its tokens have doubled it")
}

func TestBreaker_doublesItsPauseUpToAMinuteWhileProbesFail(t *testing.T) {
	t.Parallel()
	b := openBreaker()
	now := time.Duration(0)
	for _, pause := range []time.Duration{5, 10, 20, 40, 60, 60} {
		requireWait(t, pause*time.Second, b, true, "a", now)
		now += pause * time.Second
		conclude(b, probe(t, b, true, "a", now), failed(whenTimeout, ""), now)
	}
	now += time.Minute
	conclude(b, probe(t, b, true, "a", now), good(), now)
	require.Equal(t, breaker{}, *b, "a good probe closes it, as if nothing had been")
}

func TestBreaker_staleNewsDoNotCount(t *testing.T) {
	t.Parallel()
	b := openBreaker()
	conclude(b, stranger(9, "z"), failed(whenTimeout, ""), 3*time.Second)
	requireWait(t, 2*time.Second, b, true, "a", 3*time.Second)
}

func TestBreaker_obeysARetryAfterThatTwoAddressesWereTold(t *testing.T) {
	t.Parallel()
	b := &breaker{}
	for n := 0; n < 100; n++ {
		conclude(b, stranger(n, "a"), throttled(time.Minute), 0)
	}
	_, _, ok := admits(b, false, "b", 0)
	require.True(t, ok, "one client's own tokens drew it")
	conclude(b, stranger(101, "b"), throttled(17*time.Second), 0)
	requireWait(t, 17*time.Second, b, true, "c", 0)

	conclude(b, probe(t, b, true, "c", 17*time.Second), throttled(time.Minute), 17*time.Second)
	requireWait(t, time.Minute, b, true, "c", 17*time.Second)
}

func TestBreaker_obeysARetryAfterThatAKnownUserWasTold(t *testing.T) {
	t.Parallel()
	b := &breaker{}
	conclude(b, &pass{key: testKey(1), known: true}, throttled(17*time.Second), 0)
	requireWait(t, 17*time.Second, b, true, "a", 0)
}

func TestBreaker_remembersNoMoreThanItNeeds(t *testing.T) {
	t.Parallel()
	b := &breaker{}
	for n := 0; n < 10_000; n++ {
		conclude(b, stranger(n, strconv.Itoa(n%failuresToOpen)), throttled(time.Second), 0)
	}
	require.LessOrEqual(t, len(b.tokens), failuresToOpen)
	require.LessOrEqual(t, len(b.addresses), failuresToOpen)
	require.LessOrEqual(t, len(b.told), addressesTold)
}

// What is counted as open is what keeps somebody out: nobody has to come and probe before an alert ends.
func TestBreaker_isOpenWhileItKeepsLookupsOutAndNotWhileNobodyComes(t *testing.T) {
	t.Parallel()
	require.False(t, isOpen(&breaker{}, time.Hour))
	for _, now := range []time.Duration{0, 4, 5} {
		b := openBreaker()
		_, _, ok := admits(b, false, "a", now*time.Second)
		require.False(t, ok, "%d s", now)
		require.True(t, isOpen(b, now*time.Second), "%d s", now)
	}
	for _, now := range []time.Duration{6, 3600} {
		b := openBreaker()
		require.False(t, isOpen(b, now*time.Second), "%d s", now)
		p := probe(t, b, false, "a", now*time.Second)
		require.True(t, isOpen(b, now*time.Second+time.Minute), "%d s, a probe is under way", now)
		conclude(b, p, failed(whenTimeout, ""), now*time.Second)
		require.True(t, isOpen(b, now*time.Second), "%d s, the probe failed", now)
	}
}
