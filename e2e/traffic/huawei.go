package traffic

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// Huawei is the simulator at a loopback port of its own. The port can be shut, so that connections are refused, and
// opened again.
type Huawei struct {
	*huaweisim.Sim
	address string

	mu     sync.Mutex
	server *http.Server // nil = shut
	calls  []Call
}

// Call is one that Huawei got.
type Call struct {
	At    time.Time
	Token string
}

// StartHuawei starts a healthy one on a free port.
func StartHuawei() (*Huawei, error) {
	h := &Huawei{Sim: huaweisim.New(), address: "127.0.0.1:0"}
	if err := h.Open(); err != nil {
		return nil, err
	}
	return h, nil
}

// reopening bounds the wait for a port that an outgoing connection of some process has for a moment.
const reopening = 10 * time.Second

// Open listens, on the same port each time. It does nothing where the port is open.
func (h *Huawei) Open() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.server != nil {
		return nil
	}
	listener, err := net.Listen("tcp", h.address)
	for end := time.Now().Add(reopening); err != nil && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
		listener, err = net.Listen("tcp", h.address)
	}
	if err != nil {
		return fmt.Errorf("opening Huawei's port: %w", err)
	}
	h.address = listener.Addr().String()
	h.server = &http.Server{Handler: http.HandlerFunc(h.serve)}
	server := h.server
	// It ends with http.ErrServerClosed, by Shut.
	go func() { _ = server.Serve(listener) }()
	return nil
}

// Shut closes the port and every connection to it.
func (h *Huawei) Shut() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.server != nil {
		_ = h.server.Close()
		h.server = nil
	}
}

// Close shuts the port for good.
func (h *Huawei) Close() {
	h.Sim.Close()
	h.Shut()
}

func (h *Huawei) serve(w http.ResponseWriter, r *http.Request) {
	call := Call{At: time.Now()}
	// What cannot be read is for the simulator to answer.
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	if form, err := url.ParseQuery(string(body)); err == nil {
		call.Token = form.Get("access_token")
	}
	h.mu.Lock()
	h.calls = append(h.calls, call)
	h.mu.Unlock()
	h.ServeHTTP(w, r)
}

// Calls are those that came, in their order.
func (h *Huawei) Calls() []Call {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.calls)
}

// Upstream gives the options under huawei that point a middleware here, with more of them added.
func (h *Huawei) Upstream(more Options) Options {
	options := Options{
		"getInfoURL":   "http://" + h.address + huaweisim.GetInfoPath,
		"tokenInfoURL": "http://" + h.address + huaweisim.TokenInfoPath,
		"allowHTTP":    true,
	}
	for name, value := range more {
		options[name] = value
	}
	return options
}
