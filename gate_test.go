package huaweiid

import (
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func newTestGate(maxConcurrent int) (*gate, *clock) {
	g := newGate(maxConcurrent)
	c := &clock{now: time.Hour}
	g.since = c.since
	return g, c
}

// fill enters as often as the gate lets the address.
func fill(g *gate, known bool, address string, first int) (passes []*pass) {
	for n := first; ; n++ {
		p, _ := enterGate(g, testKey(n), known, address)
		if p == nil {
			return passes
		}
		passes = append(passes, p)
	}
}

func TestGate_strangersCannotUseUpTheLastQuarter(t *testing.T) {
	t.Parallel()
	g, _ := newTestGate(64)
	for n := 0; n < 48; n++ {
		p, _ := enterGate(g, testKey(n), false, strconv.Itoa(n))
		require.NotNil(t, p, n)
	}
	_, refused := enterGate(g, testKey(99), false, "another")
	require.Same(t, outcomeByWhen[whenCrowded], refused.outcome)
	require.Equal(t, time.Second, refused.retryAfter)
	require.Len(t, fill(g, true, "a", 100), 16)
}

func TestGate_oneAddressCannotUseUpTheStrangersSlots(t *testing.T) {
	t.Parallel()
	g, _ := newTestGate(64)
	require.Len(t, fill(g, false, "junk", 0), 24, "half of 48, while nobody else is there")
	for n := 0; n < 2; n++ {
		require.Len(t, fill(g, false, strconv.Itoa(n), 100*n+100), 12, "a quarter, for each of the others")
	}
	require.Empty(t, fill(g, false, "late", 500), "all 48 are taken")
}

func TestGate_everyAddressHasAtLeastOneSlot(t *testing.T) {
	t.Parallel()
	g, _ := newTestGate(4)
	require.Equal(t, 3, g.strangerSlots)
	for _, address := range []string{"a", "b", "c"} {
		p, _ := enterGate(g, testKey(1), false, address)
		require.NotNil(t, p, address)
	}
	one, _ := newTestGate(1)
	p, _ := enterGate(one, testKey(1), false, "a")
	require.NotNil(t, p)
}

func TestGate_slotsComeBack(t *testing.T) {
	t.Parallel()
	g, _ := newTestGate(64)
	for _, p := range append(fill(g, false, "a", 0), fill(g, true, "a", 100)...) {
		leaveGate(g, p, good())
	}
	require.Zero(t, g.underWay)
	require.Zero(t, g.strangers)
	require.Empty(t, g.addresses)
}

func TestGate_aPanicGivesTheSlotBack(t *testing.T) {
	t.Parallel()
	g, _ := newTestGate(64)
	p, _ := enterGate(g, testKey(1), false, "a")
	g.since = func(time.Time) time.Duration { panic("clock") }
	require.Panics(t, func() { leaveGate(g, p, nil) })
	require.True(t, g.mu.TryLock(), "the lock is free")
	require.Zero(t, g.underWay)
}

func TestGate_warnsOnceWhenOnlyOneAddressFails(t *testing.T) {
	t.Parallel()
	g, _ := newTestGate(64)
	warnings := 0
	for n := 0; n < 1000; n++ {
		if n == 500 {
			p, _ := enterGate(g, testKey(n), false, "proxy")
			leaveGate(g, p, good())
		}
		p, refused := enterGate(g, testKey(n), false, "proxy")
		require.Nil(t, refused, "the breaker stays closed")
		if leaveGate(g, p, failed(whenTimeout, "")).lonely {
			warnings++
		}
	}
	require.Equal(t, 1, warnings)
}

func TestGate_saysHowLongTheBreakerIsOpen(t *testing.T) {
	t.Parallel()
	g, c := newTestGate(64)
	var last ruling
	for n := 0; n < failuresToOpen; n++ {
		p, _ := enterGate(g, testKey(n), true, "a")
		last = leaveGate(g, p, failed(whenTimeout, ""))
	}
	require.Equal(t, ruling{before: 0, after: 5 * time.Second}, last)
	c.advance(2 * time.Second)
	_, refused := enterGate(g, testKey(9), true, "a")
	require.Same(t, outcomeByWhen[whenPaused], refused.outcome)
	require.Equal(t, 3*time.Second, refused.retryAfter)
	c.advance(3 * time.Second)
	p, _ := enterGate(g, testKey(9), true, "a")
	require.Equal(t, ruling{before: 5 * time.Second}, leaveGate(g, p, good()))
}

// Whoever waited for the lock while another opened the breaker was told to wait for a second longer than it was open.
func TestGate_nobodyWaitsLongerThanTheBreakerIsOpen(t *testing.T) {
	t.Parallel()
	g, c := newTestGate(64)
	for n := 0; n < failuresToOpen; n++ {
		p, _ := enterGate(g, testKey(n), true, "a")
		leaveGate(g, p, failed(whenTimeout, ""))
	}
	g.since = func(from time.Time) time.Duration {
		require.False(t, g.mu.TryLock(), "the clock is read under the lock")
		return c.since(from)
	}
	_, refused := enterGate(g, testKey(9), true, "a")
	require.Equal(t, 5*time.Second, refused.retryAfter)
}

func TestClientAddress(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		peer      string
		forwarded []string
		want      string
	}{
		"the peer":               {peer: "192.0.2.1:1234", want: "192.0.2.1"},
		"IPv6 counts by its /64": {peer: "[2001:db8:1:2:3:4:5:6]:1234", want: "2001:db8:1:2::/64"},
		"IPv4 within IPv6":       {peer: "[::ffff:192.0.2.1]:1234", want: "192.0.2.1"},
		"a zone":                 {peer: "[fe80::1%eth0]:1234", want: "fe80::/64"},
		"the last element":       {peer: "10.0.0.1:1", forwarded: []string{"203.0.113.9, 192.0.2.1"}, want: "192.0.2.1"},
		"the last line":          {peer: "10.0.0.1:1", forwarded: []string{"203.0.113.9", "192.0.2.1"}, want: "192.0.2.1"},
		"with a port":            {peer: "10.0.0.1:1", forwarded: []string{"192.0.2.1:99"}, want: "192.0.2.1"},
		"an IPv6 with a port":    {peer: "10.0.0.1:1", forwarded: []string{"[2001:db8::1]:99"}, want: "2001:db8::/64"},
		"an empty element":       {peer: "10.0.0.1:1", forwarded: []string{"192.0.2.1, "}, want: "10.0.0.1"},
		"no address":             {peer: "10.0.0.1:1", forwarded: []string{"unknown"}, want: ""},
		"a socket":               {peer: "@", want: ""},
	} {
		req := httptest.NewRequest("GET", "/", nil)
		req.RemoteAddr = c.peer
		if c.forwarded != nil {
			req.Header["X-Forwarded-For"] = c.forwarded
		}
		require.Equal(t, c.want, clientAddress(req), name)
	}
}
