package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"time"

	"github.com/traefik-huaweiid/huaweiid/e2e/bench/figures"
)

// measurement is what was taken of one subject.
type measurement struct {
	rounds []reply
	total  reply // of all rounds
	facts  facts
}

// measurements are by the subject's name.
type measurements map[string]*measurement

var errCalls = errors.New("a hit asked Huawei")

func (b *bench) measure(ctx context.Context) (measurements, error) {
	m := measurements{}
	for round := range b.settings.rounds {
		fmt.Fprintf(os.Stderr, "round %d of %d\n", round+1, b.settings.rounds)
		for _, at := range inTurn(len(b.subjects), round) {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if err := b.slice(m, b.subjects[at], b.workers[at]); err != nil {
				return nil, fmt.Errorf("%s: %w", b.subjects[at].says, err)
			}
		}
	}
	for i, subject := range b.subjects {
		r, err := b.workers[i].ask(order{})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", subject.says, err)
		}
		m[subject.Name].facts = r.Facts
	}
	return m, nil
}

// inTurn is the order of a round, another one in each. The first ones are those that are compared.
func inTurn(n, round int) []int { return figures.TurnsOfGroups(round, compared, n-compared) }

func (b *bench) slice(m measurements, s subject, w *worker) error {
	called := b.huawei.calls.Load()
	r, err := w.ask(order{Slice: b.settings.slice})
	if err != nil {
		return err
	}
	called = b.huawei.calls.Load() - called
	// A refusal that has expired is asked about again: one call, or two where it needs both APIs.
	if misses := s.Name == subjectMiss || s.Name == subjectEviction; !misses && called > 2 {
		return fmt.Errorf("%w: %d calls in %d requests", errCalls, called, r.Times)
	}
	taken := m[s.Name]
	if taken == nil {
		taken = &measurement{}
		m[s.Name] = taken
	}
	taken.rounds = append(taken.rounds, r)
	taken.total.Times += r.Times
	taken.total.CPU += r.CPU
	taken.total.Allocations += r.Allocations
	taken.total.Bytes += r.Bytes
	return nil
}

// each is the CPU time of one time that the subject was done, in µs.
func (r reply) each() float64 {
	return float64(r.CPU) / float64(time.Microsecond) / float64(r.Times)
}

// allocations are whole: what the runtime allocates for itself meanwhile is a small part of one.
func (r reply) allocations() float64 { return math.Round(float64(r.Allocations) / float64(r.Times)) }

func (r reply) bytes() float64 { return float64(r.Bytes) / float64(r.Times) }
