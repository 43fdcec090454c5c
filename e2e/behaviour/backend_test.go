package behaviour

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/traefik-huaweiid/huaweiid/e2e/echo"
)

// arrival is a request as the backend got it.
type arrival struct {
	method, uri, body string
	header, trailer   http.Header
}

// backend is the echo backend, and keeps what arrives by hostname: answers to HEAD, refusals and upgrades would not tell.
type backend struct {
	*httptest.Server
	echo *echo.Backend

	mu       sync.Mutex
	arrivals map[string][]arrival
	held     map[string]chan struct{} // event streams that wait for their second event
}

// The answer at heldPath is an event, and a second one when the test wants it.
const (
	heldPath    = "/held"
	firstEvent  = "data: first\n\n"
	secondEvent = "data: second\n\n"
)

func startBackend(t *testing.T) *backend {
	t.Helper()
	b := &backend{echo: echo.Handler(), arrivals: map[string][]arrival{}, held: map[string]chan struct{}{}}
	b.Server = httptest.NewServer(b)
	t.Cleanup(b.Close)
	return b
}

func (b *backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	b.mu.Lock()
	b.arrivals[r.Host] = append(b.arrivals[r.Host], arrival{
		method: r.Method, uri: r.RequestURI, body: string(body), header: r.Header.Clone(), trailer: r.Trailer.Clone(),
	})
	b.mu.Unlock()
	if r.URL.Path == heldPath {
		b.serveHeld(w, r)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	b.echo.ServeHTTP(w, r)
}

func (b *backend) count(hostname string) int { return len(b.since(hostname, 0)) }

// since leaves out the first n.
func (b *backend) since(hostname string, n int) []arrival {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]arrival(nil), b.arrivals[hostname][n:]...)
}

func (b *backend) serveHeld(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	_, _ = io.WriteString(w, firstEvent)
	_ = http.NewResponseController(w).Flush()
	select {
	case <-b.hold(r.Host):
	case <-r.Context().Done():
	}
	_, _ = io.WriteString(w, secondEvent)
}

func (b *backend) hold(hostname string) chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held[hostname] == nil {
		b.held[hostname] = make(chan struct{})
	}
	return b.held[hostname]
}

// release lets the second event of a hostname's stream happen.
func (b *backend) release(hostname string) { close(b.hold(hostname)) }
