package huaweiid

import (
	"crypto/sha256"
	"fmt"
	"math/rand"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func testKey(n int) key { return sha256.Sum256([]byte(fmt.Sprint(n))) }

func testEntry(n int, end time.Duration) *entry {
	return &entry{key: testKey(n), expires: end, end: end}
}

func TestCache_holdsAtMostItsLimit(t *testing.T) {
	t.Parallel()
	c := newCache(10)
	for n := 0; n < 1000; n++ {
		putEntry(c, testEntry(n, time.Duration(n+1)*time.Second), 0)
		require.LessOrEqual(t, len(c.entries), 10)
		require.Len(t, c.byEnd, len(c.entries))
	}
}

func TestCache_fullDropsWhatIsNearestItsEnd(t *testing.T) {
	t.Parallel()
	c := newCache(3)
	putEntry(c, testEntry(1, 30*time.Second), 0)
	putEntry(c, testEntry(2, 10*time.Second), 0)
	putEntry(c, testEntry(3, 20*time.Second), 0)
	require.Equal(t, 1, putEntry(c, testEntry(4, 40*time.Second), 0))
	require.Nil(t, c.entries[testKey(2)])
	require.NotNil(t, c.entries[testKey(1)])
	require.NotNil(t, c.entries[testKey(3)])
	require.NotNil(t, c.entries[testKey(4)])
}

func TestCache_fullDropsTheDeadFirst(t *testing.T) {
	t.Parallel()
	c := newCache(2)
	putEntry(c, testEntry(1, 10*time.Second), 0)
	putEntry(c, testEntry(2, 60*time.Second), 0)
	require.Zero(t, putEntry(c, testEntry(3, 70*time.Second), 20*time.Second), "the dead are no loss")
	require.Nil(t, c.entries[testKey(1)])
	require.NotNil(t, c.entries[testKey(2)])
}

func TestCache_shrinksAsTheDeadGoTwoPerNewcomer(t *testing.T) {
	t.Parallel()
	c := newCache(1000)
	for n := 0; n < 100; n++ {
		putEntry(c, testEntry(n, time.Second), 0)
	}
	for n := 100; n < 130; n++ {
		putEntry(c, testEntry(n, time.Hour), time.Minute)
	}
	require.Len(t, c.entries, 100-2*30+30)
}

func TestCache_keepsOneEntryPerKey(t *testing.T) {
	t.Parallel()
	c := newCache(10)
	putEntry(c, testEntry(1, 10*time.Second), 0)
	newer := testEntry(1, 20*time.Second)
	putEntry(c, newer, 0)
	require.Len(t, c.byEnd, 1)
	require.Same(t, newer, c.entries[testKey(1)])
}

func TestCache_withoutRoomKeepsNothing(t *testing.T) {
	t.Parallel()
	c := newCache(0)
	putEntry(c, testEntry(1, time.Second), 0)
	require.Empty(t, c.entries)
}

func TestCache_keepsItsOrderUnderRandomUse(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewSource(1))
	c := newCache(64)
	for step := 0; step < 20000; step++ {
		n := random.Intn(200)
		switch e := c.entries[testKey(n)]; {
		case e != nil && random.Intn(2) == 0:
			removeEntry(c, e)
		case e != nil && random.Intn(2) == 0:
			changed := *e
			replaceEntry(c, e, &changed)
		default:
			putEntry(c, testEntry(n, time.Duration(random.Intn(1000)+1)), 0)
		}
		if len(c.byEnd) != len(c.entries) {
			require.FailNow(t, "lost entries", "step %d", step)
		}
		for place, e := range c.byEnd {
			if e.place != place || c.entries[e.key] != e || place > 0 && c.byEnd[(place-1)/2].end > e.end {
				require.FailNow(t, "out of order", "step %d, place %d", step, place)
			}
		}
	}
}
