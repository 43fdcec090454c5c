package attacks

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// patience bounds what has to happen at some time.
var patience = 20 * time.Second

// pause is between two looks whether it has.
const pause = 20 * time.Millisecond

// request is one as HTTP/1.1 writes it: everything goes out byte for byte.
type request struct {
	to     string // the route, and the backend behind it after a dot: "plain.cgi"
	method string // "" = GET
	target string // "" = /
	lines  []string
	body   string
	wire   string // in place of all others
}

func bearer(token string) string { return "Authorization: Bearer " + token }

func (r request) String() string {
	if r.wire != "" {
		return r.wire
	}
	method, target := r.method, r.target
	if method == "" {
		method = http.MethodGet
	}
	if target == "" {
		target = "/"
	}
	lines := append([]string{method + " " + target + " HTTP/1.1", "Host: " + r.to}, r.lines...)
	return strings.Join(lines, "\r\n") + "\r\n\r\n" + r.body
}

// answer is what came back.
type answer struct {
	status  int
	header  http.Header
	body    string
	seen    *seen  // what the backend saw; nil = the request did not reach it
	code    string // of the plugin's refusal
	blocked bool   // neither answered: Traefik did, or closed the connection
	err     error  // nothing that makes sense
}

func (a answer) String() string {
	if a.err != nil {
		return a.err.Error()
	}
	return fmt.Sprintf("%d %s %.200q", a.status, a.code, a.body)
}

// ask sends a request on a connection of its own.
func (b *bed) ask(r request) answer {
	conn, err := b.dial()
	if err != nil {
		return answer{err: err}
	}
	defer conn.Close()
	wire := r.String()
	if _, err := io.WriteString(conn, wire); err != nil && !isClosed(err) {
		return answer{err: err}
	}
	method, _, _ := strings.Cut(wire, " ")
	return readAnswer(bufio.NewReader(conn), method)
}

func (b *bed) dial() (net.Conn, error) {
	conn, err := net.Dial("tcp", b.proxy.Addr())
	if err != nil {
		return nil, err
	}
	return conn, conn.SetDeadline(time.Now().Add(patience))
}

func readAnswer(from *bufio.Reader, method string) answer {
	for {
		resp, err := http.ReadResponse(from, &http.Request{Method: method})
		if err != nil {
			return answer{blocked: isClosed(err), err: err}
		}
		if resp.StatusCode == http.StatusContinue {
			continue
		}
		if resp.StatusCode == http.StatusSwitchingProtocols {
			return newAnswer(resp.StatusCode, resp.Header, resp.Header.Get("X-Seen"))
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			return answer{err: fmt.Errorf("reading the answer's body: %w", err)}
		}
		return newAnswer(resp.StatusCode, resp.Header, string(body))
	}
}

// newAnswer tells who answered.
func newAnswer(status int, header http.Header, body string) answer {
	a := answer{status: status, header: header, body: body}
	switch {
	case header.Get("X-Backend") != "":
		a.seen = &seen{}
		if err := json.Unmarshal([]byte(body), a.seen); err != nil {
			a.err = fmt.Errorf("reading what the backend saw: %w", err)
		}
	case header.Get("Content-Type") == "application/problem+json":
		var problem struct{ Code string }
		if err := json.Unmarshal([]byte(body), &problem); err != nil {
			a.err = fmt.Errorf("reading the refusal: %w", err)
		}
		a.code = problem.Code
	default:
		a.blocked = true
	}
	return a
}

// isClosed says whether the other side ended the connection.
func isClosed(err error) bool {
	var broken *net.OpError
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &broken) && !broken.Timeout()
}
