package demo

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"
)

const (
	// checkTTL is how long answers live in the check, so that it need not wait long for their end.
	checkTTL       = time.Second
	breakerTimeout = 30 * time.Second
)

// checkAll sends every request, prints the table, and fails if anything differs.
func checkAll(ctx context.Context, out io.Writer, s *stack) error {
	const format = "%-20s %-12s %-7s %-19s %-30s %-16s %s\n"
	fmt.Fprintf(out, format, "request", "token", "status", "code", "X-User-OpenID", "X-User-Phone", "")
	different := 0
	for _, request := range requests {
		got, err := s.send(request)
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
		return fmt.Errorf("checking the demo: %d of %d requests came out different; the gateway's log:\n%s", different, len(requests), s.gateway.Log())
	}
	fmt.Fprintf(out, "All %d requests came out as they should: status, code and every header at the backend.\n", len(requests))
	if err := checkRevocation(s); err != nil {
		return fmt.Errorf("checking that revoked means revoked: %w; the gateway's log:\n%s", err, s.gateway.Log())
	}
	fmt.Fprintln(out, "A user who is known for an hour is refused as soon as Huawei's account event has come.")
	if err := checkPage(ctx, s); err != nil {
		return fmt.Errorf("checking the demo's page: %w", err)
	}
	fmt.Fprintln(out, "The page is there for browsers.")
	if err := checkFigures(ctx, s); err != nil {
		return fmt.Errorf("checking the figures that the page shows: %w; the gateway's log:\n%s", err, s.gateway.Log())
	}
	fmt.Fprintln(out, "Its figures are the plugin's own: lookups, hits and calls agree with what was sent, and the breaker opens in an outage.")
	return nil
}

// checkRevocation has a user known, and then revoked by an account event.
func checkRevocation(s *stack) error {
	exchanges, err := revoke(s)
	if err != nil {
		return err
	}
	for i, want := range []verdict{
		{Status: http.StatusOK, Source: fromHuawei},
		{Status: http.StatusOK, Source: fromCache},
		{Status: http.StatusUnauthorized, Code: "token_invalid", Source: fromHuawei},
	} {
		got := exchanges[i].Verdict
		if got.Status != want.Status || got.Code != want.Code || got.Source != want.Source {
			return fmt.Errorf("request %d: want %d %q from %s, got %d %q from %s", i+1, want.Status, want.Code, want.Source, got.Status, got.Code, got.Source)
		}
	}
	// A life is shortened by up to a tenth, and a slow machine takes its time.
	if left := exchanges[1].Verdict.TTL; left < 3000 {
		return fmt.Errorf("the user is known for another %d s, and not for most of an hour", left)
	}
	return nil
}

// checkPage asks for the page as a browser does.
func checkPage(ctx context.Context, s *stack) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.gateway.Addr()+"/", nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if kind := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusOK || !strings.HasPrefix(kind, "text/html") {
		return fmt.Errorf("want 200 and text/html, got %s and %q", resp.Status, kind)
	}
	return nil
}

// checkFigures compares what the plugin's metrics tell with what was sent, and has the breaker open.
func checkFigures(ctx context.Context, s *stack) error {
	before, err := s.meter.read(ctx)
	if err != nil {
		return err
	}
	for range 2 {
		if _, err := s.send(request{path: hourPath, token: "mainland/counted"}); err != nil {
			return err
		}
	}
	is, err := s.meter.read(ctx)
	if err != nil {
		return err
	}
	want := figures{lookups: before.lookups + 2, hits: before.hits + 1, calls: before.calls + 2, entries: before.entries + 1}
	if is != want {
		return fmt.Errorf("want %+v, got %+v", want, is)
	}
	// Those who may open the page may not read the metrics.
	got, err := s.send(request{path: metricsPath})
	if err != nil {
		return err
	}
	if got.code != "token_missing" {
		return fmt.Errorf("%s at the page's address: want token_missing, got %d %s", metricsPath, got.status, got.body)
	}
	return checkBreaker(ctx, s)
}

// checkBreaker has Huawei go down while users are known: asking anew fails, and counts once for each of them.
func checkBreaker(ctx context.Context, s *stack) error {
	defer s.huawei.set(normal)
	if err := sendRegulars(s); err != nil {
		return err
	}
	s.huawei.set(down)
	for deadline := time.Now().Add(breakerTimeout); time.Now().Before(deadline); {
		if err := sendRegulars(s); err != nil {
			return err
		}
		if f, err := s.meter.read(ctx); err != nil || f.breakers > 0 {
			return err
		}
	}
	return fmt.Errorf("the breaker has not opened within %s of an outage", breakerTimeout)
}

// sendRegulars sends a request of each regular visitor's, who are known and have to be served.
func sendRegulars(s *stack) error {
	for number := range regulars {
		got, err := s.send(request{token: regular(number)})
		if err != nil {
			return err
		}
		if got.status != http.StatusOK {
			return fmt.Errorf("%s: want 200, got %d %s", regular(number), got.status, got.code)
		}
	}
	return nil
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
	want := r.headersAtBackend(s.gateway.Addr())
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
