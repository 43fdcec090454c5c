package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"runtime/metrics"
	"time"

	"github.com/traefik-huaweiid/huaweiid/e2e/bench/cpu"
	"github.com/traefik-huaweiid/huaweiid/e2e/plugin"
)

// spec tells a subject's process what it is.
type spec struct {
	Subject string
	Users   int
	Limit   int
	Dir     string // where the plugin is staged
	Module  string
	Scratch string // a directory of its own
	Huawei  string // base URL
}

func (s spec) load() (plugin.Make, error) { return plugin.Interpreted(s.Dir, s.Module, io.Discard) }

// plugin returns what makes an instance of the plugin, configured as usual but for more.
func (s spec) plugin(more map[string]any) func(next http.Handler) (http.Handler, error) {
	return func(next http.Handler) (http.Handler, error) {
		makes, err := s.load()
		if err != nil {
			return nil, err
		}
		return makes(context.Background(), next, options(s.Huawei, s.Limit, more), "auth@file")
	}
}

// empty returns what makes an instance of the plugin that does nothing.
func (s spec) empty() func(next http.Handler) (http.Handler, error) {
	return func(next http.Handler) (http.Handler, error) { return makeEmpty(s.Scratch, next) }
}

// order is what a subject's process is asked: to be measured for a while, or else for its facts.
type order struct {
	Slice time.Duration
}

// reply answers an order; one goes out unasked when the subject is ready.
type reply struct {
	Times       int // that it was done
	CPU         time.Duration
	Allocations uint64
	Bytes       uint64
	Facts       facts
}

// chunk is how often a subject is done between two looks at the clock, at most.
const chunk = 64

// serveWorker is the process of one subject. It ends with its input.
func serveWorker(text string, in io.Reader, out io.Writer) error {
	var s spec
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return fmt.Errorf("reading the subject: %w", err)
	}
	subject, err := subjectNamed(s.Subject)
	if err != nil {
		return err
	}
	scene, err := subject.begin(s)
	if err != nil {
		return err
	}
	for range chunk {
		scene.once()
	}
	replies := json.NewEncoder(out)
	if err := replies.Encode(reply{}); err != nil {
		return fmt.Errorf("replying: %w", err)
	}
	orders := json.NewDecoder(in)
	for {
		var o order
		if err := orders.Decode(&o); err == io.EOF {
			return nil
		} else if err != nil {
			return fmt.Errorf("reading an order: %w", err)
		}
		r := scene.obey(o)
		if err := scene.check(); err != nil {
			return err
		}
		if err := replies.Encode(r); err != nil {
			return fmt.Errorf("replying: %w", err)
		}
	}
}

// obey measures from the end of one garbage collection to that of another, so that what was left behind is paid for, and nothing
// else: with a million users a collection takes a second of CPU and comes every few seconds, and one more or less would decide the
// figure. Before the first, memory comes back that the system was given while others had their turn.
func (s *scene) obey(o order) reply {
	if o.Slice == 0 {
		if s.facts == nil {
			return reply{}
		}
		return reply{Facts: s.facts()}
	}
	s.untilCollected(0, o.Slice)
	var r reply
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	used := cpu.Self()
	r.Times = s.untilCollected(o.Slice, o.Slice)
	r.CPU = cpu.Self() - used
	runtime.ReadMemStats(&after)
	r.Allocations = after.Mallocs - before.Mallocs
	r.Bytes = after.TotalAlloc - before.TotalAlloc
	return r
}

// longest is how many slices untilCollected takes where no collection ends, as without any (GOGC=off).
const longest = 20

// untilCollected does what is measured at least for a while, and from then on until a garbage collection ends. It returns how often.
func (s *scene) untilCollected(least, slice time.Duration) (times int) {
	begin, ended := time.Now(), collections()
	for {
		for range chunk {
			s.once()
		}
		times += chunk
		now, passed := collections(), time.Since(begin)
		if now != ended && passed >= least || passed >= longest*slice {
			return times
		}
		ended = now
	}
}

// collections is how many garbage collections have ended. Unlike runtime.ReadMemStats, it does not stop the program.
func collections() uint64 {
	sample := []metrics.Sample{{Name: "/gc/cycles/total:gc-cycles"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
