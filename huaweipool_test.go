package huaweiid

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// A lookup every half second for two minutes, each of which the one before has kept the connection warm for.
func TestPool_connectionsAreReplacedAfterAMinuteUnderSteadyLoad(t *testing.T) {
	t.Parallel()
	type use struct {
		calls   int
		resumed bool
		closed  bool
	}
	var mu sync.Mutex
	uses := map[string]*use{} // by the client's address, and so by connection
	sim := huaweisim.New()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		mu.Lock()
		if uses[req.RemoteAddr] == nil {
			uses[req.RemoteAddr] = &use{}
		}
		uses[req.RemoteAddr].calls++
		uses[req.RemoteAddr].resumed = req.TLS.DidResume
		mu.Unlock()
		sim.ServeHTTP(rw, req)
	}))
	server.Config.ConnState = func(conn net.Conn, state http.ConnState) {
		mu.Lock()
		defer mu.Unlock()
		if u := uses[conn.RemoteAddr().String()]; u != nil && state == http.StateClosed {
			u.closed = true
		}
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	r := newRig(t, func(c *Config) {
		c.Huawei.GetInfoURL = server.URL + huaweisim.GetInfoPath
		c.Huawei.RootCAs = []string{certificateOf(server)}
		c.Huawei.Timeout = "1m"
	})
	r.client.pool.since = r.clock.since
	r.client.pool.CloseIdleConnections() // the first generation is by that clock, too

	const pace = time.Second / 2
	for n := 0; n < int(2*time.Minute/pace); n++ {
		require.NotNil(t, lookUp(r.client, "mainland/"+strconv.Itoa(n)).identity)
		r.clock.advance(pace)
	}
	mu.Lock()
	defer mu.Unlock()
	require.Len(t, uses, 2)
	resumed := 0
	for _, u := range uses {
		require.Equal(t, int(connectionLife/pace), u.calls)
		if u.resumed {
			resumed++
		}
	}
	require.Equal(t, 1, resumed, "the second connection goes on with the first one's TLS session")
}

func TestPool_connectionsInUseAreClosedWhenTheirCallsEnd(t *testing.T) {
	t.Parallel()
	var open atomic.Int64
	arrived, release := make(chan struct{}), make(chan struct{})
	sim := huaweisim.New()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		close(arrived)
		<-release
		sim.ServeHTTP(rw, req)
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			open.Add(1)
		case http.StateClosed:
			open.Add(-1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	r := newRig(t, func(c *Config) {
		c.Huawei.GetInfoURL = server.URL + huaweisim.GetInfoPath
		c.Huawei.Timeout = "1m"
	})
	done := make(chan *verdict)
	go func() { done <- lookUp(r.client, "mainland/1") }()
	<-arrived
	r.client.pool.CloseIdleConnections()
	close(release)
	v := <-done
	require.NotNil(t, v.identity, "the call is not disturbed")
	eventually(t, func() bool { return open.Load() == 0 })
}

// failing has one row for each way in which a call can end before it has an answer.
func TestClient_tellsWhetherThereWasAConnection(t *testing.T) {
	t.Parallel()
	sim := huaweisim.New()
	t.Cleanup(sim.Close)
	plain := httptest.NewServer(sim)
	t.Cleanup(plain.Close)
	secure := httptest.NewUnstartedServer(sim)
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	old := httptest.NewUnstartedServer(sim)
	old.Config.ErrorLog = secure.Config.ErrorLog
	old.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	old.StartTLS()
	t.Cleanup(old.Close)
	silent := silentListener(t)
	refusing := alwaysAnswering(t, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
	closing := alwaysAnswering(t, "")
	sim.SetFaults(huaweisim.Fault{Kind: "hang"})

	for name, test := range map[string]struct {
		change      func(*Config)
		code        string
		cause       string
		unconnected bool
	}{
		"name not resolved": {func(c *Config) { c.Huawei.GetInfoURL = "http://no..name" }, codeUnavailable,
			"getInfo: dialling no..name:80: dial tcp: lookup no..name", true},
		"nobody listens": {func(c *Config) { c.Huawei.GetInfoURL = "http://127.0.0.1:1" }, codeUnavailable,
			"getInfo: dialling 127.0.0.1:1: dial tcp 127.0.0.1:1: ", true},
		"nobody answers the handshake": {func(c *Config) { c.Huawei.GetInfoURL, c.Huawei.Timeout = "https://"+silent, "1s" }, codeTimeout,
			"getInfo: no connection to " + silent + " in time", true},
		"no TLS spoken": {func(c *Config) { c.Huawei.GetInfoURL = strings.Replace(plain.URL, "http:", "https:", 1) }, codeUnavailable,
			"getInfo: the TLS handshake with ", true},
		"TLS too old": {func(c *Config) { c.Huawei.GetInfoURL = old.URL }, codeUnavailable, "getInfo: the TLS handshake with ", true},
		"not trusted": {func(c *Config) { c.Huawei.GetInfoURL, c.Huawei.Timeout = secure.URL, "20s" }, codeUnavailable,
			"getInfo: the certificate is not trusted", true},
		"proxy that nobody listens at": {func(c *Config) {
			c.Huawei.GetInfoURL, c.Huawei.ProxyURL = secure.URL, "http://user:SECRET@127.0.0.1:1"
		}, codeUnavailable, "getInfo: proxyconnect tcp: dialling 127.0.0.1:1: ", true},
		"proxy that refuses": {func(c *Config) { c.Huawei.GetInfoURL, c.Huawei.ProxyURL = secure.URL, "http://"+refusing }, codeUnavailable,
			"getInfo: the proxy refuses to connect: HTTP 502", true},
		"proxy that does not answer": {func(c *Config) {
			c.Huawei.GetInfoURL, c.Huawei.ProxyURL, c.Huawei.Timeout = secure.URL, "http://"+silent, "1s"
		}, codeTimeout, "getInfo: no connection to ", true},
		"connected, and no answer": {func(c *Config) { c.Huawei.GetInfoURL, c.Huawei.Timeout = plain.URL+huaweisim.GetInfoPath, "1s" },
			codeTimeout, "getInfo: no answer in time", false},
		"connected, and cut off": {func(c *Config) { c.Huawei.GetInfoURL = "http://" + closing }, codeUnavailable, "getInfo: ", false},
		"getTokenInfo": {func(c *Config) {
			c.Huawei.TokenInfoURL, c.Audience.ClientIDs = "http://127.0.0.1:1", []string{"7"}
		}, codeUnavailable, "getTokenInfo: dialling 127.0.0.1:1: ", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := CreateConfig()
			config.Huawei.AllowHTTP, config.Huawei.ProxyURL, config.Huawei.Retries = "true", "direct", "0"
			test.change(config)
			s, err := config.check()
			require.NoError(t, err)
			c := newClient(s.upstream)
			v := lookUp(c, "token")
			require.Equal(t, test.code, v.outcome.code, v.cause)
			require.True(t, strings.HasPrefix(v.cause, test.cause), v.cause)
			require.NotContains(t, v.cause, "SECRET")
			require.Equal(t, test.unconnected, v.unconnected)
		})
	}
}

// net/http dials anew where an idle connection turns out to be dead before anything was written.
func TestClient_aDeadConnectionAndNoOtherIsNone(t *testing.T) {
	t.Parallel()
	v := lookUp(fuzzClient(func(req *http.Request) (*http.Response, error) {
		trace := httptrace.ContextClientTrace(req.Context())
		trace.GetConn("huawei.test:443")
		trace.GotConn(httptrace.GotConnInfo{Reused: true})
		trace.GetConn("huawei.test:443")
		return nil, errDial
	}), "token")
	require.Equal(t, codeUnavailable, v.outcome.code)
	require.True(t, v.unconnected, v.cause)
}

// silentListener takes connections and says nothing on them.
func silentListener(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var conns []net.Conn
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conns = append(conns, conn)
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-ended
		for _, conn := range conns {
			_ = conn.Close()
		}
	})
	return listener.Addr().String()
}

func TestFallbackDelay_leavesIPv4ItsTimeWhateverTheTimeout(t *testing.T) {
	t.Parallel()
	for timeout, want := range map[time.Duration]time.Duration{
		minTimeout: 2 * time.Millisecond, 250 * time.Millisecond: 50 * time.Millisecond,
		3 * time.Second: maxFallbackDelay, maxTimeout: maxFallbackDelay,
	} {
		require.Equal(t, want, fallbackDelay(timeout))
		s := upstreamSettings{huawei: huaweiSettings{timeout: timeout, proxyURL: secret{proxyDirect}}}
		require.Equal(t, want, newClient(s).pool.dialer.FallbackDelay)
	}
}

// Without the delay of its own, every lookup ends in a time-out: Go's is longer than huawei.timeout.
func TestClient_triesIPv4InTimeWhereIPv6IsBroken(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(huaweisim.New())
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	require.NoError(t, err)
	r := newRig(t, func(c *Config) {
		c.Huawei.GetInfoURL = "http://huawei.test:" + port + huaweisim.GetInfoPath
		c.Huawei.Timeout = "250ms"
		c.Huawei.Retries = "0"
	})
	var broken atomic.Int64
	dialer := r.client.pool.dialer
	dialer.Resolver = resolverOfBoth(t)
	dialer.ControlContext = func(ctx context.Context, network, _ string, _ syscall.RawConn) error {
		if network == "tcp6" { // what is sent there never arrives
			broken.Add(1)
			<-ctx.Done()
			return ctx.Err()
		}
		return nil
	}
	// On a machine that is very busy, one may be late all the same.
	eventually(t, func() bool { return lookUp(r.client, "mainland/1").identity != nil })
	require.Positive(t, broken.Load(), "IPv6 was tried first")
}

// resolverOfBoth knows one address of each kind for every name: the loopback's.
func resolverOfBoth(t *testing.T) *net.Resolver {
	t.Helper()
	server, err := net.ListenPacket("udp4", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Close() })
	go func() {
		query := make([]byte, 512)
		for {
			n, from, err := server.ReadFrom(query)
			if err != nil {
				return
			}
			_, _ = server.WriteTo(dnsAnswer(query[:n]), from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp4", server.LocalAddr().String())
	}}
}

// dnsAnswer answers a query of RFC 1035 §4.1 that has one question.
func dnsAnswer(query []byte) []byte {
	const header, suffix = 12, 4 // octets before the name, and those of type and class behind it
	end := header
	for query[end] != 0 {
		end += 1 + int(query[end])
	}
	end++
	address := net.IPv4(127, 0, 0, 1).To4()
	if kind := binary.BigEndian.Uint16(query[end:]); kind == 28 {
		address = net.IPv6loopback
	}
	answer := append([]byte{query[0], query[1], 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0}, query[header:end+suffix]...)
	answer = append(answer, 0xc0, header) // the name is that of the question
	answer = append(answer, query[end:end+suffix]...)
	answer = append(answer, 0, 0, 0, 60, 0, byte(len(address))) // seconds to keep it
	return append(answer, address...)
}

// What a faulty upstream says once more on a connection answers the next call. With client IDs the two answers about a token
// have to agree, so that nobody gets another's identity; without, nothing tells.
func TestClient_aSecondAnswerOnAConnectionIsNobodysWithClientIDs(t *testing.T) {
	t.Parallel()
	const first, second = "mainland/1", "mainland/2"
	for _, clientIDs := range [][]string{nil, {huaweisim.ClientID}} {
		sim := huaweisim.New()
		t.Cleanup(sim.Close)
		r := newRig(t, func(c *Config) {
			c.Huawei.GetInfoURL = repeating(t, sim) + huaweisim.GetInfoPath
			c.Audience.ClientIDs = clientIDs
		})
		r.sim.SetFaults()
		one, two := lookUp(r.client, first), lookUp(r.client, second)
		user, _ := huaweisim.UserOf(first)
		require.Equal(t, user.OpenID, one.identity.openID)
		if clientIDs == nil {
			require.Equal(t, user.OpenID, two.identity.openID, "the wrong user, or this test shows nothing")
			continue
		}
		require.Equal(t, codeTokenForeign, two.outcome.code)
	}
}

// repeating is the URL of a server that answers the second request of a connection with the answer to the first.
func repeating(t *testing.T, handler http.Handler) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				var answer *httptest.ResponseRecorder
				for reader := bufio.NewReader(conn); ; {
					req, err := http.ReadRequest(reader)
					if err != nil {
						return
					}
					if answer == nil {
						answer = httptest.NewRecorder()
						handler.ServeHTTP(answer, req)
					} else {
						_, _ = io.Copy(io.Discard, req.Body)
					}
					if _, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: "+strconv.Itoa(answer.Body.Len())+
						"\r\n\r\n"+answer.Body.String()); err != nil {
						return
					}
				}
			}()
		}
	}()
	return "http://" + listener.Addr().String()
}
