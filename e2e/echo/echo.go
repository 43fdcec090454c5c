// Package echo is the unmodified backend behind the proxy in the demo and in the tests: it knows nothing of Huawei or of
// the plugin and reports, as JSON, exactly the request that reached it.
package echo

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"sync/atomic"
)

// Request is one request as the backend received it, and the JSON with which the backend answers.
type Request struct {
	Method     string `json:"method"`
	Proto      string `json:"proto"`
	Host       string `json:"host"`
	RequestURI string `json:"requestURI"`
	Path       string `json:"path"`
	Query      string `json:"query"`
	// Header has every header with all its values in the order of arrival. Names are in net/http's canonical form, so
	// two spellings of one name are one entry with two values. Bytes that are no UTF-8 show as U+FFFD, as JSON demands.
	Header http.Header `json:"header"`
	// Trailer has the request's trailers, read after the body.
	Trailer          http.Header `json:"trailer,omitempty"`
	TransferEncoding []string    `json:"transferEncoding,omitempty"`
	// ContentLength is what the request declared, -1 where it declared none; BodyLength is what came.
	ContentLength int64  `json:"contentLength"`
	BodyLength    int64  `json:"bodyLength"`
	BodySHA256    string `json:"bodySHA256"`
}

// Backend is the echo backend, an http.Handler. It answers /sse with server-sent events, /upgrade with a protocol upgrade
// and every other path with a Request.
type Backend struct {
	served atomic.Int64
}

// Handler gives a backend whose counter starts at zero.
func Handler() *Backend {
	return &Backend{}
}

// Served says how many requests reached the backend, upgrades and event streams included.
func (b *Backend) Served() int64 {
	return b.served.Load()
}

// ServeHTTP answers as the path says. Every answer carries X-Echo: 1, so that a test can tell it from one of the proxy.
func (b *Backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.served.Add(1)
	w.Header().Set("X-Echo", "1")

	switch r.URL.Path {
	case "/sse":
		serveEvents(w, r)
	case "/upgrade":
		serveUpgrade(w, r)
	default:
		serveRequest(w, r)
	}
}

func serveRequest(w http.ResponseWriter, r *http.Request) {
	seen, err := describe(r)
	if err != nil {
		http.Error(w, fmt.Sprintf("reading the request body: %v", err), http.StatusBadRequest)
		return
	}

	w.Header().Set("Content-Type", "application/json")
	// The client may be gone; there is nobody left to tell.
	_, _ = w.Write(readable(seen))
}

// lonely is a list of one string, which json.Indent spreads over three lines.
var lonely = regexp.MustCompile(`\[\n\s+("(?:[^"\\]|\\.)*")\n\s+\]`)

// readable is the JSON with a line per header: at a terminal this answer is the demo.
func readable(seen *Request) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(seen); err != nil {
		// Strings, numbers and maps of them always encode.
		panic("encoding a request: " + err.Error())
	}
	return lonely.ReplaceAll(b.Bytes(), []byte("[$1]"))
}

// describe reads the whole body, because trailers are known only after it.
func describe(r *http.Request) (*Request, error) {
	sum := sha256.New()
	length, err := io.Copy(sum, r.Body)
	if err != nil {
		return nil, err
	}

	return &Request{
		Method:           r.Method,
		Proto:            r.Proto,
		Host:             r.Host,
		RequestURI:       r.RequestURI,
		Path:             r.URL.Path,
		Query:            r.URL.RawQuery,
		Header:           r.Header,
		Trailer:          r.Trailer,
		TransferEncoding: r.TransferEncoding,
		ContentLength:    r.ContentLength,
		BodyLength:       length,
		BodySHA256:       hex.EncodeToString(sum.Sum(nil)),
	}, nil
}
