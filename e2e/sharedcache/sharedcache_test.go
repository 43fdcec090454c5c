package sharedcache

import (
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/internal/redistest"
)

// Each worker has tokens of its own. Whatever becomes of the others' requests, it gets its own user or nobody.
func TestInterpreted_nobodyGetsAnothersAnswer(t *testing.T) {
	server := redistest.Start(t)
	p := newProbe(t, options{}, server.Address)
	var workers sync.WaitGroup
	for worker := range 32 {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for turn := range 60 {
				name := fmt.Sprintf("%d-%d", worker, turn%20)
				if turn < 20 {
					p.store("token-"+name, "open-"+name, "", 0)
				}
				openID, code := p.fetch("token-" + name)
				if !assert.Equal(t, "open-"+name, openID) || !assert.Empty(t, code) {
					return
				}
				if fault := p.set("key-"+name, "value-"+name); !assert.Empty(t, fault) {
					return
				}
				value, fault := p.get("key-" + name)
				if !assert.Equal(t, "value-"+name, value) || !assert.Empty(t, fault) {
					return
				}
			}
		}()
	}
	workers.Wait()
}

// The same while the server hangs for longer than the time-out, so that replies come late, and dies and returns.
func TestInterpreted_nobodyGetsAnothersAnswerWhileServersHangDieAndReturn(t *testing.T) {
	server := redistest.Start(t)
	p := newProbe(t, options{timeout: 100 * time.Millisecond}, server.Address)
	var stop atomic.Bool
	var right atomic.Int64
	var workers sync.WaitGroup
	for worker := range 16 {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for turn := 0; !stop.Load(); turn++ {
				name := fmt.Sprintf("%d-%d", worker, turn%10)
				p.store("token-"+name, "open-"+name, "", 0)
				openID, code := p.fetch("token-" + name)
				if openID != "" {
					right.Add(1)
				}
				if openID != "" && !assert.Equal(t, "open-"+name, openID) || !assert.Empty(t, code) {
					return
				}
			}
		}()
	}
	some := func() {
		before := right.Load()
		require.Eventually(t, func() bool { return right.Load() > before+100 }, 30*time.Second, time.Millisecond)
	}
	some()
	for range 2 {
		server.Freeze()
		time.Sleep(120 * time.Millisecond) // longer than the time-out
		server.Thaw()
		some()
	}
	server.Kill()
	server.Restart()
	some()
	stop.Store(true)
	workers.Wait()
}

func TestInterpreted_refusalIsNotUndoneInAnyOrderOfWrites(t *testing.T) {
	server := redistest.Start(t)
	a, b := newProbe(t, options{timeout: time.Second}, server.Address), newProbe(t, options{timeout: time.Second}, server.Address)
	for i := range 60 {
		token := fmt.Sprintf("token-%d", i)
		var writing sync.WaitGroup
		writing.Add(2)
		go func() {
			defer writing.Done()
			a.store(token, "open", "", 6*time.Second)
		}()
		go func() {
			defer writing.Done()
			b.store(token, "", "token_invalid", 4*time.Second)
		}()
		writing.Wait()
		_, code := a.fetch(token)
		require.Equal(t, "token_invalid", code)
		for _, key := range server.Keys() {
			if strings.HasSuffix(key, "-") {
				server.Do("DEL", key)
			}
		}
		openID, _ := a.fetch(token)
		require.Empty(t, openID)
	}
}

// The server takes no writes when the refusal comes. The good answer in it counts for nothing then, and is gone as soon as it does.
func TestInterpreted_refusalThatCouldNotBeStoredIsNotUndone(t *testing.T) {
	server := redistest.Start(t)
	a, b := newProbe(t, options{timeout: time.Second}, server.Address), newProbe(t, options{timeout: time.Second}, server.Address)
	for i := range 20 {
		a.store(fmt.Sprint("token", i), "open", "", 5*time.Second)
	}
	server.Do("REPLICAOF", "127.0.0.1", "1")
	for i := range 20 {
		b.store(fmt.Sprint("token", i), "", "token_invalid", 0)
	}
	server.Do("REPLICAOF", "NO", "ONE")
	openID, _ := a.fetch("token0")
	require.Equal(t, "open", openID, "it does not know")
	for i := range 20 {
		openID, _ := b.fetch(fmt.Sprint("token", i))
		require.Empty(t, openID)
	}
	for i := range 20 {
		require.Eventually(t, func() bool {
			b.fetch("token")
			_, code := a.fetch(fmt.Sprint("token", i))
			return code == "token_invalid"
		}, 30*time.Second, 5*time.Millisecond)
	}
}

func TestInterpreted_errorsAreToldApart(t *testing.T) {
	certificate := redistest.NewCertificate(t, "127.0.0.1")
	other := redistest.NewCertificate(t, "127.0.0.1")
	secured := redistest.StartWith(t, certificate.Dial(), "--tls-only", "--tls-cert-file", certificate.CertFile,
		"--tls-key-file", certificate.KeyFile, "--tls-auth-clients", "no")
	locked := redistest.StartWith(t, redistest.Dial{Login: []string{"AUTH", "user:password"}}, "--requirepass", "user:password",
		"--user", "gateway", "on", ">gate", "~huaweiid:*", "-@all", "+pttl", "+get", "+set", "+del", "+auth")
	replica := redistest.Start(t, "--replicaof", "127.0.0.1 1")
	full := redistest.Start(t, "--maxmemory", "1")
	for name, c := range map[string]struct {
		probe *probe
		key   string
		want  string
	}{
		"over TLS":                      {newProbe(t, options{rootCAs: certificate.CA}, secured.Address), "huaweiid:k", ""},
		"an unknown authority":          {newProbe(t, options{rootCAs: other.CA}, secured.Address), "huaweiid:k", "tls"},
		"no password":                   {newProbe(t, options{}, locked.Address), "huaweiid:k", "noauth"},
		"a wrong password":              {newProbe(t, options{password: "x"}, locked.Address), "huaweiid:k", "wrongpass"},
		"user:password as one argument": {newProbe(t, options{password: "user:password"}, locked.Address), "huaweiid:k", ""},
		"an ACL user":                   {newProbe(t, options{username: "gateway", password: "gate"}, locked.Address), "huaweiid:k", ""},
		"a key of others":               {newProbe(t, options{username: "gateway", password: "gate"}, locked.Address), "other:k", "noperm"},
		"a replica":                     {newProbe(t, options{}, replica.Address), "huaweiid:k", "readonly"},
		"a full server":                 {newProbe(t, options{}, full.Address), "huaweiid:k", "oom"},
		"nobody":                        {newProbe(t, options{}, redistest.FreeAddress(t)), "huaweiid:k", "connect"},
	} {
		assert.Equal(t, c.want, c.probe.set(c.key, "value"), name)
		if c.want == "" {
			value, fault := c.probe.get(c.key)
			assert.Equal(t, "value", value, name)
			assert.Empty(t, fault, name)
		}
	}
}

func TestInterpreted_serverThatFailsIsLeftAloneAndFoundAgain(t *testing.T) {
	server := redistest.Start(t)
	p := newProbe(t, options{timeout: 30 * time.Millisecond}, server.Address)
	require.Eventually(t, func() bool { return p.set("key", "value") == "" }, 30*time.Second, time.Millisecond)
	server.Do("CLIENT", "PAUSE", "600000")
	for range 3 {
		require.Equal(t, "timeout", p.set("key", "other"))
	}
	require.Equal(t, "paused", p.set("key", "other"))
	server.Kill()
	server.Restart()
	require.Eventually(t, func() bool { return p.set("key", "value") == "" }, 30*time.Second, 50*time.Millisecond)
}

func TestInterpreted_hostileServersAreErrors(t *testing.T) {
	for name, c := range map[string]struct{ reply, want string }{
		"garbage":       {"\x16\x03\x01\x02\x00\r\n", "protocol"},
		"RESP3":         {":1\r\n_\r\n", "protocol"},
		"half a reply":  {":1\r\n$10\r\nabc", "timeout"},
		"nothing":       {"", "timeout"},
		"a huge string": {":1\r\n$99999999999\r\n", "protocol"},
		"a long line":   {strings.Repeat("x", 1<<17), "protocol"},
		"too much":      {":1\r\n$1\r\na\r\n$1\r\nb\r\n", "protocol"},
		"an unknown":    {"-WHAT user:hunter2\r\n-WHAT\r\n", "error"},
	} {
		p := newProbe(t, options{timeout: 300 * time.Millisecond}, replying(t, c.reply))
		_, fault := p.get("key")
		assert.Equal(t, c.want, fault, name)
	}
}

// replying answers whatever it reads first, and ends no connection.
func replying(t *testing.T, reply string) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx := t.Context()
	var serving sync.WaitGroup
	serving.Add(1)
	go func() {
		defer serving.Done()
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Add(1)
			go func() {
				defer serving.Done()
				defer conn.Close()
				_, _ = conn.Read(make([]byte, 1024))
				_, _ = io.WriteString(conn, reply)
				<-ctx.Done()
			}()
		}
	}()
	t.Cleanup(func() { // after ctx has ended
		listener.Close()
		serving.Wait()
	})
	return listener.Addr().String()
}

func TestInterpreted_clusterWhoseSlotsMove(t *testing.T) {
	cluster := redistest.StartCluster(t, 3)
	p := newProbe(t, options{}, cluster.Addresses()...)
	for i := range 30 {
		name := fmt.Sprint(i)
		p.store("token-"+name, "open-"+name, "", 0)
		openID, _ := p.fetch("token-" + name)
		require.Equal(t, "open-"+name, openID)
	}
	const slot = 12182 // that of "foo"
	from := cluster.Owner(slot)
	to := (from + 1) % 3
	require.Empty(t, p.set("foo", "bar"))
	cluster.Import(slot, from, to)
	cluster.Move("foo", from, to)
	value, fault := p.get("foo")
	require.Equal(t, "bar", value)
	require.Empty(t, fault)
	cluster.Migrate(slot, from, to)
	value, fault = p.get("foo")
	require.Equal(t, "bar", value)
	require.Empty(t, fault)
	cluster.Nodes[to].Do("CONFIG", "SET", "maxmemory", "1")
	require.Equal(t, "oom", p.set("foo", "baz"))
}

// The refusal is where the slot was, and the good answer of earlier asking comes while the slot moves.
func TestInterpreted_refusalIsNotUndoneWhileItsSlotMigrates(t *testing.T) {
	cluster := redistest.StartCluster(t, 3)
	a, b := newProbe(t, options{}, cluster.Addresses()...), newProbe(t, options{}, cluster.Addresses()[0])
	b.store("token", "", "token_invalid", time.Second)
	from := 0
	for len(cluster.Nodes[from].Keys()) == 0 {
		from++
	}
	to := (from + 1) % 3
	slot := int(cluster.Nodes[from].Int("CLUSTER", "KEYSLOT", cluster.Nodes[from].Keys()[0]))
	cluster.Import(slot, from, to)
	a.store("token", "open", "", 25*time.Second)
	a.store("token", "open", "", 9*time.Second)
	_, code := b.fetch("token")
	require.Equal(t, "token_invalid", code)
	require.Len(t, cluster.Nodes[from].Keys(), 1)
	require.Empty(t, cluster.Nodes[to].Keys(), "the good answer was taken back")
	cluster.Migrate(slot, from, to)
	_, code = a.fetch("token")
	require.Equal(t, "token_invalid", code)
}

func TestInterpreted_handshakeSlowerThanTheTimeoutIsFinishedAndKept(t *testing.T) {
	certificate := redistest.NewCertificate(t, "127.0.0.1")
	server := redistest.StartWith(t, certificate.Dial(), "--tls-only", "--tls-cert-file", certificate.CertFile,
		"--tls-key-file", certificate.KeyFile, "--tls-auth-clients", "no")
	p := newProbe(t, options{rootCAs: certificate.CA, timeout: 100 * time.Millisecond}, delaying(t, server.Address, 300*time.Millisecond))
	require.Equal(t, "timeout", p.set("key", "value"))
	// No handshake is ever quicker, so that only one that was kept can serve.
	require.Eventually(t, func() bool { return p.set("key", "value") == "" }, 30*time.Second, 20*time.Millisecond)
}

// delaying relays to a server, beginning late on each connection.
func delaying(t *testing.T, server string, delay time.Duration) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				time.Sleep(delay)
				target, err := net.Dial("tcp", server)
				if err != nil {
					return
				}
				go func() {
					defer target.Close()
					_, _ = io.Copy(target, conn)
				}()
				_, _ = io.Copy(conn, target)
			}()
		}
	}()
	return listener.Addr().String()
}

// What one call costs interpreted. Its own processor time says more than the time that passes, which has Redis in it and whatever else
// the machine does.
func BenchmarkInterpreted(b *testing.B) {
	server := redistest.Start(b)
	p := &probe{}
	p.set, p.get, p.store, p.fetch = interpreted(server.Address, "", "", "", patient)
	p.store("token", "open", "", 0)
	for name, call := range map[string]func(){
		"fetch-found":  func() { p.fetch("token") },
		"fetch-absent": func() { p.fetch("none") },
		"store":        func() { p.store("token", "open", "", 0) },
	} {
		b.Run(name, func(b *testing.B) {
			before := processorTime()
			for range b.N {
				call()
			}
			b.ReportMetric(float64((processorTime()-before).Microseconds())/float64(b.N), "cpu-µs/op")
		})
	}
}

func processorTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
