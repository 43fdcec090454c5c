package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/traefik-huaweiid/huaweiid/e2e/echo"
	"github.com/traefik-huaweiid/huaweiid/e2e/rawhttp"
)

const (
	userAgent      = "huaweiid-demo"
	requestTimeout = 30 * time.Second
)

// checkAll sends every request, prints the table, and fails if anything differs.
func checkAll(out io.Writer, s *stack) error {
	const format = "%-20s %-12s %-7s %-19s %-30s %-16s %s\n"
	fmt.Fprintf(out, format, "request", "token", "status", "code", "X-User-OpenID", "X-User-Phone", "")
	different := 0
	for _, request := range requests {
		got, err := send(s, request)
		if err != nil {
			return fmt.Errorf("sending the request %q: %w", request.name, err)
		}
		differences := request.compare(s, got)
		verdict := "ok"
		if len(differences) > 0 {
			verdict = "DIFFERENT"
			different++
		}
		fmt.Fprintf(out, format, request.name, dash(request.token), fmt.Sprint(got.status), dash(got.code),
			dash(got.seen.Header.Get("X-User-OpenID")), dash(got.seen.Header.Get("X-User-Phone")), verdict)
		for _, difference := range differences {
			fmt.Fprintf(out, "  %s\n", difference)
		}
	}
	if different > 0 {
		return fmt.Errorf("checking the demo: %d of %d requests came out different; Traefik's log:\n%s", different, len(requests), s.proxy.Log())
	}
	fmt.Fprintf(out, "All %d requests came out as they should: status, code and every header at the backend.\n", len(requests))
	return nil
}

// result is one request's outcome, at the client and at the backend.
type result struct {
	status    int
	header    http.Header
	code      string
	seen      echo.Request // zero where the backend was not reached
	forwarded int64        // how many requests reached the backend
}

// send makes a request and tells what came of it.
func send(s *stack, r request) (*result, error) {
	before := s.backend.Served()
	lines := []string{"User-Agent: " + userAgent, "Accept: */*"}
	for _, header := range r.headers() {
		lines = append(lines, header[0]+": "+header[1])
	}
	resp, body, err := rawhttp.Do(s.proxy.Addr(), requestTimeout, rawhttp.Request{Host: s.proxy.Addr(), Lines: lines}.String())
	if err != nil {
		return nil, err
	}

	got := &result{status: resp.StatusCode, header: resp.Header, forwarded: s.backend.Served() - before}
	if resp.Header.Get("X-Echo") != "" {
		return got, json.Unmarshal([]byte(body), &got.seen)
	}
	var problem struct {
		Code string `json:"code"`
	}
	// An answer that is no problem details has no code, and is found different for that.
	_ = json.Unmarshal([]byte(body), &problem)
	got.code = problem.Code
	return got, nil
}

// compare lists what is not as it should be.
func (r request) compare(s *stack, got *result) []string {
	var differences []string
	differs := func(what string, want, is any) {
		if want != is {
			differences = append(differences, fmt.Sprintf("%s: want %v, got %v", what, want, is))
		}
	}
	differs("status", r.status, got.status)
	differs("code", r.code, got.code)

	if r.status != http.StatusOK {
		differs("requests at the backend", int64(0), got.forwarded)
		differs("Content-Type", "application/problem+json", got.header.Get("Content-Type"))
		differs("Cache-Control", "no-store", got.header.Get("Cache-Control"))
		challenged := strings.HasPrefix(got.header.Get("WWW-Authenticate"), "Bearer ")
		differs("WWW-Authenticate with a Bearer challenge", true, challenged)
		return differences
	}

	differs("requests at the backend", int64(1), got.forwarded)
	want := r.headersAtBackend(s.proxy.Addr())
	names := slices.Sorted(maps.Keys(want))
	for name := range got.seen.Header {
		if _, expected := want[name]; !expected {
			names = append(names, name)
		}
	}
	for _, name := range names {
		// Values are quoted and joined, so that two values differ from one with a comma.
		is := fmt.Sprintf("%q", got.seen.Header[name])
		if len(got.seen.Header[name]) == 0 {
			is = "none"
		}
		expected := "none"
		if value, ok := want[name]; ok {
			expected = fmt.Sprintf("%q", []string{value})
		}
		differs("header "+name, expected, is)
	}
	return differences
}

// headersAtBackend is the whole header that must reach the backend: the client's own, Traefik's, and the identity.
func (r request) headersAtBackend(address string) map[string]string {
	// An address that the proxy listens on always splits.
	host, port, _ := net.SplitHostPort(address)
	server, err := os.Hostname()
	if err != nil {
		server = "localhost" // what Traefik does
	}
	want := map[string]string{
		"Accept":             "*/*",
		"Accept-Encoding":    "gzip",
		"Authorization":      "Bearer " + r.token,
		"User-Agent":         userAgent,
		"X-Forwarded-For":    host,
		"X-Forwarded-Host":   address,
		"X-Forwarded-Port":   port,
		"X-Forwarded-Proto":  "http",
		"X-Forwarded-Server": server,
		"X-Real-Ip":          host,
	}
	maps.Copy(want, r.identity())
	return want
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
