package demo

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/traefik-huaweiid/huaweiid/e2e/echo"
	"github.com/traefik-huaweiid/huaweiid/e2e/rawhttp"
)

const (
	userAgent      = "huaweiid-demo"
	requestTimeout = 30 * time.Second
)

// result is one request's outcome, at the client and at the backend.
type result struct {
	status    int
	header    http.Header
	body      string
	code      string
	seen      echo.Request // zero where the backend was not reached
	forwarded int64        // how many requests reached the backend meanwhile
	took      time.Duration
}

func (r *result) verdict() verdict { return verdictOf(r.status, r.header, r.code) }

// lines are the request's headers beyond Host, in order.
func (r request) lines() []string {
	lines := []string{"User-Agent: " + userAgent, "Accept: */*"}
	for _, header := range r.headers() {
		lines = append(lines, header[0]+": "+header[1])
	}
	return lines
}

// target is the path that a request goes to.
func (r request) target() string {
	if r.path == "" {
		return "/"
	}
	return r.path
}

// send makes a request and tells what came of it.
func (s *stack) send(r request) (*result, error) {
	before := s.backend.Served()
	begin := time.Now()
	resp, body, err := rawhttp.Do(s.gateway.Addr(), requestTimeout, rawhttp.Request{Target: r.target(), Host: s.gateway.Addr(), Lines: r.lines()}.String())
	if err != nil {
		return nil, err
	}

	got := &result{status: resp.StatusCode, header: resp.Header, body: body, forwarded: s.backend.Served() - before, took: time.Since(begin)}
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
