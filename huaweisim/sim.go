package huaweisim

import (
	"context"
	"crypto/sha256"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Names of the two calls in [Stats], [Fault] and [Sim.TokenCalls].
const (
	GetInfo      = "getInfo"
	GetTokenInfo = "getTokenInfo"
)

// Path and query of the two calls as Huawei documents them, to be put behind
// the simulator's scheme and host.
const (
	GetInfoPath   = "/rest.php?nsp_svc=GOpen.User.getInfo"
	TokenInfoPath = "/rest.php?nsp_fmt=JSON&nsp_svc=huawei.oauth2.user.getTokenInfo"
)

// App IDs that getTokenInfo names in client_id: the app that the simulator's
// tokens belong to, and another one.
const (
	ClientID        = "101234567"
	ForeignClientID = "109999999"
)

// Sim is the simulated account service: an [http.Handler] for /rest.php, for the
// keys of account events and for its own controls under /sim/. Every method may be called at any time by any
// number of goroutines.
//
// Connections are cut by hijacking them; where that is impossible (HTTP/2, a
// recorder) the handler panics with [http.ErrAbortHandler], as net/http provides.
type Sim struct {
	controls http.Handler
	faults   faultList
	stats    stats

	// revoked holds the SHA-256 of every token given to Revoke.
	revoked sync.Map

	events        atomic.Int64 // sent
	announcements atomic.Int64 // of the events' keys
	receiver      atomic.Value // string: where Revoke sends an event to
	keysOnce      sync.Once
	keys          *eventKeys

	closeOnce sync.Once
	closed    chan struct{}
}

// New returns a healthy simulator. Close it when done.
func New() *Sim {
	s := &Sim{closed: make(chan struct{})}
	s.controls = s.newControls()
	s.faults.replace(nil)
	s.stats.reset()
	return s
}

// Close ends every wait: calls that hang or are being delayed, now or later,
// have their connection cut. It may be called more than once and never fails.
func (s *Sim) Close() {
	s.closeOnce.Do(func() { close(s.closed) })
}

// SetFaults replaces all faults; with none, the simulator is healthy. Calls that
// hang are released. It panics when a fault makes no sense, since that is a
// mistake in the calling test; POST /sim/faults answers 400 instead.
func (s *Sim) SetFaults(faults ...Fault) {
	if err := checkFaults(faults); err != nil {
		panic("huaweisim: " + err.Error())
	}
	s.faults.replace(faults)
}

// Revoke ends a token's life early, as a changed password or a cancelled
// authorisation does: from now on getInfo answers 6 and getTokenInfo 31204. There
// is no way back. Of POST /sim/revoke, the receiver of events is told, if there is
// one.
func (s *Sim) Revoke(token string) {
	s.revoked.Store(sha256.Sum256([]byte(token)), nil)
}

// Stats tells what was called since New or the last ResetStats.
func (s *Sim) Stats() Stats { return s.stats.snapshot() }

// ResetStats sets every count to zero. Calls under way stay counted as such.
func (s *Sim) ResetStats() { s.stats.reset() }

// TokenCalls tells how often api (GetInfo or GetTokenInfo) was called with token
// since New or the last ResetStats.
func (s *Sim) TokenCalls(api, token string) int { return s.stats.tokenCalls(api, token) }

// ServeHTTP answers the simulated calls and the controls; any other path is 404.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case isControl(r.URL.Path), r.URL.Path == EventConfigPath, r.URL.Path == eventKeysPath:
		s.controls.ServeHTTP(w, r)
	default:
		s.serveCall(w, r)
	}
}

// serveCall is the way of one request to the account service: read strictly,
// count, let the faults strike, answer.
func (s *Sim) serveCall(w http.ResponseWriter, r *http.Request) {
	// The call ends before its answer goes out, so that a client that sends its
	// next request on having read the answer is never counted twice.
	end := s.stats.begin()
	defer end()

	call, rejection := readCall(r)
	if rejection != nil {
		s.stats.reject(rejection.reason)
		end()
		rejection.answer.write(w)
		return
	}
	s.stats.count(call.api, call.token)

	struck := s.faults.strike(call.api)
	reply := s.answerTo(call)
	if struck.fault != nil {
		reply = struck.fault.answer(call)
	}
	if !s.wait(r.Context(), struck.latency+reply.wait) {
		reply = answer{manner: cut}
	}
	if reply.manner == hang {
		s.hold(r.Context(), struck.replaced)
		reply = answer{manner: cut}
	}
	s.stats.result(call.api, reply.result())
	end()
	reply.write(w)
}

// answerTo is what a healthy service says.
func (s *Sim) answerTo(c call) answer {
	if _, ok := s.revoked.Load(sha256.Sum256([]byte(c.token))); ok {
		return revokedKind.answer(c)
	}
	return answerOf(c)
}

// wait lets d pass; false means the client or the simulator went away first.
func (s *Sim) wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	case <-s.closed:
		return false
	}
}

// hold waits until the client leaves, the faults are replaced or the simulator
// is closed.
func (s *Sim) hold(ctx context.Context, replaced <-chan struct{}) {
	select {
	case <-ctx.Done():
	case <-replaced:
	case <-s.closed:
	}
}
