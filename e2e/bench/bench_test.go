package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/bench/visitors"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// TestMain is one of the services where this program is started as such.
func TestMain(m *testing.M) {
	if service, ok := serviceAsked(); ok {
		if err := serveFor(service, os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestBench_takesEveryFigureOfEveryRoute(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells the CPU time of another process")
	}
	ctx := context.Background()
	s, err := startStack(ctx, routes)
	require.NoError(t, err)
	defer func() { assert.NoError(t, s.stop()) }()
	for _, h := range s.huawei {
		assert.NotEqual(t, os.Getpid(), h.cmd.Process.Pid, "what stays within one process takes less time than what Traefik has to send")
	}
	for _, r := range routes {
		require.NoError(t, s.rehearse(r), r.name)
	}
	o := options{rounds: 1, slice: 200 * time.Millisecond, connections: 2}
	m, err := s.measure(ctx, routes, o)
	require.NoError(t, err)

	for _, r := range routes {
		for _, f := range []figure{perSecond, traefikCPU, authCPU, restCPU, idle, halfWithin} {
			assert.Len(t, m[r.name][f], 1, r.name)
		}
		if r.pause > 0 {
			assert.Empty(t, m[r.name][mostWithin], "a p99 of a few requests")
		}
		assert.Positive(t, m[r.name][halfWithin][0])
	}
	var report strings.Builder
	m.report(&report, routes, o)
	for _, c := range comparisons {
		assert.Contains(t, report.String(), c.says)
	}
}

func TestInTurn_hasEveryRouteOnceAndThoseThatAreComparedNearEachOther(t *testing.T) {
	orders := map[string]bool{}
	for round := range 10 {
		turns := inTurn(routes, round)
		assert.Len(t, turns, len(routes))
		names := map[string]bool{}
		var order []string
		for i, r := range turns {
			names[r.name] = true
			order = append(order, r.name)
			assert.False(t, i > 0 && turns[i-1].alone && !r.alone, "%v", order)
		}
		assert.Len(t, names, len(routes))
		orders[strings.Join(order, " ")] = true
	}
	assert.Len(t, orders, 10)
}

func TestChoose_takesKnownNamesOnly(t *testing.T) {
	chosen, err := choose([]string{"empty", " none"})
	require.NoError(t, err)
	require.Len(t, chosen, 2)
	assert.Equal(t, routeNone, chosen[0].name, "in the table's order")
	_, err = choose([]string{"none", "nnoe"})
	assert.ErrorIs(t, err, errUnknownRoute)
	chosen, err = choose(nil)
	require.NoError(t, err)
	assert.Equal(t, routes, chosen)
}

func TestComparison_isMetByTheMedianOfTheRounds(t *testing.T) {
	m := measurements{}
	for _, cpu := range [][2]float64{{10, 11}, {100, 119}, {10, 30}} {
		m.add(routeEmpty, map[figure]float64{traefikCPU: cpu[0]})
		m.add(routeHit, map[figure]float64{traefikCPU: cpu[1]})
	}
	var report strings.Builder
	m.reportRatios(&report)
	assert.Contains(t, report.String(), "1.19 (1.10–3.00)")
	assert.Contains(t, report.String(), "target ≤ 1.20: met")
	assert.NotContains(t, report.String(), "ForwardAuth", "which was not measured")

	_, ok := comparison{atLeast: 2}.verdict(1.99)
	assert.False(t, ok)
}

func TestStranger_hasANewTokenEachTime(t *testing.T) {
	for _, r := range routes {
		if !r.fresh {
			continue
		}
		next := r.visitor()(0)
		first := fmt.Sprintf("%s", next())
		second := fmt.Sprintf("%s", next())
		assert.NotEqual(t, first, second)
		assert.Len(t, second, len(first))
		if r.straight {
			assert.Contains(t, second, "access_token=mainland%2F")
			continue
		}
		_, rest, _ := strings.Cut(second, "Bearer ")
		token, _, _ := strings.Cut(rest, "\r")
		assert.Len(t, token, visitors.TokenLength)
		_, ok := huaweisim.UserOf(token)
		assert.True(t, ok)
	}
}
