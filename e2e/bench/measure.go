package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/traefik-huaweiid/huaweiid/e2e/bench/cpu"
	"github.com/traefik-huaweiid/huaweiid/e2e/bench/figures"
	"github.com/traefik-huaweiid/huaweiid/e2e/bench/wire"
	"github.com/traefik-huaweiid/huaweiid/e2e/traffic"
)

const (
	// lead goes before each slice: connections are opened, and what other routes left in caches of the CPU goes.
	lead = 200 * time.Millisecond
	// warmUp is each route's first slice, which is not kept.
	warmUp = 300 * time.Millisecond
)

// figure is one of those that are taken of a route.
type figure int

const (
	perSecond  figure = iota // exchanges
	traefikCPU               // per exchange, µs
	authCPU                  // of the service that ForwardAuth asks; per exchange, µs
	restCPU                  // of load and backend; per exchange, µs
	idle                     // of the time of all processors, %
	halfWithin               // p50, ms
	mostWithin               // p99, ms
)

// measurements has the figures of every round, by route.
type measurements map[string]map[figure][]float64

var errOtherCalls = errors.New("the route asked Huawei more or less often than it is there for")

// measure lets the routes take turns.
func (s *stack) measure(ctx context.Context, chosen []route, o options) (measurements, error) {
	visits := map[string]func(int) func() [][]byte{}
	for _, r := range chosen {
		visits[r.name] = r.visitor()
		if _, err := s.slice(r, o, visits[r.name], warmUp); err != nil {
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
			taken, err := s.slice(r, o, visits[r.name], o.slice)
			if err != nil {
				return nil, fmt.Errorf("route %s: %w", r.name, err)
			}
			m.add(r.name, taken)
		}
	}
	return m, nil
}

// inTurn is the order of a round, another one in each, so that none always follows the same other: what a route leaves behind,
// garbage or an idle processor, is the next one's to bear or to use. The busy ones come first and those of one connection then, as
// in the table of routes.
func inTurn(chosen []route, round int) []route {
	busy := 0
	for _, r := range chosen {
		if !r.alone {
			busy++
		}
	}
	var turns []route
	for _, at := range figures.TurnsOfGroups(round, busy, len(chosen)-busy) {
		turns = append(turns, chosen[at])
	}
	return turns
}

func (m measurements) add(name string, taken map[figure]float64) {
	if m[name] == nil {
		m[name] = map[figure][]float64{}
	}
	for f, value := range taken {
		m[name][f] = append(m[name][f], value)
	}
}

// slice measures one route once.
func (s *stack) slice(r route, o options, visitor func(int) func() [][]byte, length time.Duration) (map[figure]float64, error) {
	load := wire.Load{Address: s.address(r), Connections: r.connections(o), Status: r.status, Visitor: visitor, Pause: r.pause}
	var used [][3]time.Duration
	var machine []cpu.Machine
	var failure error
	mark := func() {
		times, err := s.cpuTimes()
		used = append(used, times)
		whole, machineErr := cpu.OfMachine()
		machine = append(machine, whole)
		failure = errors.Join(failure, err, machineErr)
	}
	before, err := s.huawei[r.latency].calls()
	if err != nil {
		return nil, err
	}
	measured, err := load.Run(lead, length, mark)
	if err := errors.Join(err, failure); err != nil {
		return nil, err
	}
	after, err := s.huawei[r.latency].calls()
	if err != nil {
		return nil, err
	}
	if measured.Exchanges == 0 {
		return nil, errors.New("not a single request was done in a slice: make it longer")
	}
	if err := checkCalls(r, measured.Exchanges, after-before); err != nil {
		return nil, err
	}

	perExchange := func(process int) float64 {
		return float64(used[1][process]-used[0][process]) / float64(time.Microsecond) / float64(measured.Exchanges)
	}
	taken := map[figure]float64{
		perSecond:  float64(measured.Exchanges) / measured.Took.Seconds(),
		traefikCPU: perExchange(0),
		authCPU:    perExchange(1),
		restCPU:    perExchange(2),
		halfWithin: milliseconds(traffic.Percentile(measured.Latencies, 50)),
	}
	if ticks := machine[1].Total - machine[0].Total; ticks > 0 {
		taken[idle] = 100 * float64(machine[1].Idle-machine[0].Idle) / float64(ticks)
	}
	// Of fewer, the last hundredth is less than one exchange.
	if measured.Exchanges >= 100 {
		taken[mostWithin] = milliseconds(traffic.Percentile(measured.Latencies, 99))
	}
	return taken, nil
}

// cpuTimes are those of Traefik, of the service that ForwardAuth asks, and of this process.
func (s *stack) cpuTimes() (times [3]time.Duration, err error) {
	if times[0], err = cpu.Of(s.proxy.PID()); err != nil {
		return times, err
	}
	if times[1], err = cpu.Of(s.auth.cmd.Process.Pid); err != nil {
		return times, err
	}
	times[2] = cpu.Self()
	return times, nil
}

// checkCalls finds hits that were none, and misses that were hits. A few calls are due where answers expire.
func checkCalls(r route, exchanges, called int) error {
	want := r.callsPerExchange() * exchanges
	if called < want || r.callsPerExchange() == 0 && called > users {
		return fmt.Errorf("%w: %d times for %d requests", errOtherCalls, called, exchanges)
	}
	return nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
