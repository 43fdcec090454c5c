package faults

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/echo"
	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
	"github.com/traefik-huaweiid/huaweiid/e2e/traffic"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// hostile is what one client, or a fault, does while others sign in.
type hostile struct {
	name           string
	options        options
	faults         []huaweisim.Fault // from the start, or after the known users were let in
	cold           bool              // they are there before anybody is known
	junk           func(n int) string
	senders        int           // of junk, all of one client address
	pace           time.Duration // of each; 0 = as fast as answers come
	lasts          time.Duration
	nobodyNew      bool           // nobody signs in
	everywhere     bool           // each sender has an address of its own
	before, behind map[string]any // another middleware
	oneProxy       bool           // all clients share one address, as behind a proxy that Traefik does not trust

	newcomers float64 // share of sign-ins that have to be served
	mostCalls int     // of Huawei under way at once; 0 = as configured
	warns     bool    // about one address
	opens     bool    // the breaker does
}

// hostileAddress is the client's that sends the junk.
const hostileAddress = "203.0.113.66"

// besieged are the known users: more than failures open the breaker, since each counts once.
const besieged = 8

// signIns are newcomers, each with a client address of its own, about so many in the time of a scenario.
const signIns = 100

// rateLimit lets each client address have one request a second, and two at once.
var rateLimit = map[string]any{"rateLimit": map[string]any{
	"average": 1, "burst": 2, "sourceCriterion": map[string]any{"ipStrategy": map[string]any{"depth": 1}},
}}

func hostiles() []hostile {
	usual := options{timeout: 2 * time.Second, staleIfError: usualStale}
	poison := func(kind string) func(int) string {
		return func(n int) string { return fmt.Sprintf("%s/poison/%d", kind, n) }
	}
	// Nobody is known, so that no refresh ends a row of failures, and four sign in a second.
	const lasts = 25 * time.Second
	return []hostile{
		{name: "own tokens draw an unknown NSP_STATUS", options: usual, junk: poison("nsp/9999"), senders: 1, pace: 50 * time.Millisecond,
			cold: true, lasts: lasts, newcomers: 0.95},
		{name: "own tokens draw HTTP 500", options: usual, junk: poison("http/500"), senders: 1, pace: 50 * time.Millisecond,
			cold: true, lasts: lasts, newcomers: 0.95},
		{name: "own tokens draw NSP_STATUS 70001401", options: usual, junk: poison("nsp/70001401"), senders: 1, pace: 50 * time.Millisecond,
			cold: true, lasts: lasts, newcomers: 0.95},
		{name: "own tokens draw 429 with Retry-After 60", options: usual, junk: poison("throttled/60"), senders: 1, pace: 50 * time.Millisecond,
			cold: true, lasts: lasts, newcomers: 0.95},
		{name: "60 connections of made-up tokens, Huawei taking 200 ms", options: usual, faults: []huaweisim.Fault{{Kind: "latency", Latency: "200ms"}},
			junk: poison("made-up"), senders: 60, lasts: 8 * time.Second, newcomers: 0.95},
		{name: "the same from 60 addresses, with rateLimit in front", options: usual, faults: []huaweisim.Fault{{Kind: "latency", Latency: "200ms"}},
			junk: poison("made-up"), senders: 60, everywhere: true, before: rateLimit, lasts: 8 * time.Second, newcomers: 0.75},
		{name: "the same, with rateLimit behind", options: usual, faults: []huaweisim.Fault{{Kind: "latency", Latency: "200ms"}},
			junk: poison("made-up"), senders: 60, everywhere: true, behind: rateLimit, lasts: 8 * time.Second},
		{name: "junk that getTokenInfo refuses, while getInfo hangs", options: options{timeout: quickTimeout, staleIfError: usualStale, audience: true},
			faults: []huaweisim.Fault{{API: huaweisim.GetInfo, Kind: "hang"}}, junk: poison("invalid"), senders: 1, pace: 22 * time.Millisecond,
			lasts: 10 * time.Second, nobodyNew: true, opens: true},
		{name: "a firewall's HTTP 403 for this host", options: usual, faults: []huaweisim.Fault{{Kind: "http", Status: 403}}, lasts: 8 * time.Second},
		{name: "HTTP 500 to everybody, from the start", options: usual, faults: []huaweisim.Fault{{Kind: "http", Status: 500}}, cold: true,
			lasts: 8 * time.Second, opens: true},
		{name: "the same, all clients behind one address", options: usual, faults: []huaweisim.Fault{{Kind: "http", Status: 500}, {Kind: "latency", Latency: "50ms"}},
			cold: true, oneProxy: true, lasts: 8 * time.Second, mostCalls: 24, warns: true},
	}
}

// TestClients_cannotShutOthersOut has one client do its worst while others sign in and known users go on.
func TestClients_cannotShutOthersOut(t *testing.T) {
	backend := httptest.NewServer(echo.Handler())
	t.Cleanup(backend.Close)
	p, err := proxy.Start(context.Background(), proxy.Options{TrustLoopback: true})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, p.Stop()) })
	client := traffic.NewClient(p.URL())
	t.Cleanup(client.Close)

	var routes []traffic.Route
	var sieges []*siege
	for i, h := range hostiles() {
		huawei, err := traffic.StartHuawei()
		require.NoError(t, err)
		t.Cleanup(huawei.Close)
		host := fmt.Sprintf("client%d", i)
		route := scenario{options: h.options}.route(host, backend.URL, huawei)
		route.Before, route.Behind = h.before, h.behind
		routes = append(routes, route)
		sieges = append(sieges, &siege{hostile: h, huawei: huawei, client: client, host: host})
	}
	config, err := traffic.Dynamic(routes...)
	require.NoError(t, err)
	require.NoError(t, p.Apply(context.Background(), config))
	for _, s := range sieges {
		require.NoError(t, p.WaitRouters(context.Background(), s.host))
	}

	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ONE CLIENT\tNEW USERS\tSERVED\tKNOWN USERS' REQUESTS\tSERVED\tHALF WITHIN\tCALLS\tMOST AT ONCE")
	// Four at a time: each is mostly waiting, and junk as fast as answers come is for itself.
	var all sync.WaitGroup
	slots := make(chan struct{}, 4)
	for _, s := range sieges {
		slots <- struct{}{}
		if s.pace == 0 && s.junk != nil {
			all.Wait()
		}
		all.Add(1)
		go func() {
			defer func() { <-slots; all.Done() }()
			s.run()
		}()
		if s.pace == 0 && s.junk != nil {
			all.Wait()
		}
	}
	all.Wait()
	log := p.Log()
	for _, s := range sieges {
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%v\t%d\t%d\n", s.name, s.signedIn.all, s.signedIn.served, s.known.all, s.known.served,
			traffic.Percentile(s.known.took, 50).Round(100*time.Microsecond), len(s.huawei.Calls()), s.huawei.Stats().MostUnderWay)
	}
	require.NoError(t, table.Flush())
	for _, s := range sieges {
		t.Run(s.name, func(t *testing.T) { s.check(t, log) })
	}
}

// siege is how a hostile client fared.
type siege struct {
	hostile
	huawei *traffic.Huawei
	client *traffic.Client
	host   string
	over   atomic.Bool

	mu       sync.Mutex
	signedIn tally
	known    tally
	junked   tally
	problems []error
}

// tally counts requests of one kind.
type tally struct {
	all, served int
	codes       map[string]int
	took        []time.Duration
}

func (s *siege) note(t *tally, a traffic.Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := a.Wrong(); err != nil && a.Status != http.StatusTooManyRequests {
		s.problems = append(s.problems, err)
	}
	t.all++
	if t.codes == nil {
		t.codes = map[string]int{}
	}
	if a.OK() {
		t.served++
	} else {
		t.codes[a.Code]++
	}
	t.took = append(t.took, a.Took)
}

func (s *siege) address(token string) string {
	if s.oneProxy {
		return hostileAddress
	}
	return traffic.AddressOf(token)
}

func (s *siege) run() {
	ctx := context.Background()
	if !s.cold {
		for i := range besieged {
			token := fmt.Sprintf("hongkong/%s/known/%d", s.host, i)
			if a := s.client.GetFrom(ctx, s.host, token, s.address(token)); !a.OK() {
				s.problems = append(s.problems, fmt.Errorf("before the siege: %v", a))
			}
		}
	}
	s.huawei.SetFaults(s.faults...)
	var senders sync.WaitGroup
	send := func(pace time.Duration, once func(n int)) {
		senders.Add(1)
		go func() {
			defer senders.Done()
			for n := 0; !s.over.Load(); n++ {
				once(n)
				time.Sleep(pace)
			}
		}()
	}
	var junk atomic.Int64
	for sender := range s.senders {
		address := hostileAddress
		if s.everywhere {
			address = fmt.Sprintf("203.0.113.%d", sender+100)
		}
		send(s.pace, func(int) {
			s.note(&s.junked, s.client.GetFrom(ctx, s.host, s.junk(int(junk.Add(1))), address))
		})
	}
	for i := range besieged {
		if s.cold {
			break
		}
		token := fmt.Sprintf("hongkong/%s/known/%d", s.host, i)
		send(pace, func(int) { s.note(&s.known, s.client.GetFrom(ctx, s.host, token, s.address(token))) })
	}
	// Newcomers do not wait for each other.
	var signingIn sync.WaitGroup
	for n := range signIns {
		if s.nobodyNew {
			time.Sleep(s.lasts)
			break
		}
		token := fmt.Sprintf("mainland/%s/new/%d", s.host, n)
		signingIn.Add(1)
		go func() {
			defer signingIn.Done()
			s.note(&s.signedIn, s.client.GetFrom(ctx, s.host, token, s.address(token)))
		}()
		time.Sleep(s.lasts / signIns)
	}
	signingIn.Wait()
	s.over.Store(true)
	senders.Wait()
	s.huawei.SetFaults()
}

func (s *siege) check(t *testing.T, log string) {
	for _, problem := range s.problems {
		t.Error(problem)
	}
	if s.before == nil && s.behind == nil {
		assert.Equal(t, s.known.all, s.known.served, "known users are served whatever happens: %v", s.known.codes)
	}
	assert.GreaterOrEqual(t, float64(s.signedIn.served), s.newcomers*float64(s.signedIn.all), "new users served: %v", s.signedIn.codes)
	if !s.cold {
		assert.Less(t, traffic.Percentile(s.known.took, 50), s.options.timeout/4, "known users wait for Huawei")
	}
	if s.opens {
		assert.NotZero(t, s.signedIn.codes["overloaded"]+s.junked.codes["overloaded"], "the breaker opens")
	}
	if s.mostCalls > 0 {
		assert.LessOrEqual(t, s.huawei.Stats().MostUnderWay, s.mostCalls, "calls under way at once")
	}
	warned := strings.Count(log, "all for one client address")
	if s.warns {
		assert.Equal(t, 1, warned, "the warning that clients share one address")
	}
	if strings.Contains(s.name, "403") {
		assert.Equal(t, s.signedIn.all, s.signedIn.codes["permission_denied"])
	}
}
