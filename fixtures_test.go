package huaweiid

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// clock stands still until told.
type clock struct {
	mu  sync.Mutex
	now time.Duration
}

func (c *clock) since(time.Time) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now += d
}

// rig is an upstream on a clock that stands still, in front of a simulated Huawei.
type rig struct {
	*upstream
	t     *testing.T
	clock *clock
	sim   *huaweisim.Sim
	log   *logger
}

// simulators counts, so that each has an address that none had before. Ports come again, and with a port an upstream would.
var simulators atomic.Int64

// simulated starts a Huawei, and returns it with the default configuration for it, changed by the given function.
func simulated(t *testing.T, change func(*Config)) (*Config, *huaweisim.Sim) {
	t.Helper()
	sim := huaweisim.New()
	server := httptest.NewServer(sim)
	t.Cleanup(func() {
		sim.Close()
		server.Close()
	})
	config := CreateConfig()
	own := fmt.Sprintf("&simulator=%d", simulators.Add(1))
	config.Huawei.GetInfoURL = server.URL + huaweisim.GetInfoPath + own
	config.Huawei.TokenInfoURL = server.URL + huaweisim.TokenInfoPath + own
	config.Huawei.AllowHTTP = "true"
	config.Huawei.ProxyURL = "direct"
	if change != nil {
		change(config)
	}
	return config, sim
}

// newRig starts from the default configuration, changed by the given function.
func newRig(t *testing.T, change func(*Config)) *rig {
	t.Helper()
	config, sim := simulated(t, change)
	s, err := config.check()
	require.NoError(t, err)
	u := newUpstream(s.upstream)
	t.Cleanup(func() { closeUpstream(u) })
	c := &clock{now: time.Hour}
	u.since = c.since
	u.gate.since = c.since
	u.throttle.since = c.since
	u.throttle.after = func(time.Duration, func()) *time.Timer { return nil }
	u.random = func() float64 { return 0 }
	u.client.sleep = func(time.Duration) {}
	u.metrics = newMetrics()
	u.client.metrics = u.metrics
	return &rig{upstream: u, t: t, clock: c, sim: sim, log: newLogger("test@file", s.logLevel, u.throttle)}
}

// ask resolves a token and waits for lookups that go on behind it.
func (r *rig) ask(token string) answer {
	r.t.Helper()
	return r.askFrom(token, addressOf(token))
}

// askFrom asks for a client that has the given address.
func (r *rig) askFrom(token, address string) answer {
	r.t.Helper()
	a := r.resolve(token, address)
	r.settle()
	return a
}

// resolve does not wait for lookups that go on behind it.
func (r *rig) resolve(token, address string) answer {
	return resolve(r.upstream, keyOf(r.upstream, token), token, requestFrom(address), r.log)
}

// addressOf gives each token a client address of its own.
func addressOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return fmt.Sprintf("10.%d.%d.%d:40000", sum[0], sum[1], sum[2])
}

func requestFrom(address string) *http.Request {
	req := httptest.NewRequest(http.MethodGet, "/", nil)
	req.RemoteAddr = address
	return req
}

// settle waits for the lookups under way.
func (r *rig) settle() {
	r.t.Helper()
	for _, f := range r.underWay() {
		<-f.done
	}
}

func (r *rig) underWay() []*flight {
	r.mu.Lock()
	defer r.mu.Unlock()
	var flights []*flight
	for _, f := range r.flights {
		flights = append(flights, f)
	}
	return flights
}

// inside counts the lookups that the gate let through.
func (r *rig) inside() int {
	r.gate.mu.Lock()
	defer r.gate.mu.Unlock()
	return r.gate.underWay
}

// calls counts what Huawei was asked about a token.
func (r *rig) calls(token string) int { return r.sim.TokenCalls(huaweisim.GetInfo, token) }

// requireUser checks an answer against what Huawei says of the token.
func (r *rig) requireUser(a answer, token, from string) {
	r.t.Helper()
	user, ok := huaweisim.UserOf(token)
	require.True(r.t, ok)
	require.Nil(r.t, a.outcome)
	require.Equal(r.t, user.OpenID, a.entry.identity.openID)
	require.Equal(r.t, user.UnionID, a.entry.identity.unionID)
	require.Equal(r.t, user.MobileNumber, a.entry.identity.phone)
	require.Equal(r.t, from, a.from)
}

func (r *rig) requireRefused(a answer, code string) {
	r.t.Helper()
	require.NotNil(r.t, a.outcome)
	require.Equal(r.t, code, a.outcome.code)
	require.Nil(r.t, a.entry)
}

// eventually waits for a condition that another goroutine brings about.
func eventually(t *testing.T, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, 10*time.Second, time.Millisecond)
}

// newInstance makes an instance in front of next, and a simulator for it.
func newInstance(t *testing.T, next http.Handler, change func(*Config)) (*plugin, *huaweisim.Sim) {
	t.Helper()
	config, sim := simulated(t, change)
	p := instanceOf(t, next, config, "test@file")
	t.Cleanup(func() { closeUpstream(p.upstream) })
	return p, sim
}

// instanceOf is an instance as New makes it, without what some options put beside it.
func instanceOf(t *testing.T, next http.Handler, config *Config, name string) *plugin {
	t.Helper()
	like, err := prototypeFor(context.Background(), name, config)
	require.NoError(t, err)
	return instance(like.plugin, next)
}

// handler is the instance's way of a request, but for what some options put beside it.
func (p *plugin) handler() http.HandlerFunc { return handlers(p)(p.next) }
