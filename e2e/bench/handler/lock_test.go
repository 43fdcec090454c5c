package handler

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/bench/given"
)

// lookups a second are those of 100 000 users at a ttl of a minute, each looked up once per three quarters of it.
const lookups = 2200

// stolen is after how many looks in a row the holder of the lock must be one from whom the system has taken the processor:
// that says how busy the machine is with other things, and nothing of the plugin.
const stolen = 300

// lockSource is added to the staged plugin: it hands out the lock that hits share.
const lockSource = `package huaweiid

import (
	"net/http"
	"sync"
)

func init() { http.HandleFunc("/lock", tellLock) }

func tellLock(_ http.ResponseWriter, req *http.Request) {
	tell := req.Context().Value(http.ServerContextKey).(func(*sync.RWMutex))
	for _, t := range upstreams.upstreams {
		tell(t.upstream.good.mu)
	}
}
`

// BenchmarkLock has lookups one after the other, and looks every microsecond whether the cache's lock would let a hit in.
// held-ns/op is for how long a lookup keeps hits out; %-of-time is that at 2 200 lookups a second.
func BenchmarkLock(b *testing.B) {
	mux := http.DefaultServeMux
	http.DefaultServeMux = http.NewServeMux()
	defer func() { http.DefaultServeMux = mux }()
	l := newLab(b, func(dir string) error { return os.WriteFile(dir+"/lock_for_bench.go", []byte(lockSource), 0o644) })
	v := l.visit(b, usual, nil)
	var lock *sync.RWMutex
	// Under a key of the standard library, since that is the same in the interpreter.
	ctx := context.WithValue(b.Context(), http.ServerContextKey, func(found *sync.RWMutex) { lock = found })
	http.DefaultServeMux.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/lock", nil).WithContext(ctx))
	require.NotNil(b, lock)
	v.fill("Authorization", bearers(known, full))

	var over atomic.Bool
	var looks, shut float64
	var looking sync.WaitGroup
	looking.Go(func() {
		inARow := 0
		for last := time.Now(); !over.Load(); last = time.Now() {
			// Looks that follow each other at once would make writers wait for them.
			for time.Since(last) < time.Microsecond {
			}
			looks++
			if !lock.TryRLock() {
				inARow++
				continue
			}
			lock.RUnlock()
			if inARow < stolen {
				shut += float64(inARow)
			}
			inARow = 0
		}
	})
	n := full
	begin := time.Now()
	for b.Loop() {
		v.send("Authorization", "Bearer "+given.Token(known, n))
		n++
	}
	took := time.Since(begin)
	over.Store(true)
	looking.Wait()
	v.requireIdentified(b)
	held := shut / looks * float64(took) / float64(b.N)
	b.ReportMetric(held, "held-ns/op")
	b.ReportMetric(100*held*lookups/float64(time.Second), "%-of-time")
}
