package attacks

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
)

// strict is the strictest backend: everything but letters and digits in a header's name is the same to it, a trailer is a
// header to it, and of every request that ever reached it it remembers whether something forged was taken for an identity.
// It speaks HTTP/1.1 and, without TLS, HTTP/2.
//
// It answers /fail with 500, and an upgrade, to whatever protocol, with 101 and an echo of all bytes.
type strict struct {
	*httptest.Server

	mu    sync.Mutex
	leaks []string
	seen  map[string][]*seen // by path
}

func startStrict() *strict {
	s := &strict{seen: map[string][]*seen{}}
	s.Server = httptest.NewUnstartedServer(s)
	s.Config.Protocols = &http.Protocols{}
	s.Config.Protocols.SetHTTP1(true)
	s.Config.Protocols.SetUnencryptedHTTP2(true)
	s.Start()
	return s
}

// overH2C is its address as Traefik writes it for HTTP/2 without TLS.
func (s *strict) overH2C() string { return "h2c" + strings.TrimPrefix(s.URL, "http") }

// leak tells what forged identities reached it.
func (s *strict) leak() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.leaks) == 0 {
		return nil
	}
	return fmt.Errorf("%d forged values reached the backend, the first as %s", len(s.leaks), s.leaks[0])
}

// requests are those to a path.
func (s *strict) requests(path string) []*seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.seen[path])
}

func (s *strict) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// Trailers are known after the body.
	_, _ = io.Copy(io.Discard, r.Body)
	saw := strictly(r.Header, r.Trailer)
	saw.URI = r.RequestURI
	s.remember(r, saw)

	body, err := json.Marshal(saw)
	if err != nil {
		panic("encoding what the backend saw: " + err.Error())
	}
	w.Header().Set("X-Backend", "strict")
	if protocol := r.Header.Get("Upgrade"); protocol != "" && r.ProtoMajor == 1 {
		switchProtocols(w, protocol, body)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if r.URL.Path == "/fail" {
		w.WriteHeader(http.StatusInternalServerError)
	}
	_, _ = w.Write(body)
}

func (s *strict) remember(r *http.Request, saw *seen) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[r.URL.Path] = append(s.seen[r.URL.Path], saw)
	for _, variable := range identityVariables {
		if strings.Contains(saw.Env[variable], forgedMark) {
			s.leaks = append(s.leaks, fmt.Sprintf("%s in %s %s for %s", variable, r.Method, r.URL.Path, r.Host))
		}
	}
}

// strictly folds names, in their order, so that none hides another.
func strictly(headers ...http.Header) *seen {
	saw := &seen{Env: map[string]string{}}
	for _, header := range headers {
		var names []string
		for name := range header {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			for _, value := range header[name] {
				saw.Raw = append(saw.Raw, [2]string{name, value})
				if before, there := saw.Env[fold(name)]; there {
					value = before + ", " + value
				}
				saw.Env[fold(name)] = value
			}
		}
	}
	return saw
}

// switchProtocols tells in a header what it saw, and then sends back every byte.
func switchProtocols(w http.ResponseWriter, protocol string, body []byte) {
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer conn.Close()
	var head bytes.Buffer
	fmt.Fprintf(&head, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: %s\r\nX-Backend: strict\r\nX-Seen: %s\r\n\r\n",
		protocol, body)
	if _, err := conn.Write(head.Bytes()); err != nil {
		return
	}
	_, _ = io.Copy(conn, buffered.Reader)
}
