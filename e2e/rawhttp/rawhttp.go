// Package rawhttp is an HTTP/1.1 client that sends requests byte for byte. The client of net/http would refuse much of what
// the tests have to send, and writes header names in its own way.
package rawhttp

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// Request is written as it stands: nothing is added but the Host line and line ends.
type Request struct {
	Method string // "" = GET
	Target string // "" = /
	Host   string
	Lines  []string // headers, without line ends
	Body   string   // Lines say where it ends
}

// String gives the bytes of the request.
func (r Request) String() string {
	method, target := r.Method, r.Target
	if method == "" {
		method = http.MethodGet
	}
	if target == "" {
		target = "/"
	}
	lines := append([]string{method + " " + target + " HTTP/1.1", "Host: " + r.Host}, r.Lines...)
	return strings.Join(lines, "\r\n") + "\r\n\r\n" + r.Body
}

// chunk is the size of the pieces that Chunked cuts a body into, in bytes.
const chunk = 7

// Chunked codes a body for a request with "Transfer-Encoding: chunked".
func Chunked(body string, trailers ...string) string {
	var b strings.Builder
	for body != "" {
		n := min(chunk, len(body))
		fmt.Fprintf(&b, "%x\r\n%s\r\n", n, body[:n])
		body = body[n:]
	}
	b.WriteString("0\r\n")
	for _, line := range trailers {
		b.WriteString(line + "\r\n")
	}
	return b.String() + "\r\n"
}

// Conn is a connection to a server. Its Reader has what was received and not read yet.
type Conn struct {
	net.Conn
	Reader *bufio.Reader
}

// Dial connects to host:port. All that is done with the connection has to be over within the timeout.
func Dial(address string, timeout time.Duration) (*Conn, error) {
	conn, err := net.DialTimeout("tcp", address, timeout)
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Now().Add(timeout)); err != nil {
		conn.Close()
		return nil, err
	}
	return &Conn{Conn: conn, Reader: bufio.NewReader(conn)}, nil
}

// Ask sends a request, which is any text that begins with a method, and reads the head of the answer; the body is left to
// the caller. A server may answer and close before it has read all: then the answer counts.
func (c *Conn) Ask(request string) (*http.Response, error) {
	if _, err := io.WriteString(c, request); err != nil && !IsClosed(err) {
		return nil, fmt.Errorf("sending the request: %w", err)
	}
	method, _, _ := strings.Cut(request, " ")
	for {
		resp, err := http.ReadResponse(c.Reader, &http.Request{Method: method})
		if err != nil {
			return nil, fmt.Errorf("reading the answer: %w", err)
		}
		if resp.StatusCode >= 200 || resp.StatusCode == http.StatusSwitchingProtocols {
			return resp, nil
		}
	}
}

// Do sends a request on a connection of its own and reads the whole answer, whose body it returns.
func Do(address string, timeout time.Duration, request string) (*http.Response, string, error) {
	conn, err := Dial(address, timeout)
	if err != nil {
		return nil, "", err
	}
	defer conn.Close()
	resp, err := conn.Ask(request)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, "", fmt.Errorf("reading the answer's body: %w", err)
	}
	return resp, string(body), nil
}

// IsClosed says whether an error is that the other side has ended the connection.
func IsClosed(err error) bool {
	var broken *net.OpError
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &broken) && !broken.Timeout()
}
