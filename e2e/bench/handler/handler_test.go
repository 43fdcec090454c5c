package handler

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/bench/cpu"
	"github.com/traefik-huaweiid/huaweiid/e2e/bench/given"
)

// many is how many users there are where there are many. A million is told by -users 1000000, and takes minutes to fill.
var many = flag.Int("users", 100_000, "users in the larger cache of BenchmarkHit")

// full is how many users the cache has that misses come to: the default of cache.maxEntries.
const full = 10_000

// measure does something b.N times. Beside the usual figures it reports the CPU time of the whole process, garbage
// collection included, and the allocations beyond those of a plugin that does nothing.
func measure(b *testing.B, once func()) {
	b.Helper()
	empty := allocationsOfEmpty(b)
	once()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	begin, _ := cpu.Of(os.Getpid())
	b.ReportAllocs()
	for b.Loop() {
		once()
	}
	runtime.ReadMemStats(&after)
	// Where the system does not tell the CPU time, the figure is left out.
	if end, err := cpu.Of(os.Getpid()); err == nil {
		b.ReportMetric(float64(end-begin)/float64(b.N), "cpu-ns/op")
	}
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/float64(b.N)-empty, "allocs-beyond-empty/op")
}

func BenchmarkEmpty(b *testing.B) {
	v := visitToEmpty(b)
	values := bearers(known, 1000)
	at := 0
	measure(b, func() {
		v.send("Authorization", values[at%len(values)])
		at++
	})
}

// BenchmarkHit has its users come in turn. B/entry is what a good answer takes of memory.
func BenchmarkHit(b *testing.B) {
	bench := func(h hit, name string, users int) {
		b.Run(name, func(b *testing.B) {
			l := newLab(b)
			v, once, weight := h.start(b, l, users)
			called := l.calls.Load()
			measure(b, once)
			v.requireIdentified(b)
			require.Equal(b, called, l.calls.Load(), "these were hits")
			b.ReportMetric(weight, "B/entry")
		})
	}
	for _, users := range []int{1000, *many} {
		bench(usualHit, fmt.Sprintf("users=%d", users), users)
		bench(hitWithEvents, fmt.Sprintf("%s/users=%d", hitWithEvents.name, users), users)
	}
	for _, h := range otherHits {
		if !h.events {
			bench(h, h.name, 1000)
		}
	}
}

// BenchmarkRefusal is of a token that the plugin knows to be refused.
func BenchmarkRefusal(b *testing.B) {
	v := newLab(b).visit(b, usual, nil)
	value := bearers(refused, 1)[0]
	measure(b, func() { v.send("Authorization", value) })
	require.Equal(b, http.StatusUnauthorized, v.status)
}

// BenchmarkMiss has a new user each time. Two calls to Huawei are in it, and what that does to answer.
func BenchmarkMiss(b *testing.B) {
	for name, maxEntries := range map[string]int{"room": usual, "evicting": full} {
		b.Run(name, func(b *testing.B) {
			l := newLab(b)
			v := l.visit(b, maxEntries, nil)
			v.fill("Authorization", bearers(known, full))
			misses := 0
			measure(b, func() {
				v.send("Authorization", "Bearer "+given.Token(known, full+misses))
				misses++
			})
			v.requireIdentified(b)
		})
	}
}

// BenchmarkNew makes instances of one middleware, as each router that uses it has its own. Those of one configuration end
// with its context.
func BenchmarkNew(b *testing.B) {
	const routers = 200
	l := newLab(b)
	options := l.options(usual, nil)
	var instances []http.Handler
	ctx, cancel := context.WithCancel(b.Context())
	one := func() {
		if len(instances) == routers {
			cancel()
			ctx, cancel = context.WithCancel(b.Context())
			instances = instances[:0]
		}
		instance, err := l.makes(ctx, backend, options, "auth@file")
		require.NoError(b, err)
		instances = append(instances, instance)
	}
	one()
	before := heap()
	for len(instances) < routers {
		one()
	}
	perInstance := float64(heap()-before) / (routers - 1)
	measure(b, one)
	cancel()
	b.ReportMetric(perInstance, "B/instance")
}

// heap is how many bytes are in use once garbage is collected; the second collection takes what finalizers let go.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
