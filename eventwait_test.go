package huaweiid

import (
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// farAway relays to a Redis that answers so late, and counts the readings of the list that begin.
func farAway(t *testing.T, server string, delay time.Duration) (address string, readings *atomic.Int64) {
	t.Helper()
	readings = &atomic.Int64{}
	return listen(t, func(conn net.Conn) {
		to, err := net.Dial("tcp", server)
		if err != nil {
			return
		}
		defer to.Close()
		go func() {
			defer to.Close()
			commands := make([]byte, 64<<10)
			for {
				n, err := conn.Read(commands)
				if err != nil {
					return
				}
				if strings.Contains(string(commands[:n]), "LRANGE") && strings.Contains(string(commands[:n]), "PTTL") {
					readings.Add(1)
				}
				time.Sleep(delay)
				if _, err := to.Write(commands[:n]); err != nil {
					return
				}
			}
		}()
		_, _ = io.Copy(conn, to)
	}), readings
}

// joinFar starts a replica whose Redis is elsewhere.
func (f *fleet) joinFar(address string, timeout time.Duration) *member {
	f.Helper()
	s := listSettings(f.server)
	s.redis.address = []string{address}
	s.redis.timeout = timeout
	r, a := newTestRegistry()
	u, stop := f.join(r, s)
	return &member{r, a, u, newLogger("test@file", 0, newThrottle()), stop}
}

// share has Redis have answers for as many lookups.
func (r *member) share(n int) {
	now := r.upstream.since(epoch)
	for i := range n {
		e := &entry{identity: alice, asked: now, expires: now + time.Hour, end: now + 2*time.Hour}
		r.upstream.shared.store(fmt.Sprint("token", i), e, r.log)
	}
}

// lookups asks Redis about many tokens at once, and returns how long the slowest took.
func (r *member) lookups(t *testing.T, n int) time.Duration {
	t.Helper()
	var group sync.WaitGroup
	var mu sync.Mutex
	var slowest time.Duration
	for i := range n {
		group.Add(1)
		go func() {
			defer group.Done()
			token := fmt.Sprint("token", i)
			begun := time.Now()
			fromOthers(r.upstream, keyOf(r.upstream, token), token, &flight{}, r.log)
			mu.Lock()
			defer mu.Unlock()
			if took := time.Since(begun); took > slowest {
				slowest = took
			}
		}()
	}
	group.Wait()
	return slowest
}

const (
	farTimeout = time.Second
	// atMost is what a busy machine may make of it. Where lookups wait for one another, or for the list and the token, it is more.
	atMost = 2 * farTimeout
)

// With account events, too, Redis delays a request by redis.timeout at most.
func TestEventList_delaysNoLookupBeyondTheTimeoutOfRedis(t *testing.T) {
	t.Parallel()
	t.Run("it hangs", func(t *testing.T) {
		t.Parallel()
		f := newFleet(t)
		f.server.Freeze()
		b := f.joinFar(f.server.Address, farTimeout)
		assert.Less(t, b.lookups(t, 50), atMost)
		f.server.Thaw()
	})
	t.Run("it is slow", func(t *testing.T) {
		t.Parallel()
		f := newFleet(t)
		a := f.start()
		a.share(1)
		address, _ := farAway(t, f.server.Address, farTimeout*3/5)
		b := f.joinFar(address, farTimeout)
		b.lookups(t, 1) // which connects
		eventually(t, func() bool { return !b.isReading() })
		b.upstream.list.hasRead = false
		begun := time.Now()
		assert.NotNil(t, fromOthers(b.upstream, keyOf(b.upstream, "token0"), "token0", &flight{}, b.log), "the list and the token were asked about at once")
		assert.Less(t, time.Since(begun), atMost)
	})
	t.Run("the list is long", func(t *testing.T) {
		t.Parallel()
		f := newFleet(t)
		a := f.start()
		a.share(50)
		a.receiveMany(t, 15*listPage, "open-", time.Now())
		address, readings := farAway(t, f.server.Address, farTimeout/4)
		b := f.joinFar(address, farTimeout)
		assert.Less(t, b.lookups(t, 50), atMost)
		require.True(t, b.isReading(), "it goes on beside them")
		assert.Less(t, b.lookups(t, 50), atMost)
		eventually(t, func() bool { return b.forgets("open-0", time.Second) })
		assert.EqualValues(t, 1, readings.Load(), "once for all of them")
	})
}

func (r *member) isReading() bool {
	r.upstream.list.mu.Lock()
	defer r.upstream.list.mu.Unlock()
	return r.upstream.list.reading
}
