package main

import (
	"context"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/valyala/fasthttp"
	"github.com/valyala/fasthttp/fasthttputil"

	"github.com/traefik-huaweiid/huaweiid/e2e/bench/given"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// TestMain is one of the services where this program is started as such.
func TestMain(m *testing.M) {
	serveIfAsked()
	os.Exit(m.Run())
}

func TestBench_takesEveryFigureOfEveryRouteAndOfReloads(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells the CPU time of another process")
	}
	ctx := context.Background()
	routes, leftOut := withWhatIsThere(routes)
	sayLeftOut(os.Stderr, leftOut)
	s, err := startStack(ctx, routes)
	require.NoError(t, err)
	defer func() { assert.NoError(t, s.stop()) }()
	for _, h := range s.huawei {
		assert.NotEqual(t, os.Getpid(), h.cmd.Process.Pid, "what stays within one process takes less time than what Traefik has to send")
	}
	o := options{rounds: 1, slice: 200 * time.Millisecond, connections: 2, reloads: 1}
	m, err := s.bench(ctx, routes, o)
	require.NoError(t, err)

	for _, r := range routes {
		for _, f := range []figure{perSecond, traefikCPU, authCPU, restCPU, idle, halfWithin} {
			assert.Len(t, m[r.name][f], 1, "%s: %s", r.name, f)
		}
		assert.Positive(t, m[r.name][halfWithin][0])
		if r.pause > 0 {
			assert.Empty(t, m[r.name][mostWithin], "a p99 of a few requests")
		}
	}
	for _, f := range []figure{reloadCPU, reloadMemory, reloadHeap} {
		assert.Positive(t, m["reload"][f][0], f)
	}
	var report strings.Builder
	m.report(&report, routes, o)
	t.Log(report.String())
	for _, c := range comparisons {
		missing := slices.ContainsFunc(c.of, func(name string) bool { return slices.Contains(leftOut, name) })
		assert.Equal(t, !missing, strings.Contains(report.String(), c.says), c.says)
	}
}

func TestInTurn_hasEveryRouteOnceAndThoseThatAreComparedNearEachOther(t *testing.T) {
	orders := map[string]bool{}
	for round := range 10 {
		var names []string
		for i, r := range inTurn(routes, round) {
			names = append(names, r.name)
			assert.Equal(t, routes[i].alone, r.alone, "%v", names)
		}
		orders[strings.Join(names, " ")] = true
		for _, r := range routes {
			assert.Contains(t, names, r.name)
		}
	}
	assert.Len(t, orders, 10)
}

func TestChoose_takesKnownNamesOnly(t *testing.T) {
	chosen, err := choose([]string{"empty", "none"})
	require.NoError(t, err)
	require.Len(t, chosen, 2)
	assert.Equal(t, "none", chosen[0].name, "in the table's order")
	_, err = choose([]string{"none", "nnoe"})
	assert.Error(t, err)
	chosen, err = choose(nil)
	require.NoError(t, err)
	assert.Len(t, chosen, len(routes))
}

func TestComparison_isMetByTheMedianOfTheRounds(t *testing.T) {
	m := measurements{}
	for _, cpu := range [][2]float64{{10, 11}, {100, 119}, {10, 30}} {
		m.add("empty", map[figure]float64{traefikCPU: cpu[0]})
		m.add("hit", map[figure]float64{traefikCPU: cpu[1]})
	}
	var report strings.Builder
	m.reportComparisons(&report)
	assert.Contains(t, report.String(), "1.19 (1.10–3.00)")
	assert.Contains(t, report.String(), "target ≤ 1.20: met")
	assert.NotContains(t, report.String(), "ForwardAuth", "which was not measured")

	_, ok := comparison{atLeast: 2}.verdict(1.99)
	assert.False(t, ok)
	assert.Equal(t, "2 (1–4)", spread([]float64{9, 1, 1, 3, 4, 2, 1.5}, 0))
	assert.Equal(t, 2.5, median([]float64{2, 3}))
}

// A miss is one because no other visitor has had its token.
func TestVisitor_hasANewTokenEachTimeWhereThatIsToBe(t *testing.T) {
	var bodies, tokens []string
	listener := fasthttputil.NewInmemoryListener()
	defer listener.Close()
	go func() {
		_ = fasthttp.Serve(listener, func(ctx *fasthttp.RequestCtx) {
			tokens = append(tokens, strings.TrimPrefix(string(ctx.Request.Header.Peek("Authorization")), "Bearer "))
			bodies = append(bodies, string(ctx.PostArgs().Peek("access_token")))
		})
	}()
	client := newClient("")
	client.Dial = func(string) (net.Conn, error) { return listener.Dial() }
	visit := route{fresh: true}.visitor(client, 0)
	require.NoError(t, visit())
	require.NoError(t, visit())
	assert.NotEqual(t, tokens[0], tokens[1])
	assert.Len(t, tokens[1], given.TokenLength)
	_, ok := huaweisim.UserOf(tokens[1])
	assert.True(t, ok)

	require.NoError(t, route{fresh: true, straight: true}.visitor(client, 0)())
	require.Len(t, bodies, 4)
	assert.Equal(t, bodies[2], bodies[3], "an exchange is both calls about one token")
	assert.NotEqual(t, tokens[1], bodies[2])

	require.Error(t, route{refused: true}.visitor(client, 0)(), "a status that is not expected")
}
