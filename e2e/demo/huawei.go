package demo

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

const (
	// keptCalls bounds how many calls are remembered; the visitors make some ten in a second.
	keptCalls = 1000
	// keptBody bounds what is remembered of a request or an answer, in bytes.
	keptBody = 8 << 10
)

// condition is what can be the matter with Huawei, as the page's buttons name it.
type condition string

const (
	normal    condition = "normal"
	slow      condition = "slow"
	throttled condition = "throttled"
	down      condition = "down"
)

// faults are the simulator's under each condition. A lookup is two calls, so that slow makes it 1.4 s, of huawei.timeout's 3 s.
var faults = map[condition][]huaweisim.Fault{
	normal:    nil,
	slow:      {{Kind: "latency", Latency: "700ms"}},
	throttled: {{Kind: "nsp", NSP: "503"}},
	down:      {{Kind: "reset"}},
}

// huawei is the simulated account service, with a memory of what it was asked.
type huawei struct {
	sim *huaweisim.Sim

	mu        sync.Mutex
	calls     []*call // the newest, oldest first
	count     int     // of all calls
	condition condition
}

// call is one call, as it arrived and as it was answered. Status 0 means that the connection was cut, or that no answer has
// gone out yet.
type call struct {
	Target string `json:"target"` // path and query
	Form   string `json:"form"`   // the body, decoded for reading
	Status int    `json:"status"`
	NSP    string `json:"nsp"` // of the header NSP_STATUS
	Body   string `json:"body"`

	number int
	token  string
}

func newHuawei() *huawei {
	return &huawei{sim: huaweisim.New(), condition: normal}
}

// set puts Huawei into a condition that is in faults.
func (h *huawei) set(c condition) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sim.SetFaults(faults[c]...)
	h.condition = c
}

func (h *huawei) is() condition {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.condition
}

// mark is a place in the order of calls, for since.
func (h *huawei) mark() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.count
}

// since gives the calls with a token that came after mark.
func (h *huawei) since(mark int, token string) []call {
	h.mu.Lock()
	defer h.mu.Unlock()
	calls := []call{}
	for _, c := range h.calls {
		if c.number >= mark && c.token == token {
			calls = append(calls, *c)
		}
	}
	return calls
}

// ServeHTTP remembers a call and lets the simulator answer it. What is under /sim/ is not Huawei's and not remembered, and the keys
// of account events, which are all that is got by GET, are about nobody.
func (h *huawei) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/sim/") || r.Method == http.MethodGet {
		h.sim.ServeHTTP(w, r)
		return
	}
	// What is cut off here no call of the plugin's has, and the simulator refuses it as no form.
	body, _ := io.ReadAll(io.LimitReader(r.Body, keptBody))
	r.Body = io.NopCloser(bytes.NewReader(body))
	form, _ := url.ParseQuery(string(body)) // what is no form has no token
	c := &call{Target: r.URL.RequestURI(), Form: readableForm(string(body)), token: form.Get("access_token")}
	h.remember(c)
	h.sim.ServeHTTP(&tap{ResponseWriter: w, huawei: h, call: c}, r)
}

// readableForm decodes what has no meaning for the form's own structure, so that mainland/1 is not read as mainland%2F1.
func readableForm(body string) string {
	decoded, err := url.QueryUnescape(body)
	if err != nil || strings.Count(decoded, "&") != strings.Count(body, "&") {
		return body
	}
	return decoded
}

func (h *huawei) remember(c *call) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c.number = h.count
	h.count++
	h.calls = append(h.calls, c)
	if len(h.calls) > keptCalls {
		h.calls = append(h.calls[:0:0], h.calls[keptCalls/2:]...)
	}
}

// tap writes into the call what goes out, before it does: whoever has the answer finds it there.
type tap struct {
	http.ResponseWriter
	huawei *huawei
	call   *call
}

// WriteHeader notes status and NSP_STATUS.
func (t *tap) WriteHeader(status int) {
	t.huawei.mu.Lock()
	t.call.Status = status
	//lint:ignore SA1008 the simulator spells it as Huawei does, which is not the canonical form that Get looks for
	t.call.NSP = strings.Join(t.Header()["NSP_STATUS"], ", ")
	t.huawei.mu.Unlock()
	t.ResponseWriter.WriteHeader(status)
}

// Write notes the body.
func (t *tap) Write(b []byte) (int, error) {
	t.huawei.mu.Lock()
	t.call.Body += string(b[:min(len(b), keptBody-len(t.call.Body))])
	t.huawei.mu.Unlock()
	return t.ResponseWriter.Write(b)
}

// Unwrap lets the simulator cut the connection.
func (t *tap) Unwrap() http.ResponseWriter { return t.ResponseWriter }
