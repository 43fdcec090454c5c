package huaweiid

import (
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/internal/redistest"
)

// patient is a redis.timeout that no test waits for on a busy machine.
const patient = 20 * time.Second

// testRedis is a client on a clock that stands still.
type testRedis struct {
	*redisClient
	clock *clock
}

func newTestRedis(t *testing.T, address string, change func(*redisSettings)) *testRedis {
	t.Helper()
	s := redisSettings{address: []string{address}, timeout: patient}
	if change != nil {
		change(&s)
	}
	r := &testRedis{redisClient: newRedisClient(s), clock: &clock{now: time.Hour}}
	r.since = r.clock.since
	t.Cleanup(r.close)
	return r
}

func (r *testRedis) set(key, value string) error {
	_, err := r.call(key, "+", command("SET", key, value, "PX", "100000"))
	return err
}

// get returns a key's value and life.
func (r *testRedis) get(key string) (string, int64, error) {
	replies, err := r.call(key, ":$", command("PTTL", key), command("GET", key))
	if err != nil {
		return "", 0, err
	}
	return replies[1].text, replies[0].number, nil
}

func requireGets(t *testing.T, r *testRedis, key, want string) {
	t.Helper()
	got, _, err := r.get(key)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

// one is the only server of a client.
func (r *testRedis) one() *redisNode {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.nodes[r.addresses[0]]
}

func TestRedis_keepsWhatItIsGiven(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	r := newTestRedis(t, server.Address, nil)
	value := "a\r\n\x00%s " + strings.Repeat("x", 5000)
	require.NoError(t, r.set("key", value))
	got, left, err := r.get("key")
	require.NoError(t, err)
	assert.Equal(t, value, got)
	assert.Positive(t, left)
	assert.LessOrEqual(t, left, int64(100000))

	replies, err := r.call("none", ":$", command("PTTL", "none"), command("GET", "none"))
	require.NoError(t, err)
	assert.Equal(t, int64(-2), replies[0].number)
	assert.Equal(t, int64(-1), replies[1].number)

	replies, err = r.call("key", "::", command("DEL", "key"), command("DEL", "key"))
	require.NoError(t, err)
	assert.Equal(t, int64(1), replies[0].number)
	assert.Equal(t, int64(0), replies[1].number)

	replies, err = r.call("list", ":+:*", command("RPUSH", "list", "a", "b", "c"), command("LTRIM", "list", "-2", "-1"),
		command("PEXPIRE", "list", "1000"), command("LRANGE", "list", "0", "-1"))
	require.NoError(t, err)
	assert.Equal(t, []string{"b", "c"}, replies[3].items)
	assert.Len(t, r.one().idle, 1, "one connection did for all of it")
}

func TestRedis_logsIn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options []string
		login   []string
		change  func(*redisSettings)
	}{
		"with a password": {
			options: []string{"--requirepass", "secret one"},
			login:   []string{"AUTH", "secret one"},
			change:  func(s *redisSettings) { s.password = secret{"secret one"} },
		},
		"with user:password as the one argument": {
			options: []string{"--requirepass", "user:password"},
			login:   []string{"AUTH", "user:password"},
			change:  func(s *redisSettings) { s.password = secret{"user:password"} },
		},
		"as an ACL user with no more rights than it needs, in a database": {
			options: []string{"--requirepass", "admin", "--user", "gateway", "on", ">gate", "~huaweiid:*", "resetchannels", "-@all",
				"+auth", "+select", "+asking", "+pttl", "+get", "+set", "+del"},
			login: []string{"AUTH", "admin"},
			change: func(s *redisSettings) {
				s.username = "gateway"
				s.password = secret{"gate"}
				s.database = 3
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := redistest.StartWith(t, redistest.Dial{Login: c.login}, c.options...)
			r := newTestRedis(t, server.Address, c.change)
			require.NoError(t, r.set("huaweiid:key", "value"))
			requireGets(t, r, "huaweiid:key", "value")

			stranger := newTestRedis(t, server.Address, nil)
			assert.ErrorIs(t, stranger.set("huaweiid:key", "value"), errRedisNoAuth)
			wrong := newTestRedis(t, server.Address, func(s *redisSettings) { s.password = secret{"not this"} })
			assert.ErrorIs(t, wrong.set("huaweiid:key", "value"), errRedisWrongPass)
		})
	}
}

func TestRedis_saysWhatIsWrongWithTheLogin(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--user", "reader", "on", ">pass", "~huaweiid:*", "+get")
	none := newTestRedis(t, server.Address, func(s *redisSettings) { s.password = secret{"x"} })
	assert.ErrorIs(t, none.set("huaweiid:key", "value"), errRedisNoPassword)
	database := newTestRedis(t, server.Address, func(s *redisSettings) { s.database = 99 })
	assert.ErrorIs(t, database.set("huaweiid:key", "value"), errRedisDatabase)
	reader := newTestRedis(t, server.Address, func(s *redisSettings) {
		s.username = "reader"
		s.password = secret{"pass"}
	})
	assert.ErrorIs(t, reader.set("huaweiid:key", "value"), errRedisNoPerm)
	_, err := reader.call("other:key", "$", command("GET", "other:key"))
	assert.ErrorIs(t, err, errRedisNoPerm)
}

// A server that turns a connection away says why once, however many replies are expected, and ends it.
func TestRedis_saysWhyAServerTurnsConnectionsAway(t *testing.T) {
	t.Parallel()
	requireAway := func(t *testing.T, address string, want error) {
		t.Helper()
		for i := range 20 {
			r := newTestRedis(t, address, func(s *redisSettings) {
				if i%2 == 1 {
					s.database = 1 // so that it logs in
				}
			})
			_, _, err := r.get("key")
			require.ErrorIs(t, err, want)
			require.Equal(t, 1, r.one().strikes)
			require.Empty(t, r.one().idle)
		}
	}
	t.Run("maxclients", func(t *testing.T) {
		t.Parallel()
		server := redistest.Start(t)
		server.Do("CONFIG", "SET", "maxclients", "1")
		one := newTestRedis(t, server.Address, nil)
		eventually(t, func() bool { // when the connection of before is gone
			one.clock.advance(redisPause)
			return one.set("key", "value") == nil
		})
		requireAway(t, server.Address, errRedisClients)
	})
	t.Run("protected mode", func(t *testing.T) {
		t.Parallel()
		server := redistest.Start(t, "--protected-mode", "yes", "--bind", "*")
		_, port, err := net.SplitHostPort(server.Address)
		require.NoError(t, err)
		addresses, err := net.InterfaceAddrs()
		require.NoError(t, err)
		for _, a := range addresses {
			if n, ok := a.(*net.IPNet); ok && !n.IP.IsLoopback() && n.IP.To4() != nil {
				requireAway(t, net.JoinHostPort(n.IP.String(), port), errRedisDenied)
				return
			}
		}
		t.Skip("this machine has no address but loopback's, from which protected mode lets everybody in")
	})
	t.Run("and hangs", func(t *testing.T) {
		t.Parallel()
		r := newTestRedis(t, listen(t, func(conn net.Conn) {
			_, _ = io.WriteString(conn, "-NOPERM no\r\n")
			_, _ = io.Copy(io.Discard, conn)
		}), func(s *redisSettings) { s.timeout = 50 * time.Millisecond })
		for n := 0; n < redisStrikes; n++ {
			_, _, err := r.get("key")
			require.ErrorIs(t, err, errRedisNoPerm)
			require.Empty(t, r.one().idle, "a reply may come still")
		}
		_, _, err := r.get("key")
		require.ErrorIs(t, err, errRedisPaused)
	})
	t.Run("and sends elsewhere", func(t *testing.T) {
		t.Parallel()
		server := redistest.Start(t)
		r := newTestRedis(t, listen(t, func(conn net.Conn) {
			_, _ = io.WriteString(conn, "-MOVED 1 "+server.Address+"\r\n")
		}), nil)
		require.NoError(t, r.set("key", "value"))
		requireGets(t, r, "key", "value")
		r = newTestRedis(t, r.addresses[0], nil)
		requireGets(t, r, "key", "value")
		require.Empty(t, r.one().idle)
	})
}

// A server repeats what it was sent, and that may be a password.
func TestRedisFault_keepsNothingButTheFirstWordOfAnError(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"ERR unknown command 'AUTH', with args beginning with: 'hunter2'", "ERR hunter2", "hunter2", "hunter2: x", "HUNTER hunter2",
		"WRONGPASS hunter2", "",
	} {
		assert.NotContains(t, faultIn(text).Error(), "hunter2")
	}
	assert.ErrorIs(t, faultIn("ERR unknown command 'AUTH'"), errRedisCommand)
	assert.ErrorIs(t, faultIn("NEWERROR of a later version"), errRedisError)
	assert.ErrorContains(t, faultIn("NEWERROR of a later version"), "NEWERROR")
}

func TestRedisFault_everyFaultSaysWhatToDo(t *testing.T) {
	t.Parallel()
	for _, fault := range redisFaults {
		assert.NotEmpty(t, fault.result)
		if fault.err != errRedisPaused {
			assert.NotEmpty(t, fault.remedy, fault.result)
		}
		assert.Equal(t, fault.err, faultOf(fmt.Errorf("a call: %w", fault.err)).err)
	}
}

func TestRedis_overTLS(t *testing.T) {
	t.Parallel()
	certificate := redistest.NewCertificate(t, "127.0.0.1")
	other := redistest.NewCertificate(t, "127.0.0.1")
	server := redistest.StartWith(t, certificate.Dial(), "--tls-only", "--tls-cert-file", certificate.CertFile,
		"--tls-key-file", certificate.KeyFile, "--tls-auth-clients", "no")
	secured := func(ca string) func(*redisSettings) {
		return func(s *redisSettings) {
			s.tls = true
			s.rootCAs = []string{ca}
		}
	}
	r := newTestRedis(t, server.Address, secured(certificate.CA))
	require.NoError(t, r.set("key", "value"))
	requireGets(t, r, "key", "value")

	assert.ErrorIs(t, newTestRedis(t, server.Address, secured(other.CA)).set("key", "x"), errRedisTLS)
	plain := newTestRedis(t, server.Address, nil).set("key", "x")
	require.Error(t, plain)
	assert.Contains(t, faultOf(plain).remedy, "redis.tls")
	named := strings.Replace(server.Address, "127.0.0.1", "localhost", 1)
	assert.ErrorIs(t, newTestRedis(t, named, secured(certificate.CA)).set("key", "x"), errRedisTLS, "a certificate of another name")

	silent := newTestRedis(t, redistest.Start(t).Address, secured(certificate.CA))
	silent.connectLimit = 50 * time.Millisecond
	assert.ErrorIs(t, silent.set("key", "x"), errRedisTLS, "a server without TLS")
}

func TestRedis_fullServerStillAnswersReads(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	r := newTestRedis(t, server.Address, nil)
	require.NoError(t, r.set("key", "value"))
	server.Do("CONFIG", "SET", "maxmemory", "1")
	for range 2 * redisStrikes {
		assert.ErrorIs(t, r.set("other", "value"), errRedisOOM)
	}
	requireGets(t, r, "key", "value")
}

func TestRedis_evictsWithoutAnError(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	used, err := strconv.Atoi(server.Info("used_memory"))
	require.NoError(t, err)
	server.Do("CONFIG", "SET", "maxmemory", strconv.Itoa(used+1<<20))
	server.Do("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
	r := newTestRedis(t, server.Address, nil)
	value := strings.Repeat("x", 1000)
	for i := range 3000 {
		require.NoError(t, r.set("key"+strconv.Itoa(i), value))
	}
	evicted, err := strconv.Atoi(server.Info("evicted_keys"))
	require.NoError(t, err)
	assert.Positive(t, evicted)
	found := 0
	for i := range 3000 {
		got, _, err := r.get("key" + strconv.Itoa(i))
		require.NoError(t, err)
		if got != "" {
			found++
			require.Equal(t, value, got)
		}
	}
	assert.NotZero(t, found)
	assert.Less(t, found, 3000)
}

func TestRedis_tellsAReplicaFromAMaster(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--replicaof", "127.0.0.1 1")
	r := newTestRedis(t, server.Address, nil)
	requireGets(t, r, "key", "")
	require.ErrorIs(t, r.set("key", "value"), errRedisReadOnly)
	assert.Empty(t, r.one().idle, "the address may lead to the master by now")

	server.Do("CONFIG", "SET", "replica-serve-stale-data", "no")
	_, _, err := r.get("key")
	assert.ErrorIs(t, err, errRedisMasterDown)
}

func TestRedis_loadingServerIsLeftAlone(t *testing.T) {
	t.Parallel()
	// Every key takes a hundredth of a second to load.
	server := redistest.Start(t)
	for i := range 300 {
		server.Do("SET", "key"+strconv.Itoa(i), "value")
	}
	server.Dump()
	server.Kill()
	server.Options("--key-load-delay", "10000", "--loading-process-events-interval-bytes", "1024")
	server.Restart()
	r := newTestRedis(t, server.Address, nil)
	for range redisStrikes {
		_, _, err := r.get("key1")
		require.ErrorIs(t, err, errRedisLoading)
	}
	_, _, err := r.get("key1")
	require.ErrorIs(t, err, errRedisPaused)
	eventually(t, func() bool {
		r.clock.advance(redisPause)
		got, _, err := r.get("key1")
		return err == nil && got == "value"
	})
}

func TestRedis_waitsNoLongerThanTheTimeout(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	r := newTestRedis(t, server.Address, nil)
	require.NoError(t, r.set("key", "value"))
	// Connections for all calls to come, so that none is made meanwhile.
	var conns []*redisConn
	for range redisStrikes + 1 {
		c, _, err := takeConn(r.redisClient, r.one(), time.Now().Add(patient))
		require.NoError(t, err)
		conns = append(conns, c)
	}
	for _, c := range conns {
		putConn(r.one(), c, r.since(epoch))
	}
	r.timeout = 20 * time.Millisecond
	server.Do("CLIENT", "PAUSE", "600000")
	for range redisStrikes {
		begun := time.Now()
		require.ErrorIs(t, r.set("key", "other"), errRedisTimeout)
		assert.Less(t, time.Since(begun), 10*time.Second)
	}
	assert.Len(t, r.one().idle, 1, "a reply may still come on the others")
	require.ErrorIs(t, r.set("key", "other"), errRedisPaused)
	r.clock.advance(redisPause - 1)
	require.ErrorIs(t, r.set("key", "other"), errRedisPaused)
	r.clock.advance(1)
	require.ErrorIs(t, r.set("key", "other"), errRedisTimeout, "one tries")
	require.ErrorIs(t, r.set("key", "other"), errRedisPaused, "and the others do not")
}

func TestRedis_isBackWhenTheServerIs(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	r := newTestRedis(t, server.Address, nil)
	require.NoError(t, r.set("key", "value"))
	server.Kill()
	server.Restart()
	require.NoError(t, r.set("key", "value"), "the connection that has died is made anew within the call")

	server.Kill()
	for range redisStrikes {
		require.ErrorIs(t, r.set("key", "value"), errRedisConnect)
	}
	require.ErrorIs(t, r.set("key", "value"), errRedisPaused)
	server.Restart()
	require.ErrorIs(t, r.set("key", "value"), errRedisPaused)
	r.clock.advance(redisPause)
	require.NoError(t, r.set("key", "value"))
	require.NoError(t, r.set("key", "value"))
}

// Each worker asks for keys of its own, and a server that dies and comes back may give it nothing, but never another's.
func TestRedis_nobodyGetsAnothersReplyWhileServersDieAndReturn(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	r := newTestRedis(t, server.Address, func(s *redisSettings) { s.timeout = 50 * time.Millisecond })
	var stop atomic.Bool
	var right atomic.Int64
	var workers sync.WaitGroup
	for worker := range 20 {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for turn := 0; !stop.Load(); turn++ {
				key := fmt.Sprintf("%d/%d", worker, turn%10)
				_ = r.set(key, "of "+key)
				got, _, err := r.get(key)
				if err == nil && got != "" {
					right.Add(1)
					if !assert.Equal(t, "of "+key, got) {
						return
					}
				}
			}
		}()
	}
	for range 3 {
		some := right.Load()
		eventually(t, func() bool {
			r.clock.advance(redisPause)
			return right.Load() > some+500
		})
		server.Freeze()
		time.Sleep(60 * time.Millisecond) // longer than the timeout, so that replies come late
		server.Thaw()
		server.Kill()
		server.Restart()
	}
	stop.Store(true)
	workers.Wait()
	assert.LessOrEqual(t, r.one().open, redisMaxConns)
}

func TestRedis_fullPoolIsAnErrorAtOnce(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	r := newTestRedis(t, server.Address, nil)
	require.NoError(t, r.set("key", "value"))
	server.Freeze()
	var calls sync.WaitGroup
	for range redisMaxConns {
		calls.Add(1)
		go func() {
			defer calls.Done()
			assert.NoError(t, r.set("key", "value"))
		}()
	}
	eventually(t, func() bool {
		n := r.one()
		n.mu.Lock()
		defer n.mu.Unlock()
		return n.open == redisMaxConns && len(n.idle) == 0
	})
	require.ErrorIs(t, r.set("key", "value"), errRedisFull)
	server.Thaw()
	calls.Wait()
	requireGets(t, r, "key", "value")
}

func TestRedis_usesNoConnectionForMoreThanAMinute(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	r := newTestRedis(t, server.Address, nil)
	accepted := func() string { return server.Info("total_connections_received") }
	require.NoError(t, r.set("key", "value"))
	first := r.one().idle[0]
	r.clock.advance(redisMaxAge - 1)
	require.NoError(t, r.set("key", "value"))
	assert.Same(t, first, r.one().idle[0])
	r.clock.advance(1)
	before := accepted()
	require.NoError(t, r.set("key", "value"))
	assert.NotSame(t, first, r.one().idle[0])
	assert.NotEqual(t, before, accepted())
	assert.Equal(t, 1, r.one().open)

	// One that lies at the bottom goes when another comes back.
	old := r.one().idle[0]
	r.one().idle = nil
	require.NoError(t, r.set("key", "value"))
	r.one().idle = append([]*redisConn{old}, r.one().idle...)
	r.clock.advance(redisMaxAge - 1)
	r.one().idle[1].made = r.since(epoch)
	r.clock.advance(1)
	require.NoError(t, r.set("key", "value"))
	assert.NotContains(t, r.one().idle, old)
}

func TestRedis_closesItsConnections(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	r := newTestRedis(t, server.Address, nil)
	require.NoError(t, r.set("key", "value"))
	r.close()
	assert.Zero(t, r.one().open)
	require.NoError(t, r.set("key", "value"), "a request of an old handler may still come")
	assert.Zero(t, r.one().open)
}

// slowly relays to a server, and begins only when told.
func slowly(t *testing.T, server string, begin <-chan struct{}) (address string) {
	t.Helper()
	return listen(t, func(conn net.Conn) {
		<-begin
		target, err := net.Dial("tcp", server)
		if err != nil {
			return
		}
		go func() {
			defer target.Close()
			_, _ = io.Copy(target, conn)
		}()
		_, _ = io.Copy(conn, target)
	})
}

func TestRedis_connectionThatTakesLongerThanTheTimeoutIsKept(t *testing.T) {
	t.Parallel()
	certificate := redistest.NewCertificate(t, "127.0.0.1")
	server := redistest.StartWith(t, certificate.Dial(), "--tls-only", "--tls-cert-file", certificate.CertFile,
		"--tls-key-file", certificate.KeyFile, "--tls-auth-clients", "no")
	begin := make(chan struct{})
	r := newTestRedis(t, slowly(t, server.Address, begin), func(s *redisSettings) {
		s.tls = true
		s.rootCAs = []string{certificate.CA}
		s.timeout = 10 * time.Millisecond
	})
	for range redisStrikes {
		require.ErrorIs(t, r.set("key", "value"), errRedisTimeout)
	}
	require.ErrorIs(t, r.set("key", "value"), errRedisPaused)
	assert.Equal(t, redisStrikes, r.one().open, "they are still being made")
	close(begin)
	eventually(t, func() bool {
		n := r.one()
		n.mu.Lock()
		defer n.mu.Unlock()
		return len(n.idle) == redisStrikes
	})
	r.timeout = patient
	require.NoError(t, r.set("key", "value"), "a server that was only slow is not left alone any longer")
	assert.Equal(t, redisStrikes, r.one().open, "no further connection")
}

func TestRedis_saysWhyALateConnectionFailed(t *testing.T) {
	t.Parallel()
	certificate := redistest.NewCertificate(t, "127.0.0.1")
	plain := redistest.Start(t)
	begin := make(chan struct{})
	address := slowly(t, plain.Address, begin)
	r := newTestRedis(t, address, func(s *redisSettings) {
		s.tls = true
		s.rootCAs = []string{certificate.CA}
		s.timeout = 10 * time.Millisecond
	})
	r.connectLimit = 100 * time.Millisecond
	require.ErrorIs(t, r.set("key", "value"), errRedisTimeout)
	close(begin)
	eventually(t, func() bool {
		n := r.one()
		n.mu.Lock()
		defer n.mu.Unlock()
		return n.late != nil
	})
	assert.ErrorIs(t, r.set("key", "value"), errRedisTLS)
}
