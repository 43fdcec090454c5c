package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"time"

	"github.com/traefik-huaweiid/huaweiid/e2e/bench/cpu"
	"github.com/traefik-huaweiid/huaweiid/e2e/traffic"
)

const (
	// lead goes before each slice: connections are opened, and what other routes left in caches of the CPU goes.
	lead = 200 * time.Millisecond
	// warmUp is each route's first slice, which is not kept.
	warmUp = 300 * time.Millisecond
)

// figure is one of those that are taken of a route in each round, by the heading that it has.
type figure string

const (
	perSecond  figure = "requests/s" // exchanges
	traefikCPU figure = "CPU µs"     // of Traefik, per exchange
	authCPU    figure = "auth CPU µs"
	restCPU    figure = "rest CPU µs" // of load and backend
	halfWithin figure = "p50 ms"
	mostWithin figure = "p99 ms"
	idle       figure = "idle %" // of the time of all processors
)

// measurements has the figures of every round, by route.
type measurements map[string]map[figure][]float64

func (m measurements) add(name string, taken map[figure]float64) {
	if m[name] == nil {
		m[name] = map[figure][]float64{}
	}
	for f, value := range taken {
		m[name][f] = append(m[name][f], value)
	}
}

// measure lets the routes take turns.
func (s *stack) measure(ctx context.Context, chosen []route, o options) (measurements, error) {
	for _, r := range chosen {
		if _, err := s.slice(r, o, warmUp); err != nil {
			return nil, fmt.Errorf("route %s: %w", r.name, err)
		}
	}
	m := measurements{}
	for round := range o.rounds {
		fmt.Fprintf(os.Stderr, "round %d of %d\n", round+1, o.rounds)
		for _, r := range inTurn(chosen, round) {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			taken, err := s.slice(r, o, o.slice)
			if err != nil {
				return nil, fmt.Errorf("route %s: %w", r.name, err)
			}
			m.add(r.name, taken)
		}
	}
	return m, nil
}

// inTurn is the order of a round, another one in each and the same in every run, so that none always follows the same other:
// what a route leaves behind, garbage or an idle processor, is the next one's to bear or to use. The busy ones come first and
// those of one connection then: what is compared comes near each other, since a machine's speed changes within seconds.
func inTurn(chosen []route, round int) []route {
	turns := slices.Clone(chosen)
	rand.New(rand.NewPCG(1, uint64(round))).Shuffle(len(turns), func(i, j int) { turns[i], turns[j] = turns[j], turns[i] })
	slices.SortStableFunc(turns, func(a, b route) int {
		switch {
		case a.alone == b.alone:
			return 0
		case b.alone:
			return -1
		}
		return 1
	})
	return turns
}

// used is what the processes, and nobody, had of the processors so far.
type used struct{ traefik, auth, rest, nobody time.Duration }

func (s *stack) used() (u used, err error) {
	var errs [4]error
	u.traefik, errs[0] = cpu.Of(s.proxy.PID())
	u.auth, errs[1] = cpu.Of(s.auth.cmd.Process.Pid)
	u.rest, errs[2] = cpu.Of(os.Getpid())
	u.nobody, errs[3] = cpu.Idle()
	return u, errors.Join(errs[:]...)
}

// asked is how often others were asked so far.
type asked struct{ huawei, redis int }

func (s *stack) asked(r route) (a asked, err error) {
	if r.redis {
		if a.redis, err = s.redis.gets(); err != nil {
			return a, err
		}
	}
	a.huawei, err = s.huawei[r.latency].calls()
	return a, err
}

// suspect tells hits that were none, and misses that were hits.
func (r route) suspect(huawei, redis, requests int) error {
	switch {
	case r.fresh && huawei < 2*requests,
		r.elsewhere && huawei > 0,
		huawei > users && !r.fresh: // a few calls are due where answers expire
		return fmt.Errorf("asked Huawei %d times for %d requests", huawei, requests)
	case r.elsewhere && redis < 2*(requests-1), // the first user may be the last one's of the slice before
		r.redis && !r.elsewhere && !r.straight && redis > 2*users:
		return fmt.Errorf("asked Redis %d times for %d requests", redis, requests)
	}
	return nil
}

// slice measures one route once.
func (s *stack) slice(r route, o options, length time.Duration) (map[figure]float64, error) {
	var marks []used
	var failure error
	mark := func() {
		u, err := s.used()
		marks = append(marks, u)
		failure = errors.Join(failure, err)
	}
	before, err := s.asked(r)
	if err != nil {
		return nil, err
	}
	latencies, took, err := r.run(s.address(r), r.connections(o), lead, length, mark)
	if err := errors.Join(err, failure); err != nil {
		return nil, err
	}
	after, err := s.asked(r)
	if err != nil {
		return nil, err
	}
	if err := r.suspect(after.huawei-before.huawei, after.redis-before.redis, len(latencies)); err != nil {
		return nil, err
	}

	each := func(after, before time.Duration) float64 {
		return float64(after-before) / float64(time.Microsecond) / float64(len(latencies))
	}
	taken := map[figure]float64{
		perSecond:  float64(len(latencies)) / took.Seconds(),
		traefikCPU: each(marks[1].traefik, marks[0].traefik),
		authCPU:    each(marks[1].auth, marks[0].auth),
		restCPU:    each(marks[1].rest, marks[0].rest),
		halfWithin: milliseconds(traffic.Percentile(latencies, 50)),
		idle:       100 * float64(marks[1].nobody-marks[0].nobody) / float64(took) / float64(runtime.NumCPU()),
	}
	// Of fewer, the last hundredth is less than one exchange.
	if len(latencies) >= 100 {
		taken[mostWithin] = milliseconds(traffic.Percentile(latencies, 99))
	}
	return taken, nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
