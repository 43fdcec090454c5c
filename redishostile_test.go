package huaweiid

import (
	"bufio"
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

// listen serves connections of a test's own, each on a goroutine, and ends them with the test.
func listen(t *testing.T, serve func(net.Conn)) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var mu sync.Mutex
	var conns []net.Conn
	var serving sync.WaitGroup
	serving.Add(1)
	go func() {
		defer serving.Done()
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, conn)
			mu.Unlock()
			serving.Add(1)
			go func() {
				defer serving.Done()
				defer conn.Close()
				serve(conn)
			}()
		}
	}()
	t.Cleanup(func() {
		listener.Close()
		mu.Lock()
		for _, conn := range conns {
			conn.Close()
		}
		mu.Unlock()
		serving.Wait()
	})
	return listener.Addr().String()
}

// readCommands reads commands with one argument each.
func readCommands(conn net.Conn, count int) error {
	reader := bufio.NewReader(conn)
	for range count {
		for lines := 5; lines > 0; lines-- {
			if _, err := reader.ReadString('\n'); err != nil {
				return err
			}
		}
	}
	return nil
}

// readCommand reads one command's words. It returns nil when there is no more.
func readCommand(reader *bufio.Reader) (words []string) {
	var count int
	if _, err := fmt.Fscanf(reader, "*%d\r\n", &count); err != nil {
		return nil
	}
	for range count {
		var length int
		if _, err := fmt.Fscanf(reader, "$%d\r\n", &length); err != nil {
			return nil
		}
		word := make([]byte, length+2)
		if _, err := io.ReadFull(reader, word); err != nil {
			return nil
		}
		words = append(words, string(word[:length]))
	}
	return words
}

// answering is a server that reads one PTTL and one GET, answers with the given bytes, and ends the connection if told.
func answering(t *testing.T, bytes string, ends bool) (address string, accepted *atomic.Int64) {
	t.Helper()
	accepted = &atomic.Int64{}
	return listen(t, func(conn net.Conn) {
		accepted.Add(1)
		for readCommands(conn, 2) == nil {
			if _, err := io.WriteString(conn, bytes); err != nil || ends {
				return
			}
		}
	}), accepted
}

func TestRedis_hostileServerIsAnErrorAndItsConnectionIsNotUsedAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		bytes string
		ends  bool
		want  error
	}{
		"garbage":                        {bytes: "\x16\x03\x01\x02\x00\r\n", want: errRedisProtocol},
		"an HTTP answer":                 {bytes: "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", ends: true, want: errRedisProtocol},
		"a line that never ends":         {bytes: strings.Repeat("x", 1<<20), want: errRedisProtocol},
		"a string of all memory":         {bytes: ":1\r\n$999999999999\r\n", want: errRedisProtocol},
		"half a reply, and an end":       {bytes: ":1\r\n$10\r\nabc", ends: true, want: errRedisBroken},
		"half a reply, and then nothing": {bytes: ":1\r\n$10\r\nabc", want: errRedisTimeout},
		"nothing":                        {bytes: "", want: errRedisTimeout},
		"nothing, and an end":            {bytes: "", ends: true, want: errRedisBroken},
		"RESP3":                          {bytes: ":1\r\n_\r\n", want: errRedisProtocol},
		"replies in another order":       {bytes: "$1\r\na\r\n:1\r\n", want: errRedisProtocol},
		"one reply more":                 {bytes: ":1\r\n$1\r\na\r\n$1\r\nb\r\n", want: errRedisProtocol},
		"a redirect to nowhere":          {bytes: "-MOVED 1\r\n-MOVED 1\r\n", want: errRedisProtocol},
		"a redirect without a port":      {bytes: "-MOVED 1 host\r\n-MOVED 1 host\r\n", want: errRedisProtocol},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, accepted := answering(t, c.bytes, c.ends)
			r := newTestRedis(t, address, func(s *redisSettings) {
				if c.want == errRedisTimeout {
					s.timeout = 50 * time.Millisecond
				}
			})
			for range 2 {
				_, _, err := r.get("key")
				require.ErrorIs(t, err, c.want)
			}
			if c.want != errRedisProtocol || !strings.HasPrefix(c.bytes, "-") {
				assert.Equal(t, int64(2), accepted.Load(), "a connection that failed was used again")
			}
		})
	}
}

func TestRedis_serverThatSendsInCirclesIsLeft(t *testing.T) {
	t.Parallel()
	var address string
	var asked atomic.Int64
	address = listen(t, func(conn net.Conn) {
		for readCommands(conn, 2) == nil {
			asked.Add(1)
			_, _ = io.WriteString(conn, "-MOVED 1 "+address+"\r\n-MOVED 1 "+address+"\r\n")
		}
	})
	r := newTestRedis(t, address, nil)
	_, _, err := r.get("key")
	require.ErrorIs(t, err, errRedisRedirect)
	assert.Equal(t, int64(redisHops), asked.Load())
}

func TestRedis_clusterThatNamesNodesWithoutEndIsBounded(t *testing.T) {
	t.Parallel()
	r := newTestRedis(t, "127.0.0.1:1", nil)
	n, _ := routeOf(r.redisClient, "key")
	for i := range 2 * redisMaxNodes {
		r.follow("MOVED 1 10.0.0.1:"+string(rune('a'+i%26))+strings.Repeat("x", i/26), n, "key", 1)
	}
	assert.LessOrEqual(t, len(r.nodes), redisMaxNodes)
}

// Nodes come and go, in Kubernetes with an address of their own each time.
func TestRedis_nodesOfEarlierMakeRoomForNewOnes(t *testing.T) {
	t.Parallel()
	r := newTestRedis(t, "127.0.0.1:1", nil)
	n, _ := routeOf(r.redisClient, "key")
	for i := range 3 * redisMaxNodes {
		next, _, _ := r.follow(fmt.Sprintf("MOVED 1 10.0.0.1:%d", i+1), n, "key", 1)
		require.NotNil(t, next)
	}
	assert.LessOrEqual(t, len(r.nodes), redisMaxNodes)
}
