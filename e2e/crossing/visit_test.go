package crossing

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/traefik-huaweiid/huaweiid/e2e/traffic"
)

// visit is one request of a person: the context carries it to the backend, and it takes the middleware's answer.
type visit struct {
	who       *person
	removes   bool // the middleware takes the token off
	shape     shape
	forwarded int
	crossed   error // from the backend
	header    http.Header
	status    int
	body      bytes.Buffer
}

// shape makes a request one that the middleware looks at in another way.
type shape func(*http.Request)

// shapes are an ordinary request, and three that are not.
var shapes = []shape{
	func(*http.Request) {},
	func(req *http.Request) { req.Header["X-User-Openid"] = []string{"forged"} },
	func(req *http.Request) { req.Header["Connection"] = []string{"keep-alive"} },
	func(req *http.Request) { req.ContentLength = -1 },
}

type visitKey struct{}

// backend compares in place, so that no answer is copied into another's on the way back.
func backend(_ http.ResponseWriter, req *http.Request) {
	v, ok := req.Context().Value(visitKey{}).(*visit)
	if !ok {
		panic("a request without a visit")
	}
	v.forwarded++
	v.crossed = traffic.CheckIdentity(req.Header, v.who.user)
	want, status := "Bearer "+v.who.token, ""
	if v.removes {
		want, status = "", "verified"
	}
	if got := req.Header.Get("Authorization"); v.crossed == nil && got != want {
		v.crossed = fmt.Errorf("the request has another's token: %q", got)
	}
	if got := req.Header.Get(statusHeader); v.crossed == nil && got != status {
		v.crossed = fmt.Errorf("the request has the status %q", got)
	}
}

func (v *visit) Header() http.Header                   { return v.header }
func (v *visit) WriteHeader(status int)                { v.status = status }
func (v *visit) Write(chunk []byte) (n int, err error) { return v.body.Write(chunk) }

// pay makes the request and tells what is wrong with what it got.
func (v *visit) pay(ctx context.Context, middleware http.Handler) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%s: panic: %v", v.who.token, r)
		}
	}()
	v.header = http.Header{}
	req := &http.Request{
		Method:     http.MethodGet,
		URL:        &url.URL{Path: "/"},
		RequestURI: "/",
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
		Host:       "app.example",
		Body:       http.NoBody,
		Header: http.Header{
			"Authorization": {"Bearer " + v.who.token},
			"Accept":        {"*/*"},
			"User-Agent":    {"crossing"},
		},
	}
	v.shape(req)
	middleware.ServeHTTP(v, req.WithContext(context.WithValue(ctx, visitKey{}, v)))
	if err := v.wrong(); err != nil {
		return fmt.Errorf("%s: %w", v.who.token, err)
	}
	return nil
}

func (v *visit) wrong() error {
	if v.who.status == 0 {
		switch {
		case v.status != 0:
			return fmt.Errorf("refused with %d %s", v.status, v.body.String())
		case v.forwarded != 1:
			return fmt.Errorf("forwarded %d times", v.forwarded)
		}
		return v.crossed
	}

	var problem struct{ Code, Instance string }
	err := json.Unmarshal(v.body.Bytes(), &problem)
	switch {
	case v.forwarded != 0:
		return fmt.Errorf("forwarded, though it is to be refused with %s", v.who.code)
	case err != nil:
		return fmt.Errorf("the refusal is no JSON: %w", err)
	case v.status != v.who.status || problem.Code != v.who.code:
		return fmt.Errorf("refused with %d %s, want %d %s", v.status, problem.Code, v.who.status, v.who.code)
	case !strings.HasPrefix(problem.Instance, "urn:huaweiid:"):
		return fmt.Errorf("the refusal names no token: %q", problem.Instance)
	}
	if first := v.who.instance.Load(); first != nil || !v.who.instance.CompareAndSwap(nil, &problem.Instance) {
		if first = v.who.instance.Load(); *first != problem.Instance {
			return fmt.Errorf("the refusal names the token %s, another one named it %s", problem.Instance, *first)
		}
	}
	return nil
}

// Ways in which answers are come by, as the middleware's Cache-Status tells them.
const (
	wayHit       = "hit"
	wayRefusal   = "detail=negative"
	wayStale     = "detail=stale"
	wayCoalesced = "collapsed"
	wayMiss      = "fwd=miss"
	wayShared    = "detail=shared"
	wayNone      = "none"
)

// way is how the answer was come by.
func (v *visit) way() string {
	status := v.header.Get("Cache-Status")
	for _, way := range []string{wayShared, wayRefusal, wayStale, wayHit, wayCoalesced, wayMiss} {
		if strings.Contains(status, way) {
			return way
		}
	}
	return wayNone
}
