package huaweiid

import (
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/internal/redistest"
)

// count is how many records a tier owes.
func (o *owedRecords) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.byName)
}

func (o *owedRecords) isPaid() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return !o.paying
}

func requireNoGood(t *testing.T, r *replica) {
	t.Helper()
	if e := r.ask("token"); e != nil {
		require.Nil(t, e.identity)
	}
}

// Redis has the good answer, and cannot take the refusal. What hangs may take it late, when nobody waits for the reply any more.
func TestRedisOwed_refusalThatCouldNotBeStoredIsNotUndoneAndIsStoredWhenRedisWorksAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fail, heal func(*redistest.Server)
		late       bool
	}{
		"read-only": {
			fail: func(s *redistest.Server) { s.Do("REPLICAOF", "127.0.0.1", "1") },
			heal: func(s *redistest.Server) { s.Do("REPLICAOF", "NO", "ONE") },
		},
		"paused for writes": {
			fail: func(s *redistest.Server) { s.Do("CLIENT", "PAUSE", "600000", "WRITE") },
			heal: func(s *redistest.Server) { s.Do("CLIENT", "UNPAUSE") },
			late: true,
		},
		"hanging": {fail: (*redistest.Server).Freeze, heal: (*redistest.Server).Thaw, late: true},
		"without the right to write": {
			fail: func(s *redistest.Server) { s.Do("ACL", "SETUSER", "default", "-set", "-del") },
			heal: func(s *redistest.Server) { s.Do("ACL", "SETUSER", "default", "+set", "+del") },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, a, b := twoReplicas(t)
			a.tell("token", a.good(alice, 5*time.Second))
			b.requireGood("token", alice, 5*time.Second)
			good := a.placeOf("token").name + goodName

			c.fail(server)
			b.client.timeout = 200 * time.Millisecond
			b.tell("token", b.refused(codeTokenInvalid, 0))
			b.clock.advance(11 * time.Second)
			requireNoGood(t, b)
			eventually(t, b.owed.isPaid)
			c.heal(server)
			b.client.timeout = patient
			b.clock.advance(redisPause)
			if !c.late {
				require.EqualValues(t, 1, server.Int("EXISTS", good))
			}
			requireNoGood(t, b)
			eventually(t, func() bool { return server.Int("EXISTS", good) == 0 })
			eventually(t, func() bool { return b.owed.count() == 0 })
			// A good answer that comes late finds the refusal.
			a.tell("token", a.good(alice, 9*time.Second))
			requireNoGood(t, b)
			requireNoGood(t, a)
		})
	}
}

func TestRedisOwed_answerOfLaterAskingEndsIt(t *testing.T) {
	t.Parallel()
	server, a, b := twoReplicas(t)
	server.Do("REPLICAOF", "127.0.0.1", "1")
	b.tell("token", b.refused(codeTokenInvalid, 5*time.Second))
	b.tell("other", b.refused(codeTokenInvalid, 5*time.Second))
	require.Equal(t, 2, b.owed.count())
	b.tell("token", b.refused(codePermissionDenied, 8*time.Second))
	require.Equal(t, 5*time.Second, b.clock.now-b.owed.byName[b.placeOf("token").name].asked, "that of later asking stays")
	server.Do("REPLICAOF", "NO", "ONE")
	a.tell("other", a.good(alice, 2*time.Second))
	b.tell("token", b.good(alice, 2*time.Second))
	require.Equal(t, 1, b.owed.count(), "this process was told")
	b.requireGood("other", alice, 2*time.Second)
	require.Zero(t, b.owed.count(), "Redis says so")
	b.requireGood("token", alice, 2*time.Second)
}

func TestRedisOwed_isBoundedAndTheOldestGoes(t *testing.T) {
	t.Parallel()
	b := newReplica(t, listen(t, func(net.Conn) {}), nil) // it closes every connection
	for i := range maxOwed + 100 {
		b.clock.advance(time.Millisecond)
		b.tell(fmt.Sprint("token", i), b.refused(codeTokenInvalid, 0))
		b.tell("again", b.refused(codeTokenInvalid, 0))
	}
	assert.Equal(t, maxOwed, b.owed.count())
	assert.Equal(t, maxOwed, b.owed.order.Len())
	for i, is := range map[int]bool{0: false, 99: false, 102: true, maxOwed + 99: true} {
		assert.Equal(t, is, b.owed.byName[b.placeOf(fmt.Sprint("token", i)).name] != nil, i)
	}
	b.clock.advance(owedLife)
	assert.Nil(t, b.owed.first(b.clock.now), "no good answer is that old")
	assert.Zero(t, b.owed.order.Len())
}

func TestRedisOwed_whatIsDoneTakesNoRoom(t *testing.T) {
	t.Parallel()
	o := newOwedRecords()
	owe := func(i int) { o.settle(place{name: fmt.Sprint(i)}, 0, &sharedRecord{}, time.Hour) }
	for i := range maxOwed {
		owe(i)
	}
	for i := 1; i < maxOwed; i++ {
		o.settle(place{name: fmt.Sprint(i)}, 2*time.Hour, nil, 2*time.Hour)
	}
	owe(maxOwed)
	require.NotNil(t, o.byName["0"], "it is owed still, and there is room")
	require.Equal(t, 2, o.count())
}

// The reply to the write of a good answer is lost, and then its deletion fails.
func TestRedisOwed_goodAnswerThatMayBeThereAndMustNotGoes(t *testing.T) {
	t.Parallel()
	server, _, b := twoReplicas(t)
	var mode atomic.Value // "", "mute" on the next connection, or "gone"
	mode.Store("mute")
	a := newReplica(t, listen(t, func(conn net.Conn) {
		was := mode.Load()
		if was == "gone" {
			return
		}
		to, err := net.Dial("tcp", server.Address)
		if err != nil {
			return
		}
		defer to.Close()
		replies := io.Writer(conn)
		if was == "mute" {
			mode.Store("gone")
			replies = io.Discard
		}
		go func() { _, _ = io.Copy(replies, to) }()
		_, _ = io.Copy(to, conn)
	}), nil)
	a.client.timeout = 200 * time.Millisecond
	b.tell("token", b.refused(codeTokenInvalid, 4*time.Second))
	good := a.placeOf("token").name + goodName
	a.tell("token", a.good(alice, 5*time.Second))
	eventually(t, func() bool { return server.Int("EXISTS", good) == 1 })
	server.Do("DEL", a.placeOf("token").name+refusalName) // its life ends
	a.client.timeout = patient
	a.clock.advance(redisPause)
	mode.Store("")
	assert.Nil(t, a.ask("token"))
	eventually(t, func() bool { return server.Int("EXISTS", good) == 0 })
}

// Redis has said that there is a good answer when the refusal that ends it is written.
func TestRedisOwed_whatIsPaidWhileRedisAnswersCountsStill(t *testing.T) {
	t.Parallel()
	server, a, _ := twoReplicas(t)
	answered, goOn := make(chan struct{}), make(chan struct{})
	b := newReplica(t, listen(t, func(conn net.Conn) {
		to, err := net.Dial("tcp", server.Address)
		if err != nil {
			return
		}
		defer to.Close()
		go func() {
			defer to.Close()
			_, _ = io.Copy(to, conn)
		}()
		reply := make([]byte, 4096)
		n, _ := to.Read(reply)
		close(answered)
		<-goOn
		_, _ = conn.Write(reply[:n])
		_, _ = io.Copy(conn, to)
	}), nil)
	a.tell("token", a.good(alice, 5*time.Second))
	p := b.placeOf("token")
	b.owed.settle(p, b.clock.now, &sharedRecord{refusal: sharedRefusals[codeTokenInvalid], stamp: b.wall().UnixMilli()}, b.clock.now)
	got := make(chan *entry)
	go func() { got <- b.ask("token") }()
	<-answered
	b.owed.settle(p, b.clock.now, nil, b.clock.now)
	close(goOn)
	assert.Nil(t, <-got)
}
