// Package handler measures the plugin's handler alone, interpreted as Traefik interprets it and without a proxy around it,
// beside that of a plugin that does nothing. Run by make bench-micro.
package handler

import (
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valyala/fasthttp"

	"github.com/traefik-huaweiid/huaweiid/e2e/bench/given"
	"github.com/traefik-huaweiid/huaweiid/e2e/plugin"
	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// lab is an interpreter with the plugin in it, in front of a Huawei that answers at once.
type lab struct {
	huawei string // base URL
	calls  atomic.Int64
	makes  plugin.Make
}

// newLab stages the plugin, with the files of added besides, and loads it.
func newLab(tb testing.TB, added ...func(pluginDir string) error) *lab {
	tb.Helper()
	l := &lab{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	// A connection that was dialled and not needed has no request yet, so that Shutdown would wait until the client closes it.
	server := &fasthttp.Server{Handler: l.answerAsHuawei, ReadTimeout: time.Second, IdleTimeout: time.Minute}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	tb.Cleanup(func() {
		require.NoError(tb, server.Shutdown())
		require.NoError(tb, <-served)
	})
	l.huawei = "http://" + listener.Addr().String()

	dir := tb.TempDir()
	module, err := proxy.Stage(dir)
	require.NoError(tb, err)
	for _, add := range added {
		require.NoError(tb, add(dir+"/plugins-local/src/"+module))
	}
	l.makes, err = plugin.Interpreted(dir, module, io.Discard)
	require.NoError(tb, err)
	return l
}

// Kinds of tokens.
const (
	known   = "mainland"
	refused = "expired"
)

// answerAsHuawei answers for the tokens of package given, out of a token's serial number and a template: the simulator, which
// reads every call as Huawei does, takes ten times as long.
func (l *lab) answerAsHuawei(ctx *fasthttp.RequestCtx) {
	l.calls.Add(1)
	token := string(ctx.PostArgs().Peek("access_token"))
	answer := func(contentType, template string) {
		serial := token[len(token)-given.SerialLength:]
		ctx.SetContentType(contentType + ";charset=utf-8")
		ctx.SetBodyString(strings.NewReplacer("SERIAL", serial, "NUMBER", "111"+serial[8:]).Replace(template))
	}
	switch {
	case !strings.HasPrefix(token, known):
		ctx.Response.Header.Set("NSP_STATUS", "6")
		answer("application/json", `{"error":"session timeout"}`)
	case strings.Contains(string(ctx.QueryArgs().Peek("nsp_svc")), "getTokenInfo"):
		answer("text/plain", `{"client_id":"`+huaweisim.ClientID+`","expire_in":3600,"type":0,"project_id":"736430079244623456",`+
			`"scope":"openid profile","open_id":"AQAxKp8Wm3ZtSERIAL","union_id":"AQAxQ7vR2nLd4SERIAL"}`)
	default:
		answer("application/json", `{"openID":"AQAxKp8Wm3ZtSERIAL","unionID":"AQAxQ7vR2nLd4SERIAL","mobileNumber":"NUMBER",`+
			`"purePhoneNumber":"NUMBER","phoneCountryCode":"0086"}`)
	}
}

// visit is a request as Traefik hands it to a middleware. It is used again and again, by one goroutine at a time, so that
// only what the handler does is measured.
type visit struct {
	handler http.Handler
	req     *http.Request
	value   [1]string // of the header that carries the token

	answer   http.Header
	status   int         // 0 = the request was forwarded
	received http.Header // at the backend
}

// usual is a limit that takes all users.
const usual = 10_000_000

// visit gives one to an instance of the plugin: an audience, answers that outlive the measurement, all else by default but
// for what options say.
func (l *lab) visit(tb testing.TB, maxEntries int, options map[string]any) *visit {
	tb.Helper()
	v := newVisit()
	var err error
	v.handler, err = l.makes(tb.Context(), backend, l.options(maxEntries, options), "auth@file")
	require.NoError(tb, err)
	return v
}

func (l *lab) options(maxEntries int, more map[string]any) map[string]any {
	options := map[string]any{
		"huawei": map[string]any{
			"getInfoURL":   l.huawei + huaweisim.GetInfoPath,
			"tokenInfoURL": l.huawei + huaweisim.TokenInfoPath,
			"allowHTTP":    "true",
		},
		"audience": map[string]any{"clientIDs": huaweisim.ClientID},
		"cache":    map[string]any{"ttl": "1h", "negativeTTL": "5m", "maxEntries": maxEntries},
	}
	maps.Copy(options, more)
	return options
}

// visitToEmpty gives one to the plugin that does nothing.
func visitToEmpty(tb testing.TB) *visit {
	tb.Helper()
	dir := tb.TempDir()
	require.NoError(tb, given.Empty.Stage(dir))
	makes, err := plugin.Interpreted(dir, given.Empty.Module, io.Discard)
	require.NoError(tb, err)
	v := newVisit()
	v.handler, err = makes(tb.Context(), backend, nil, "empty@file")
	require.NoError(tb, err)
	return v
}

func newVisit() *visit {
	v := &visit{req: httptest.NewRequest(http.MethodGet, "/orders?page=2", nil), answer: http.Header{}}
	for name, value := range given.Headers {
		v.req.Header.Set(name, value)
	}
	for name, value := range map[string]string{ // by Traefik
		"X-Forwarded-Host": "app.example", "X-Forwarded-Port": "443", "X-Forwarded-Proto": "https",
		"X-Forwarded-Server": "traefik-7d9c5b6f4-x2x8z", "X-Real-Ip": "192.0.2.10",
	} {
		v.req.Header.Set(name, value)
	}
	return v
}

// Header, Write and WriteHeader take a response and keep none of its body.
func (v *visit) Header() http.Header         { return v.answer }
func (v *visit) Write(b []byte) (int, error) { return len(b), nil }
func (v *visit) WriteHeader(status int)      { v.status = status }

// backend costs next to nothing. The plugin hands the response writer on as it is, so that it is the visit.
var backend = http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) { rw.(*visit).received = req.Header })

var identityHeaders = []string{"X-User-Openid", "X-User-Unionid", "X-User-Phone"}

// send makes the request with a token in a header, whose canonical name is given.
func (v *visit) send(header, value string) {
	h := v.req.Header
	v.value[0] = value
	h[header] = v.value[:]
	for _, name := range identityHeaders {
		delete(h, name)
	}
	delete(h, "X-User-Status")
	clear(v.answer)
	v.status, v.received = 0, nil
	v.handler.ServeHTTP(v, v.req)
}

// requireIdentified checks that the last request was forwarded with an identity.
func (v *visit) requireIdentified(tb testing.TB) {
	tb.Helper()
	require.Zero(tb, v.status)
	for _, name := range identityHeaders {
		require.Len(tb, v.received[name], 1, name)
	}
}

// bearers are what users of a kind send in Authorization.
func bearers(kind string, users int) []string {
	values := make([]string, users)
	for i := range values {
		values[i] = "Bearer " + given.Token(kind, i)
	}
	return values
}

// fill has the visit's instance get to know users, by misses in an order that is not that in which they come later.
func (v *visit) fill(header string, values []string) {
	order := rand.New(rand.NewPCG(1, 2)).Perm(len(values))
	var next atomic.Int64
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			stranger := newVisit()
			stranger.handler = v.handler
			for at := next.Add(1) - 1; int(at) < len(order); at = next.Add(1) - 1 {
				stranger.send(header, values[order[at]])
			}
		})
	}
	all.Wait()
}
