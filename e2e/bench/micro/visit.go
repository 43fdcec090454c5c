package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"

	"github.com/traefik-huaweiid/huaweiid/e2e/bench/plugins"
	"github.com/traefik-huaweiid/huaweiid/e2e/bench/visitors"
	"github.com/traefik-huaweiid/huaweiid/e2e/plugin"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// Kinds of tokens.
const (
	userToken    = "mainland"
	refusedToken = "expired"
)

// options are the plugin's in every measurement: an audience, answers that outlive the measurement, all else by default but
// for what more says.
func options(huawei string, maxEntries int, more map[string]any) map[string]any {
	options := map[string]any{
		"huawei": map[string]any{
			"getInfoURL":   huawei + huaweisim.GetInfoPath,
			"tokenInfoURL": huawei + huaweisim.TokenInfoPath,
			"allowHTTP":    "true",
		},
		"audience": map[string]any{"clientIDs": huaweisim.ClientID},
		"cache":    map[string]any{"ttl": "1h", "negativeTTL": "5m", "maxEntries": fmt.Sprint(maxEntries)},
	}
	maps.Copy(options, more)
	return options
}

// backend is the handler behind the plugin, which costs next to nothing. It keeps the headers of the last request.
type backend struct{ header http.Header }

func (b *backend) ServeHTTP(_ http.ResponseWriter, req *http.Request) { b.header = req.Header }

// makeEmpty makes the plugin that does nothing, staged in dir.
func makeEmpty(dir string, next http.Handler) (http.Handler, error) {
	if err := plugins.Empty.Stage(dir); err != nil {
		return nil, err
	}
	makes, err := plugin.Interpreted(dir, plugins.Empty.Module, io.Discard)
	if err != nil {
		return nil, err
	}
	return makes(context.Background(), next, nil, "empty@file")
}

// visit is a request as Traefik hands it to a middleware. It is used again and again, so that only what the handler does is
// measured, and by one goroutine at a time.
type visit struct {
	handler http.Handler
	backend *backend
	req     *http.Request
	answer  answer
}

// forwarded is what Traefik has added when a middleware gets the request.
var forwarded = [][2]string{
	{"X-Forwarded-Host", "app.example"},
	{"X-Forwarded-Port", "443"},
	{"X-Forwarded-Proto", "https"},
	{"X-Forwarded-Server", "traefik-7d9c5b6f4-x2x8z"},
	{"X-Real-Ip", "192.0.2.10"},
}

// newVisit gives one with the usual headers, to the handler that makes returns.
func newVisit(makes func(next http.Handler) (http.Handler, error)) (*visit, error) {
	b := &backend{}
	handler, err := makes(b)
	if err != nil {
		return nil, err
	}
	v := &visit{handler: handler, backend: b, req: httptest.NewRequest(http.MethodGet, "/orders?page=2", nil)}
	v.answer.header = http.Header{}
	for _, headers := range [][][2]string{visitors.Headers(""), forwarded} {
		for _, header := range headers {
			v.req.Header.Set(header[0], header[1])
		}
	}
	v.req.Header.Del("Host") // it is in the request itself
	v.req.Header.Del("Authorization")
	return v, nil
}

// with sends it with the token of a crowd's next.
func (v *visit) with(c *crowd) { v.send(c.header, c.next()) }

func (v *visit) send(name string, value []string) {
	h := v.req.Header
	h[name] = value
	for _, set := range []string{"X-User-Openid", "X-User-Unionid", "X-User-Phone", "X-User-Status"} {
		delete(h, set)
	}
	clear(v.answer.header)
	v.answer.status = 0
	v.backend.header = nil
	v.handler.ServeHTTP(&v.answer, v.req)
}

var errVisit = errors.New("a request did not end as it should")

// identified checks that the last request was forwarded with an identity.
func (v *visit) identified() error {
	h := v.backend.header
	if v.answer.status != 0 || len(h["X-User-Openid"]) != 1 || len(h["X-User-Unionid"]) != 1 || len(h["X-User-Phone"]) != 1 {
		return fmt.Errorf("%w: status %d, headers %v", errVisit, v.answer.status, h)
	}
	return nil
}

// refused checks that the last request was refused.
func (v *visit) refused() error {
	if v.answer.status != http.StatusUnauthorized {
		return fmt.Errorf("%w: status %d", errVisit, v.answer.status)
	}
	return nil
}

// answer takes a response and keeps none of its body.
type answer struct {
	header http.Header
	status int
}

// Header is the header of one response after the other.
func (a *answer) Header() http.Header { return a.header }

func (a *answer) Write(b []byte) (int, error) { return len(b), nil }

// WriteHeader notes the status.
func (a *answer) WriteHeader(status int) { a.status = status }
