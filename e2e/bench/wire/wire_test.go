package wire_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/bench/wire"
)

func one(request string) func(int) func() [][]byte {
	return func(int) func() [][]byte {
		exchange := [][]byte{[]byte(request)}
		return func() [][]byte { return exchange }
	}
}

const get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

func TestLoad_countsEveryExchangeThatItMeasures(t *testing.T) {
	var served atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		served.Add(1)
		w.Header().Set("Content-Length", "5000")
		_, _ = io.WriteString(w, strings.Repeat("x", 5000))
	}))
	defer server.Close()

	load := wire.Load{
		Address:     server.Listener.Addr().String(),
		Connections: 3,
		Status:      "200",
		Visitor: func(int) func() [][]byte {
			return func() [][]byte { return [][]byte{[]byte(get), []byte(get)} }
		},
	}
	marks := 0
	measured, err := load.Run(10*time.Millisecond, 50*time.Millisecond, func() { marks++ })
	require.NoError(t, err)
	assert.Equal(t, 2, marks)
	assert.Equal(t, measured.Exchanges, len(measured.Latencies))
	assert.Positive(t, measured.Exchanges)
	assert.LessOrEqual(t, int64(2*measured.Exchanges), served.Load(), "two requests are one exchange")
	assert.GreaterOrEqual(t, measured.Took, 50*time.Millisecond)
}

func TestLoad_failsUponAnAnswerOfAnotherStatus(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	load := wire.Load{Address: server.Listener.Addr().String(), Connections: 1, Status: "200", Visitor: one(get)}
	_, err := load.Run(0, 10*time.Millisecond, func() {})
	assert.ErrorContains(t, err, "404 Not Found")
}

func TestServer_answersWhatHTTPClientsSend(t *testing.T) {
	server, err := wire.Serve(func(request, answer []byte) []byte {
		return wire.OK(answer, "text/plain", "X-One: 1\r\n", request[bytes.Index(request, []byte("\r\n\r\n"))+4:])
	})
	require.NoError(t, err)
	defer server.Close()

	for i := range 3 {
		body := strings.Repeat(fmt.Sprint(i), 1+i*4000)
		resp, err := http.Post(server.URL(), "text/plain", strings.NewReader(body))
		require.NoError(t, err)
		got, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		require.NoError(t, err)
		assert.Equal(t, body, string(got))
		assert.Equal(t, "1", resp.Header.Get("X-One"))
	}

	answer, err := wire.Ask(server.Addr(), []byte(get), "200")
	require.NoError(t, err)
	assert.Contains(t, string(answer), "Content-Length: 0")

	server.Close()
	_, err = wire.Ask(server.Addr(), []byte(get), "200")
	assert.Error(t, err)
}
