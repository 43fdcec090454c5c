package huaweiid

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func newTestThrottle() (*throttle, *clock) {
	c := &clock{now: time.Hour}
	t := newThrottle()
	t.since = c.since
	return t, c
}

func TestThrottle_oneLineOfAKindInTenSecondsWithTheCountLeftOut(t *testing.T) {
	t.Parallel()
	th, c := newTestThrottle()
	_, ok := th.pass("timeout")
	require.True(t, ok)
	for n := 0; n < 7; n++ {
		c.advance(time.Second)
		_, ok = th.pass("timeout")
		require.False(t, ok)
	}
	_, ok = th.pass("another kind")
	require.True(t, ok)
	c.advance(3 * time.Second)
	leftOut, ok := th.pass("timeout")
	require.True(t, ok)
	require.Equal(t, 7, leftOut)
	c.advance(10 * time.Second)
	leftOut, ok = th.pass("timeout")
	require.True(t, ok)
	require.Zero(t, leftOut)
}

func TestThrottle_isBounded(t *testing.T) {
	t.Parallel()
	th, _ := newTestThrottle()
	for n := 0; n < 3*maxKinds; n++ {
		th.pass(fmt.Sprint(n))
		th.first(fmt.Sprint(n))
	}
	require.LessOrEqual(t, len(th.kinds), maxKinds)
	require.LessOrEqual(t, len(th.said), maxKinds)
}

func TestThrottle_saysAStartOnce(t *testing.T) {
	t.Parallel()
	th, _ := newTestThrottle()
	require.True(t, th.first("a"))
	require.False(t, th.first("a"))
	require.True(t, th.first("b"))
}
