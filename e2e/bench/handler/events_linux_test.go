package handler

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/traefik-huaweiid/huaweiid/e2e/bench/cpu"
	"github.com/traefik-huaweiid/huaweiid/e2e/bench/given"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// watchSource is added to the staged plugin: it hands out what tells of holds of locks, and fills caches without misses, which for a
// million users would take longer than all that is measured.
const watchSource = `package huaweiid

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

var (
	benchClock = func() int64 { return 0 }
	benchHeld  = func(lock string, since int64) {}
	benchSince int64 // guarded by the lock of lookups: there is one upstream
)

func benchReleased() { benchHeld("lookups", benchSince) }

func init() {
	http.HandleFunc("/watch", watchLocks)
	http.HandleFunc("/fill", fillCaches)
	http.HandleFunc("/everybody", forgetAllOfThem)
	http.HandleFunc("/index", indexAnew)
}

func watchLocks(_ http.ResponseWriter, req *http.Request) {
	benchClock = req.Context().Value(http.ServerContextKey).(func() int64)
	benchHeld = req.Context().Value(http.LocalAddrContextKey).(func(string, int64))
}

func fillCaches(_ http.ResponseWriter, req *http.Request) {
	var users []int
	for _, user := range strings.Split(req.URL.Query().Get("only"), ",") {
		i, err := strconv.Atoi(user)
		if err == nil {
			users = append(users, i)
		}
	}
	n, _ := strconv.Atoi(req.URL.Query().Get("users"))
	for i := 0; i < n; i++ {
		users = append(users, i)
	}
	random := uint32(1)
	for _, t := range upstreams.upstreams {
		u := t.upstream
		for _, i := range users {
			serial := strconv.Itoa(1e15 + i)
			random = random*1664525 + 1013904223
			now := u.since(epoch)
			life := time.Hour - time.Duration(random%360)*time.Second
			keepGood(u, &entry{
				key: keyOf(u, "bench"+serial), asked: now, refresh: now + life, expires: now + life, end: now + life,
				identity: newIdentity("AQAxKp8Wm3Zt"+serial, "AQAxQ7vR2nLd"+serial, "11100000000", "0086", "11100000000"),
			}, now)
		}
	}
}

func indexAnew(_ http.ResponseWriter, _ *http.Request) {
	for _, t := range upstreams.upstreams {
		x := t.upstream.good.users
		x.few = map[uint64][]*entry{}
		x.many = map[uint64]map[*entry]bool{}
		indexAll(t.upstream, x)
	}
}

func forgetAllOfThem(_ http.ResponseWriter, _ *http.Request) {
	for _, t := range upstreams.upstreams {
		forgetEverybody(t.upstream, t.upstream.since(epoch))
	}
}
`

// Locks whose holds are measured: that of lookups, under which users are forgotten, and that of hits.
const (
	lookupLock = "lookups"
	hitLock    = "hits"
)

// watched adds watchSource, and has every hold of the two locks told.
func watched(dir string) error {
	replaced := map[string]int{}
	for pattern, changes := range map[string][]string{
		"*.go":     {"u.mu.Lock()\n\tdefer u.mu.Unlock()\n", "u.mu.Lock()\n\tbenchSince = benchClock()\n\tdefer u.mu.Unlock()\n\tdefer benchReleased()\n"},
		"users.go": {"u.mu.Unlock()\n\tu.mu.Lock()\n", "benchReleased()\n\tu.mu.Unlock()\n\tu.mu.Lock()\n\tbenchSince = benchClock()\n"},
		"cache.go": {"c.mu.Lock()\n", "c.mu.Lock()\n\theldHits := benchClock()\n", "c.mu.Unlock()\n", "benchHeld(\"" + hitLock + "\", heldHits)\n\tc.mu.Unlock()\n"},
	} {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return err
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			changed := strings.NewReplacer(changes...).Replace(string(text))
			if changed == string(text) {
				continue
			}
			replaced[pattern]++
			if err := os.WriteFile(file, []byte(changed), 0o644); err != nil {
				return err
			}
		}
	}
	if len(replaced) != 3 {
		return fmt.Errorf("the locks are taken in another way: %v", replaced)
	}
	return os.WriteFile(filepath.Join(dir, "watch_for_bench.go"), []byte(watchSource), 0o644)
}

// holds are for how long one thread held the locks, in the processor's time: what others took of the processor meanwhile is not in it.
type holds struct {
	thread int
	of     map[string][]time.Duration
}

// clock is 0 on other threads than the one that is measured.
func (h *holds) clock() int64 {
	if unix.Gettid() != h.thread {
		return 0
	}
	return int64(cpu.OfThread())
}

func (h *holds) held(lock string, since int64) {
	if now := h.clock(); now > 0 && since > 0 {
		h.of[lock] = append(h.of[lock], time.Duration(now-since))
	}
}

// locks are those whose holds are reported.
var locks = []string{lookupLock, hitLock}

// shorter keeps of each hold the shorter one of two runs that do the same: what the machine and the garbage collection add to a hold
// comes at other holds each time.
func (h *holds) shorter(other *holds) {
	if h.of == nil {
		h.of = other.of
		return
	}
	for _, lock := range locks {
		for i, took := range other.of[lock] {
			if i < len(h.of[lock]) {
				h.of[lock][i] = min(h.of[lock][i], took)
			}
		}
	}
}

func (h *holds) report(b *testing.B) {
	b.Helper()
	for _, lock := range locks {
		all := slices.Clone(h.of[lock])
		if len(all) == 0 {
			continue
		}
		slices.Sort(all)
		for name, at := range map[string]int{"p50": len(all) / 2, "p99": len(all) * 99 / 100, "max": len(all) - 1} {
			b.ReportMetric(float64(all[at].Nanoseconds())/1000, lock+"-"+name+"-µs")
		}
		long, _ := slices.BinarySearch(all, time.Millisecond)
		b.ReportMetric(float64(len(all)-long), lock+">1ms")
	}
}

// eventBench is an interpreted plugin whose locks are watched, with users in its cache, and a Huawei that sends account events.
type eventBench struct {
	*lab
	sim   *huaweisim.Sim
	holds *holds
	users int
}

func newEventBench(b *testing.B) *eventBench {
	b.Helper()
	mux := http.DefaultServeMux
	http.DefaultServeMux = http.NewServeMux()
	b.Cleanup(func() { http.DefaultServeMux = mux })
	e := &eventBench{lab: newLab(b, watched), sim: huaweisim.New(), users: *many}
	runtime.LockOSThread()
	b.Cleanup(runtime.UnlockOSThread)
	e.holds = &holds{thread: unix.Gettid(), of: map[string][]time.Duration{}}
	b.Cleanup(e.sim.Close)
	// Under keys of the standard library, since those are the same in the interpreter.
	ctx := context.WithValue(b.Context(), http.ServerContextKey, e.holds.clock)
	ctx = context.WithValue(ctx, http.LocalAddrContextKey, e.holds.held)
	control("/watch", ctx)
	return e
}

// control calls a handler that watchSource has.
func control(path string, ctx context.Context) {
	http.DefaultServeMux.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil).WithContext(ctx))
}

func (e *eventBench) fill(b *testing.B) {
	control("/fill?users="+strconv.Itoa(e.users), b.Context())
}

// receiver is an instance that receives account events for the application's middleware.
func (e *eventBench) receiver(b *testing.B) http.Handler {
	b.Helper()
	server := httptest.NewServer(e.sim)
	b.Cleanup(server.Close)
	receiving, err := e.makes(b.Context(), backend, e.options(usual, map[string]any{
		"events": map[string]any{"path": "/events", "configURL": server.URL + huaweisim.EventConfigPath},
	}), "events@file")
	require.NoError(b, err)
	return receiving
}

func (e *eventBench) deliver(b *testing.B, receiving http.Handler, user int) {
	serial := strconv.Itoa(1e15 + user)
	req, err := e.sim.NewDelivery(b.Context(), huaweisim.Event{
		Receiver: "http://gateway.example/events", OpenID: "AQAxKp8Wm3Zt" + serial, UnionID: "AQAxQ7vR2nLd" + serial, Alg: "ES256",
	})
	require.NoError(b, err)
	rec := httptest.NewRecorder()
	receiving.ServeHTTP(rec, req)
	require.Equal(b, http.StatusOK, rec.Code)
}

// runs are how often the same is done. What counts of a hold is the shortest.
const runs = 3

// BenchmarkEvents has account events end answers in a full cache, as fast as they come, and beside it what lookups do there, with an
// index of users and without. It reports for how long the lock of lookups and that of hits is held. What is promised is that of a
// million users and 10 000 events: -test.bench Events -test.benchtime 1x -users 1000000.
func BenchmarkEvents(b *testing.B) {
	const events = 10_000
	for name, prepare := range map[string]func(*testing.B, *eventBench) (do, undo func()){
		"received": func(b *testing.B, e *eventBench) (do, undo func()) {
			e.visit(b, usual, nil)
			receiving := e.receiver(b)
			e.fill(b)
			order := rand.New(rand.NewPCG(1, 2)).Perm(e.users)
			e.deliver(b, receiving, order[e.users-1]) // the keys are asked for
			var only []string
			for _, user := range order[:events] {
				only = append(only, strconv.Itoa(user))
			}
			return func() {
				for _, user := range order[:events] {
					e.deliver(b, receiving, user)
				}
			}, func() { control("/fill?only="+strings.Join(only, ","), b.Context()) }
		},
		"lookups": func(b *testing.B, e *eventBench) (do, undo func()) { return e.lookups(b, events), func() {} },
		"lookups-indexed": func(b *testing.B, e *eventBench) (do, undo func()) {
			e.receiver(b)
			return e.lookups(b, events), func() {}
		},
		"everybody-forgotten": func(b *testing.B, e *eventBench) (do, undo func()) {
			e.receiver(b)
			e.fill(b)
			return func() { control("/everybody", b.Context()) }, func() { e.fill(b) }
		},
		"everybody-indexed": func(b *testing.B, e *eventBench) (do, undo func()) {
			e.receiver(b)
			e.fill(b)
			return func() { control("/index", b.Context()) }, func() {}
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				e := newEventBench(b)
				do, undo := prepare(b, e)
				shortest := &holds{}
				for run := range runs {
					e.holds.of = map[string][]time.Duration{}
					begin := time.Now()
					do()
					b.ReportMetric(time.Since(begin).Seconds(), "s")
					shortest.shorter(e.holds)
					if run < runs-1 {
						undo()
					}
				}
				shortest.report(b)
			}
		})
	}
}

// lookups has new users looked up.
func (e *eventBench) lookups(b *testing.B, n int) (do func()) {
	v := e.visit(b, usual, nil)
	e.fill(b)
	user := 0
	return func() {
		for range n {
			user++
			v.send("Authorization", "Bearer "+given.Token(known, user))
		}
		v.requireIdentified(b)
	}
}
