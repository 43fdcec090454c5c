package telemetry

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/echo"
	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
	"github.com/traefik-huaweiid/huaweiid/e2e/rawhttp"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// bed is a Traefik with telemetry, before the simulator and a backend.
type bed struct {
	t     *testing.T
	proxy *proxy.Proxy
	sim   *huaweisim.Sim
}

// dynamic has routers by host name: a name, further middlewares behind the plugin, and the plugin's options.
const dynamic = `
http:
  routers:
    enforce: {rule: Host("enforce.test"), entryPoints: [web], middlewares: [enforce], service: echo}
    removing: {rule: Host("removing.test"), entryPoints: [web], middlewares: [removing, retry], service: echo}
    report: {rule: Host("report.test"), entryPoints: [web], middlewares: [report], service: echo}
    redirecting: {rule: Host("redirecting.test"), entryPoints: [web], middlewares: [enforce, elsewhere], service: echo}
    breaking: {rule: Host("breaking.test"), entryPoints: [web], middlewares: [enforce], service: breaking}
    prefixed: {rule: Host("prefixed.test"), entryPoints: [web], middlewares: [prefix, enforce], service: echo}
    retried: {rule: Host("retried.test"), entryPoints: [web], middlewares: [retry, enforce], service: echo}
    buffered: {rule: Host("buffered.test"), entryPoints: [web], middlewares: [buffer, enforce], service: echo}
    sharing: {rule: Host("sharing.test"), entryPoints: [web], middlewares: [sharing], service: echo}
    events: {rule: Path("/huawei/events"), entryPoints: [web], middlewares: [events], service: noop@internal}
    keyless: {rule: Path("/huawei/keyless"), entryPoints: [web], middlewares: [keyless], service: noop@internal}
    answering: {rule: Host("answering.test"), entryPoints: [web], middlewares: [answering], service: echo}
    metrics: {rule: Path("/huaweiid/metrics"), entryPoints: [traefik], middlewares: [metrics], service: noop@internal}
  middlewares:
    enforce: {plugin: {huaweiid: {headers: {status: X-User-Status}, accessLogUser: openID, HUAWEI}}}
    removing: {plugin: {huaweiid: {headers: {status: X-User-Status}, accessLogUser: unionID, token: {remove: true}, HUAWEI}}}
    report: {plugin: {huaweiid: {headers: {status: X-User-Status}, mode: report, HUAWEI}}}
    sharing: {plugin: {huaweiid: {redis: {address: "127.0.0.1:1", secret: 0123456789abcdef0123456789abcdef}, audience: {clientIDs: FOREIGN}, HUAWEI}}}
    events: {plugin: {huaweiid: {audience: {clientIDs: OURS}, events: {path: /huawei/events, configURL: ANNOUNCED}, HUAWEI}}}
    keyless: {plugin: {huaweiid: {audience: {clientIDs: OURS}, events: {path: /huawei/keyless, configURL: "http://127.0.0.1:1"}, HUAWEI}}}
    answering: {plugin: {huaweiid: {headers: {status: X-User-Status}, accessLogUser: openID, audience: {clientIDs: OURS}, metricsPath: /figures, events: {path: /told, configURL: ANNOUNCED}, HUAWEI}}}
    metrics: {plugin: {huaweiid: {metricsPath: /huaweiid/metrics, HUAWEI}}}
    prefix: {stripPrefix: {prefixes: [/orders]}}
    buffer: {buffering: {maxRequestBodyBytes: 1000}}
    retry: {retry: {attempts: 2}}
    elsewhere: {redirectRegex: {regex: "^http://[^/]+/(.*)", replacement: "http://elsewhere.test/${1}"}}
  services:
    echo: {loadBalancer: {servers: [{url: "BACKEND"}]}}
    breaking: {loadBalancer: {servers: [{url: "BREAKING"}]}}
`

const static = `  format: json
  fields:
    headers:
      names:
        X-User-Status: keep
metrics:
  prometheus:
    addEntryPointsLabels: false
    addRoutersLabels: true
    headerLabels:
      identity: X-User-Status
`

func start(t *testing.T, fast bool) *bed {
	t.Helper()
	sim := huaweisim.New()
	huawei := httptest.NewServer(sim)
	backend := httptest.NewServer(echo.Handler())
	breaking := httptest.NewServer(http.HandlerFunc(breakOff))
	t.Cleanup(func() {
		sim.Close()
		huawei.Close()
		backend.Close()
		breaking.Close()
	})
	options := fmt.Sprintf(`huawei: {allowHTTP: true, proxyURL: direct, getInfoURL: "%s%s", tokenInfoURL: "%[1]s%[3]s"}`,
		huawei.URL, huaweisim.GetInfoPath, huaweisim.TokenInfoPath)
	text := strings.NewReplacer("HUAWEI", options, "BACKEND", backend.URL, "BREAKING", breaking.URL, "ANNOUNCED", `"`+huawei.URL+huaweisim.EventConfigPath+`"`,
		"OURS", `"`+huaweisim.ClientID+`"`, "FOREIGN", `"`+huaweisim.ForeignClientID+`"`).Replace(dynamic)
	p, err := proxy.Start(context.Background(), proxy.Options{Dynamic: text, AccessLog: true, Static: static, FastProxy: fast, REST: true})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, p.Stop()) })
	require.NoError(t, p.WaitRouters(context.Background(), "enforce", "removing", "report", "redirecting", "breaking", "prefixed", "retried", "buffered", "sharing", "events", "keyless", "answering", "metrics"))
	return &bed{t: t, proxy: p, sim: sim}
}

// breakOff is a backend that ends the connection amid its answer.
func breakOff(rw http.ResponseWriter, _ *http.Request) {
	rw.Header().Set("Content-Length", "1000")
	rw.WriteHeader(http.StatusOK)
	_ = http.NewResponseController(rw).Flush()
	panic(http.ErrAbortHandler)
}

// send makes a request to a router and returns the answer.
func (b *bed) send(router, token string, lines ...string) *http.Response {
	b.t.Helper()
	return b.sendTo("/orders", router, token, lines...)
}

func (b *bed) sendTo(target, router, token string, lines ...string) *http.Response {
	b.t.Helper()
	conn, err := rawhttp.Dial(b.proxy.Addr(), 20*time.Second)
	require.NoError(b.t, err)
	defer conn.Close()
	text := "GET " + target + " HTTP/1.1\r\nHost: " + router + ".test\r\n"
	if token != "" {
		text += "Authorization: Bearer " + token + "\r\n"
	}
	for _, line := range lines {
		text += line + "\r\n"
	}
	resp, err := conn.Ask(text + "\r\n")
	require.NoError(b.t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(b.t, err)
	resp.Body = io.NopCloser(strings.NewReader(string(body)))
	return resp
}

// deliver has Huawei deliver an account event to a path, and returns the status of the answer.
func (b *bed) deliver(path, fault string) int {
	b.t.Helper()
	answer, err := b.sim.SendEvent(context.Background(), huaweisim.Event{Receiver: b.proxy.URL() + path, Token: "mainland/1", Fault: fault})
	require.NoError(b.t, err)
	return answer.Status
}

func (b *bed) get(path string) string {
	b.t.Helper()
	resp, err := http.Get(b.proxy.APIURL() + path)
	require.NoError(b.t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(b.t, err)
	require.Equal(b.t, http.StatusOK, resp.StatusCode, "%s", body)
	return string(body)
}

// example is a file under examples.
func example(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile("../../examples/" + name)
	require.NoError(t, err)
	return string(content)
}
