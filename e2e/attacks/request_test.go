package attacks

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/traefik-huaweiid/huaweiid/e2e/rawhttp"
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
	return rawhttp.Request{Method: r.method, Target: r.target, Host: r.to, Lines: r.lines, Body: r.body}.String()
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
	return askOn(conn, r.String())
}

func (b *bed) dial() (*rawhttp.Conn, error) { return rawhttp.Dial(b.proxy.Addr(), patience) }

func askOn(conn *rawhttp.Conn, wire string) answer {
	resp, err := conn.Ask(wire)
	if err != nil {
		return answer{blocked: rawhttp.IsClosed(err), err: err}
	}
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return newAnswer(resp.StatusCode, resp.Header, resp.Header.Get("X-Seen"))
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{err: fmt.Errorf("reading the answer's body: %w", err)}
	}
	return newAnswer(resp.StatusCode, resp.Header, string(body))
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
