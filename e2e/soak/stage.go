package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"sync"
	"time"

	"github.com/traefik-huaweiid/huaweiid/e2e/echo"
	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
	"github.com/traefik-huaweiid/huaweiid/e2e/traffic"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

const (
	visitors    = 12
	known       = 300                  // users who keep coming
	refused     = 50                   // tokens that keep coming though they are refused
	pause       = 2 * time.Millisecond // of a visitor between two requests
	reloadEvery = 3 * time.Second
	faultEvery  = 4 * time.Second
)

// Hosts whose middlewares share one state, the first two, and one whose middleware has a state of its own.
var hosts = []string{"one", "two", "audience"}

// stage is a Traefik between a simulated Huawei and a backend, and those who ask.
type stage struct {
	huawei  *traffic.Huawei
	backend *httptest.Server
	proxy   *proxy.Proxy
	client  *traffic.Client
	tally   *tally
	reloads int
	faults  int
	fresh   int // tokens never used before, so far
	mu      sync.Mutex
}

func start(ctx context.Context) (*stage, error) {
	huawei, err := traffic.StartHuawei()
	if err != nil {
		return nil, err
	}
	p, err := proxy.Start(ctx, proxy.Options{LogLevel: "ERROR", TrustLoopback: true})
	if err != nil {
		huawei.Close()
		return nil, err
	}
	s := &stage{
		huawei: huawei, backend: httptest.NewServer(echo.Handler()), proxy: p, client: traffic.NewClient(p.URL()), tally: newTally(),
	}
	if err := s.reload(ctx); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	return s, nil
}

func (s *stage) stop() error {
	s.client.Close()
	err := s.proxy.Stop()
	s.backend.Close()
	s.huawei.Close()
	return err
}

// routes are two middlewares that share one state and one with a state of its own. Their caches are small, so that they
// are full before the first measurement.
func (s *stage) routes() []traffic.Route {
	options := func(more traffic.Options) traffic.Options {
		options := traffic.Options{
			"huawei":   s.huawei.Upstream(traffic.Options{"timeout": "500ms", "maxConcurrent": 16}),
			"cache":    traffic.Options{"ttl": "3s", "negativeTTL": "1s", "staleIfError": "30s", "maxEntries": 1000},
			"headers":  traffic.Options{"status": traffic.StatusHeader},
			"logLevel": "error",
		}
		for name, value := range more {
			options[name] = value
		}
		return options
	}
	return []traffic.Route{
		{Host: hosts[0], Backend: s.backend.URL, Options: options(nil)},
		{Host: hosts[1], Backend: s.backend.URL, Options: options(traffic.Options{"debugHeader": true})},
		{Host: hosts[2], Backend: s.backend.URL, Options: options(traffic.Options{
			"audience": traffic.Options{"clientIDs": []string{huaweisim.ClientID}},
		})},
	}
}

// reload changes the configuration: a router comes or goes, so that Traefik makes every middleware anew.
func (s *stage) reload(ctx context.Context) error {
	routes := s.routes()
	s.reloads++
	if s.reloads%2 == 0 {
		extra := s.routes()[0]
		extra.Host = fmt.Sprintf("extra%d", s.reloads)
		routes = append(routes, extra)
	}
	config, err := traffic.Dynamic(routes...)
	if err != nil {
		return err
	}
	return s.proxy.Apply(ctx, config)
}

// nextFault goes round: every second turn Huawei is well.
func (s *stage) nextFault() error {
	if err := s.huawei.Open(); err != nil {
		return err
	}
	s.huawei.SetFaults()
	turns := []huaweisim.Fault{
		{Kind: "latency", Latency: "100ms"}, {Kind: "http", Status: 500}, {Kind: "hang"}, {Kind: "reset"},
		{Kind: "http", Status: 429, RetryAfter: "1"}, {Kind: "garbage"}, {Kind: "nsp", NSP: "70001402"},
	}
	s.faults++
	if s.faults%2 == 0 {
		return nil
	}
	turn := s.faults / 2 % (len(turns) + 1)
	if turn == len(turns) {
		s.huawei.Shut()
		return nil
	}
	s.huawei.SetFaults(turns[turn])
	return nil
}

// live has visitors, faults and reloads for a time, and leaves all at rest.
func (s *stage) live(ctx context.Context, d time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	var group sync.WaitGroup
	for n := 0; n < visitors; n++ {
		group.Add(1)
		go func() {
			defer group.Done()
			s.visit(ctx, n)
		}()
	}
	err := s.disturb(ctx)
	cancel()
	group.Wait()
	if openErr := s.huawei.Open(); openErr != nil {
		return errors.Join(err, openErr)
	}
	s.huawei.SetFaults()
	return err
}

// disturb changes faults and configuration until the time is over.
func (s *stage) disturb(ctx context.Context) error {
	faults, reloads := time.NewTicker(faultEvery), time.NewTicker(reloadEvery)
	defer faults.Stop()
	defer reloads.Stop()
	for {
		select {
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return nil
			}
			return ctx.Err()
		case <-s.proxy.Done():
			return errors.New("the proxy ended by itself")
		case <-faults.C:
			if err := s.nextFault(); err != nil {
				return err
			}
		case <-reloads.C:
			if err := s.reload(context.WithoutCancel(ctx)); err != nil {
				return err
			}
		}
	}
}

// visit sends requests until the time is over: mostly of known users, some of new ones and of strangers, each to any host.
func (s *stage) visit(ctx context.Context, n int) {
	dice := rand.New(rand.NewPCG(1, uint64(n)))
	for ctx.Err() == nil {
		a := s.client.Get(context.WithoutCancel(ctx), hosts[dice.IntN(len(hosts))], s.token(dice))
		s.tally.add(a)
		time.Sleep(pause)
	}
}

func (s *stage) token(dice *rand.Rand) string {
	switch dice.IntN(20) {
	case 0, 1:
		return fmt.Sprintf("mainland/new%d", s.next())
	case 2:
		return fmt.Sprintf("expired/%d", s.next())
	case 3:
		return fmt.Sprintf("expired/%d", dice.IntN(refused))
	case 4:
		return fmt.Sprintf("forbidden/%d", s.next())
	}
	return fmt.Sprintf("mainland/known%d", dice.IntN(known))
}

func (s *stage) next() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fresh++
	return s.fresh
}
