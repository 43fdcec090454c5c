package main

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/traefik-huaweiid/huaweiid/e2e/bench/given"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

const (
	// users is how many come in turn where they are known.
	users = 300
	// target is what they ask for.
	target = "http://app.example/orders?page=2"
	// hangs is how long one request may take.
	hangs = 10 * time.Second
)

// strangers counts the tokens that nobody has sent before.
var strangers atomic.Int64

// newClient keeps one connection open to one server. It costs little beside a proxy; so do the requests, which are used again
// and again.
func newClient(address string) *fasthttp.HostClient {
	return &fasthttp.HostClient{Addr: address, MaxConns: 1, ReadTimeout: hangs, MaxIdemponentCallAttempts: 1}
}

// arrive opens a connection and returns its visitor, and what ends it.
func (r route) arrive(address string, connection int) (visit func() error, leave func(), err error) {
	if r.straight && r.redis {
		return asker(address)
	}
	client := newClient(address)
	return r.visitor(client, connection), client.CloseIdleConnections, nil
}

// visitor is one connection's: each call is an exchange, one request or two upon each other, and returns when it is answered.
func (r route) visitor(client *fasthttp.HostClient, connection int) func() error {
	if r.straight {
		return r.caller(client)
	}
	req := &fasthttp.Request{}
	resp := &fasthttp.Response{}
	req.SetRequestURI(target)
	for name, value := range given.Headers {
		req.Header.Set(name, value)
	}
	// Connections start at different users and stay apart.
	at := connection * 7919
	return func() error {
		serial := at % users
		at++
		if r.fresh {
			serial = int(strangers.Add(1)) + users
		}
		req.Header.Set("Authorization", "Bearer "+given.Token(r.kind(), serial))
		return r.do(client, req, resp)
	}
}

// caller makes a miss's two calls to Huawei, as the plugin does.
func (r route) caller(client *fasthttp.HostClient) func() error {
	req := &fasthttp.Request{}
	resp := &fasthttp.Response{}
	req.Header.SetMethod("POST")
	req.Header.SetContentType("application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	return func() error {
		token := url.QueryEscape(given.Token(r.kind(), int(strangers.Add(1))+users))
		for _, call := range [][2]string{{huaweisim.TokenInfoPath, "&open_id=OPENID"}, {huaweisim.GetInfoPath, ""}} {
			req.SetRequestURI("http://huawei.example" + call[0])
			req.SetBodyString("access_token=" + token + call[1])
			if err := r.do(client, req, resp); err != nil {
				return err
			}
		}
		return nil
	}
}

func (r route) do(client *fasthttp.HostClient, req *fasthttp.Request, resp *fasthttp.Response) error {
	if err := client.Do(req, resp); err != nil {
		return err
	}
	if resp.StatusCode() != r.status() {
		return fmt.Errorf("another status than expected: %.300q", resp.String())
	}
	return nil
}

// seen is the path for which the backend tells what reached it.
const seen = "/seen"

var someBody = []byte(`{"orders":[{"id":1042,"state":"shipped"},{"id":1043,"state":"paid"}],"page":2}`)

// answerAsBackend is a backend that costs nearly nothing.
func answerAsBackend(ctx *fasthttp.RequestCtx) {
	if string(ctx.Path()) == seen {
		ctx.SetBody(ctx.Request.Header.Header())
		return
	}
	ctx.SetContentType("application/json")
	ctx.SetBody(someBody)
}

// rehearse checks that a route does what it is there for, and has every user come once to where users are remembered.
func (r route) rehearse(address string) error {
	if r.straight {
		return nil
	}
	client := newClient(address)
	defer client.CloseIdleConnections()
	req, resp := &fasthttp.Request{}, &fasthttp.Response{}
	req.SetRequestURI("http://app.example" + seen)
	token := given.Token(r.kind(), users)
	req.Header.Set("Authorization", "Bearer "+token)
	if err := r.do(client, req, resp); err != nil {
		return err
	}
	body := string(resp.Body())
	user, _ := huaweisim.UserOf(token)
	ours := 3
	if r.told {
		ours++
	}
	want := map[string]int{"\r\nX-User-": 0}
	switch {
	case r.refused:
		want = map[string]int{`"code":"token_invalid"`: 1}
	case r.identified:
		want = map[string]int{"\r\nX-User-": ours, "\r\nX-User-Openid: " + user.OpenID + "\r\n": 1,
			"\r\nX-User-Unionid: " + user.UnionID + "\r\n": 1, "\r\nX-User-Phone: " + user.MobileNumber + "\r\n": 1}
	}
	for text, times := range want {
		if strings.Count(body, text) != times {
			return fmt.Errorf("it does not do what it is to be measured at: %q is not there %d times: %.1000q", text, times, body)
		}
	}
	if !r.remembers {
		return nil
	}
	visit := r.visitor(client, 0)
	for range users {
		if err := visit(); err != nil {
			return err
		}
	}
	return nil
}

// The phases of a run.
const (
	leading = iota
	measuring
	over
)

// run keeps up the load of a route for a lead, in which connections are opened and caches get warm, and then measures it for
// a slice: how long each exchange took, and how long all did. It calls mark at the beginning and at the end of the slice.
// It is a closed loop: each connection sends its next exchange when the one before is answered.
func (r route) run(address string, connections int, lead, slice time.Duration, mark func()) (latencies []time.Duration, took time.Duration, err error) {
	var phase atomic.Int32
	var running sync.WaitGroup
	taken := make([][]time.Duration, connections)
	failures := make([]error, connections)
	for i := range connections {
		running.Go(func() {
			visit, leave, err := r.arrive(address, i)
			if err != nil {
				failures[i] = err
				return
			}
			defer leave()
			for phase.Load() != over && failures[i] == nil {
				time.Sleep(r.pause)
				begin := time.Now()
				failures[i] = visit()
				if phase.Load() == measuring {
					taken[i] = append(taken[i], time.Since(begin))
				}
			}
		})
	}
	time.Sleep(lead)
	phase.Store(measuring)
	begin := time.Now()
	mark()
	time.Sleep(slice)
	mark()
	took = time.Since(begin)
	phase.Store(over)
	running.Wait()
	for _, of := range taken {
		latencies = append(latencies, of...)
	}
	if len(latencies) == 0 {
		err = errors.New("not a single request was done in a slice: make it longer")
	}
	return latencies, took, errors.Join(append(failures, err)...)
}
