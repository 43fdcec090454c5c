package rawhttp_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/rawhttp"
)

const timeout = 20 * time.Second

// get is a request of the tests that look at the answer alone.
var get = rawhttp.Request{Host: "h"}.String()

// listen answers one connection with the bytes that are given, once it has received as many bytes as it wants.
func listen(t *testing.T, wants int, answer string) (address string, received <-chan string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	got := make(chan string, 1)
	go func() {
		defer close(got)
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		request := make([]byte, wants)
		n, _ := io.ReadFull(conn, request)
		got <- string(request[:n])
		_, _ = io.WriteString(conn, answer)
	}()
	return listener.Addr().String(), got
}

func TestDo_sendsTheRequestByteForByte(t *testing.T) {
	t.Parallel()
	request := rawhttp.Request{Method: "PUT", Target: "//a", Host: "h", Lines: []string{"x_Y :z", " folded"}, Body: "\x00"}
	const want = "PUT //a HTTP/1.1\r\nHost: h\r\nx_Y :z\r\n folded\r\n\r\n\x00"
	address, received := listen(t, len(want), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
	resp, body, err := rawhttp.Do(address, timeout, request.String())
	require.NoError(t, err)
	assert.Equal(t, want, <-received)
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, "ok", body)
}

func TestDo_passesInterimAnswersOver(t *testing.T) {
	t.Parallel()
	address, _ := listen(t, len(get), "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n")
	resp, _, err := rawhttp.Do(address, timeout, get)
	require.NoError(t, err)
	assert.Equal(t, http.StatusNoContent, resp.StatusCode)
}

func TestDo_readsNoBodyAfterHEAD(t *testing.T) {
	t.Parallel()
	head := rawhttp.Request{Method: "HEAD", Host: "h"}.String()
	address, _ := listen(t, len(head), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
	_, body, err := rawhttp.Do(address, timeout, head)
	require.NoError(t, err)
	assert.Empty(t, body)
}

func TestConn_goesOnInWhatAServerSwitchesTo(t *testing.T) {
	t.Parallel()
	address, _ := listen(t, len(get), "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nearly")
	conn, err := rawhttp.Dial(address, timeout)
	require.NoError(t, err)
	defer conn.Close()
	resp, err := conn.Ask(get)
	require.NoError(t, err)
	require.Equal(t, http.StatusSwitchingProtocols, resp.StatusCode)
	rest, err := io.ReadAll(conn.Reader)
	require.NoError(t, err)
	assert.Equal(t, "early", string(rest))
}

func TestIsClosed_tellsAnEndFromATimeout(t *testing.T) {
	t.Parallel()
	address, _ := listen(t, len(get), "")
	_, _, err := rawhttp.Do(address, timeout, get)
	require.Error(t, err)
	assert.True(t, rawhttp.IsClosed(err), err)

	address, _ = listen(t, len(get)+1, "")
	_, _, err = rawhttp.Do(address, 10*time.Millisecond, get)
	require.Error(t, err)
	assert.False(t, rawhttp.IsClosed(err), err)
}

func TestChunked_isReadBackWithItsTrailers(t *testing.T) {
	t.Parallel()
	var body, trailer string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		read, _ := io.ReadAll(r.Body)
		body, trailer = string(read), r.Trailer.Get("X-One")
	}))
	defer server.Close()
	_, _, err := rawhttp.Do(server.Listener.Addr().String(), timeout, rawhttp.Request{
		Method: "POST", Host: "h", Lines: []string{"Transfer-Encoding: chunked", "Trailer: X-One"},
		Body: rawhttp.Chunked("longer than one chunk", "X-One: 1"),
	}.String())
	require.NoError(t, err)
	assert.Equal(t, "longer than one chunk", body)
	assert.Equal(t, "1", trailer)
}
