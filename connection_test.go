package huaweiid

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// relay passes connections on to a server, until it swallows what comes on those that there are, as a firewall does that has
// forgotten them.
type relay struct {
	listener net.Listener
	to       string

	mu       sync.Mutex
	swallows []*atomic.Bool // by connection
}

func startRelay(t *testing.T, to string) *relay {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	r := &relay{listener: listener, to: to}
	go r.accept()
	return r
}

func (r *relay) accept() {
	for {
		here, err := r.listener.Accept()
		if err != nil {
			return
		}
		there, err := net.Dial("tcp", r.to)
		if err != nil {
			_ = here.Close()
			continue
		}
		swallow := &atomic.Bool{}
		r.mu.Lock()
		r.swallows = append(r.swallows, swallow)
		r.mu.Unlock()
		go handOn(here, there, swallow)
		go handOn(there, here, swallow)
	}
}

func handOn(from, to net.Conn, swallow *atomic.Bool) {
	defer from.Close()
	defer to.Close()
	_, _ = io.Copy(valve{to, swallow}, from)
}

type valve struct {
	net.Conn
	swallow *atomic.Bool
}

func (v valve) Write(b []byte) (int, error) {
	if v.swallow.Load() {
		return len(b), nil
	}
	return v.Conn.Write(b)
}

// ReadFrom is net.Conn's where there is none, and goes past Write.
func (v valve) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(struct{ io.Writer }{v}, r)
}

func (r *relay) connections() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.swallows)
}

func (r *relay) swallowAll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, swallow := range r.swallows {
		swallow.Store(true)
	}
}

func TestClient_aConnectionThatTimedOutIsNotUsedAgain(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(huaweisim.New())
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	relay := startRelay(t, server.Listener.Addr().String())
	r := newRig(t, func(c *Config) {
		c.Huawei.GetInfoURL = "https://" + relay.listener.Addr().String() + huaweisim.GetInfoPath
		c.Huawei.RootCAs = []string{certificateOf(server)}
		c.Huawei.Timeout = "2s"
	})
	require.NotNil(t, lookUp(r.client, "mainland/1").identity)
	relay.swallowAll()
	require.Equal(t, codeTimeout, lookUp(r.client, "mainland/2").outcome.code)
	require.NotNil(t, lookUp(r.client, "mainland/3").identity)
	require.Equal(t, 2, relay.connections())
}

// More connections than failures open the breaker, and a probe may get any of them.
func TestUpstream_aProbeGetsANewConnection(t *testing.T) {
	t.Parallel()
	// The first are answered when all of them are there, or they would share connections.
	const first = 2 * failuresToOpen
	var arrived atomic.Int64
	all := make(chan struct{})
	sim := huaweisim.New()
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		if arrived.Add(1) == first {
			close(all)
		}
		<-all
		sim.ServeHTTP(rw, req)
	}))
	t.Cleanup(server.Close)
	relay := startRelay(t, strings.TrimPrefix(server.URL, "http://"))
	r := newRig(t, func(c *Config) {
		c.Huawei.GetInfoURL = "http://" + relay.listener.Addr().String() + huaweisim.GetInfoPath
		c.Huawei.Timeout = "2s"
	})
	askAll := func(from, to int) {
		var group sync.WaitGroup
		for n := from; n < to; n++ {
			group.Add(1)
			token := "mainland/" + strconv.Itoa(n)
			go func() {
				defer group.Done()
				r.resolve(token, addressOf(token))
			}()
		}
		group.Wait()
	}

	askAll(0, first)
	require.Equal(t, first, relay.connections())

	relay.swallowAll()
	askAll(100, 100+failuresToOpen)
	r.requireRefused(r.ask("mainland/200"), codeOverloaded)
	r.clock.advance(shortestPause + probePriority)
	r.requireUser(r.ask("mainland/200"), "mainland/200", fromHuawei)

	// Nor is one used that a failed probe left, however often probes have failed.
	sim.SetFaults(huaweisim.Fault{Kind: "http", Status: 500})
	for n := 0; n < 2*failuresToOpen; n++ {
		r.ask("mainland/" + strconv.Itoa(300+n))
		r.clock.advance(longestPause + probePriority)
	}
	require.Equal(t, longestPause, r.gate.breaker.pause)
	sim.SetFaults()
	relay.swallowAll()
	r.requireUser(r.ask("mainland/400"), "mainland/400", fromHuawei)
}
