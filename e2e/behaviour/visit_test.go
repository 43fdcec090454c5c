package behaviour

import (
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/rawhttp"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// answerTimeout bounds a request as a whole. It is far above every huawei.timeout of the table.
const answerTimeout = 30 * time.Second

// visit is a row on a host.
type visit struct {
	*row
	host      *host
	number    int            // of the row
	huawei    *huaweisim.Sim // for this row on this host alone
	protected map[string]bool
}

func newVisit(h *host, number int, r *row, upstream *huawei) *visit {
	return &visit{
		row:       r,
		host:      h,
		number:    number,
		huawei:    upstream.sim(tag(h.name, number)),
		protected: h.protected[number],
	}
}

// suffix is at the end of the row's tokens on this host, so that no other has them.
func (v *visit) suffix() string { return fmt.Sprintf("/%s-r%d", v.host.name, v.number) }

// hostname is what the middleware's router listens to.
func (v *visit) hostname(via string) string { return routerName(v.number, via) + ".test" }

// got is what came of a request.
type got struct {
	status    int
	header    http.Header
	body      []byte
	arrivals  []arrival // what reached the backend
	calls     int
	infoCalls int
	sent      request // expanded
}

// send makes a request and waits for its answer.
func (v *visit) send(t *testing.T, r request) *got {
	t.Helper()
	before := v.huawei.Stats().Calls
	hostname := v.hostname(r.via)
	seen := v.host.backend.count(hostname)

	conn, resp := v.open(t, r)
	defer conn.Close()
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err, "reading the response's body")
	if r.method == http.MethodHead {
		requireNothingMore(t, conn)
	}

	after := v.huawei.Stats().Calls
	return &got{
		status:    resp.StatusCode,
		header:    resp.Header,
		body:      body,
		arrivals:  v.host.backend.since(hostname, seen),
		calls:     after[huaweisim.GetInfo] - before[huaweisim.GetInfo],
		infoCalls: after[huaweisim.GetTokenInfo] - before[huaweisim.GetTokenInfo],
		sent:      r.expanded(v),
	}
}

// open sends a request and reads the head of the answer.
func (v *visit) open(t *testing.T, r request) (*rawhttp.Conn, *http.Response) {
	t.Helper()
	conn, err := rawhttp.Dial(v.host.address, answerTimeout)
	require.NoError(t, err)
	resp, err := conn.Ask(r.expanded(v).write(v.hostname(r.via)))
	require.NoError(t, err)
	return conn, resp
}

// begin sends a request and returns when Huawei has been asked about it; what it returns makes the client leave.
func (v *visit) begin(t *testing.T, r request) (leave func()) {
	t.Helper()
	before := v.huawei.Stats().Calls[huaweisim.GetInfo]
	conn, err := rawhttp.Dial(v.host.address, answerTimeout)
	require.NoError(t, err)
	_, err = io.WriteString(conn, r.expanded(v).write(v.hostname(r.via)))
	require.NoError(t, err)
	require.Eventually(t, func() bool { return v.huawei.Stats().Calls[huaweisim.GetInfo] > before }, answerTimeout, time.Millisecond)
	return func() { _ = conn.Close() }
}

// requireNothingMore asks for a second answer over the connection: were there a body after the answer to HEAD, it would
// come in the answer's place.
func requireNothingMore(t *testing.T, conn *rawhttp.Conn) {
	t.Helper()
	resp, err := conn.Ask(rawhttp.Request{Host: "nobody.test"}.String())
	require.NoError(t, err, "the answer to HEAD is followed by something that is no answer")
	defer resp.Body.Close()
	assert.Equal(t, http.StatusNotFound, resp.StatusCode)
}

// step makes a request and checks what comes of it.
func (v *visit) step(t *testing.T, s step) {
	t.Helper()
	before := v.huawei.Stats().Calls
	g := v.send(t, s.send)
	if s.want.beside {
		require.Eventually(t, func() bool {
			after := v.huawei.Stats().Calls
			g.calls = after[huaweisim.GetInfo] - before[huaweisim.GetInfo]
			g.infoCalls = after[huaweisim.GetTokenInfo] - before[huaweisim.GetTokenInfo]
			return g.calls >= s.want.calls && g.infoCalls >= s.want.infoCalls
		}, answerTimeout, time.Millisecond)
	}
	v.verify(t, g, s.want)
}

// pendingThen has report mode look a token up beside a request, and then sends the request until it has its verdict.
func pendingThen(send request, calls, infoCalls int, then want) func(*testing.T, *visit) {
	return func(t *testing.T, v *visit) {
		v.step(t, step{send, anonymous().telling(status("pending")).askingBeside(calls, infoCalls)})
		require.Eventually(t, func() bool {
			return v.send(t, send).arrivals[0].header.Get(statusHeader) != "pending"
		}, answerTimeout, 5*time.Millisecond)
		v.step(t, step{send, then})
	}
}

// requireCarefulClient checks that everything that Huawei was sent was well-formed, and that no redirect was followed.
func (v *visit) requireCarefulClient(t *testing.T) {
	t.Helper()
	stats := v.huawei.Stats()
	assert.Empty(t, stats.Rejected, "requests that Huawei does not understand")
	assert.Zero(t, stats.RedirectsFollowed, "redirects of Huawei that were followed")
}
