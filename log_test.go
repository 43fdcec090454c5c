package huaweiid

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// record puts a logger in the place of another, and returns where its lines go.
func record(l **slog.Logger) *strings.Builder {
	lines := &strings.Builder{}
	*l = slog.New(slog.NewTextHandler(lines, &slog.HandlerOptions{ReplaceAttr: lineAttr}))
	return lines
}

func TestLog_warnsWhereHuaweiRejectsThisHostAndNotWhereItRefusesAToken(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.LogLevel = "debug" })
	lines := record(&r.log.urgent)
	r.requireRefused(r.ask("expired/1"), codeTokenInvalid)
	r.requireRefused(r.ask("nsp/403/1"), codePermissionDenied)
	require.Empty(t, lines.String())

	r.sim.SetFaults(huaweisim.Fault{Kind: "http", Status: 403})
	r.requireRefused(r.ask("mainland/1"), codePermissionDenied)
	require.Contains(t, lines.String(), `level=warn msg="lookup brought no identity" code=permission_denied cause="getInfo: HTTP 403" token=`)
}

func TestLog_theEndOfAnOutageIsAsUrgentAsItsBeginning(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	lines := record(&r.log.urgent)
	r.sim.SetFaults(down(""))
	for n := 0; n < failuresToOpen; n++ {
		r.ask("mainland/" + strconv.Itoa(n))
	}
	require.Contains(t, lines.String(), `level=warn msg="not asking Huawei for a while: lookups fail" pause=5s`)
	require.NotContains(t, lines.String(), "asking Huawei again")

	r.sim.SetFaults()
	r.clock.advance(shortestPause + probePriority)
	r.requireUser(r.ask("mainland/1"), "mainland/1", fromHuawei)
	require.Contains(t, lines.String(), `level=warn msg="asking Huawei again"`)
}

// An outage that begins anew within ten seconds is no repetition.
func TestLog_theLastLineSaysWhetherHuaweiIsAsked(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	lines := record(&r.log.urgent)
	for n := 0; n < 3; n++ {
		r.sim.SetFaults(huaweisim.Fault{Kind: "http", Status: 429, RetryAfter: "1"})
		r.ask("mainland/" + strconv.Itoa(n))
		r.ask("mainland/other" + strconv.Itoa(n))
		require.Equal(t, n+1, strings.Count(lines.String(), "not asking Huawei for a while"))
		r.sim.SetFaults()
		r.clock.advance(time.Second + probePriority)
		r.ask("mainland/" + strconv.Itoa(n))
		require.Equal(t, n+1, strings.Count(lines.String(), "asking Huawei again"))
	}
}

func TestLog_saysThatTooManyLookupsAreUnderWay(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.Huawei.MaxConcurrent, c.Huawei.Timeout = "1", "30s" })
	lines := record(&r.log.urgent)
	r.sim.SetFaults(huaweisim.Fault{Kind: "hang"})
	done := make(chan answer)
	go func() { done <- r.resolve("mainland/1", addressOf("mainland/1")) }()
	eventually(t, func() bool { return r.inside() == 1 })
	require.Empty(t, lines.String())

	a := r.resolve("mainland/2", addressOf("mainland/2"))
	r.requireRefused(a, codeOverloaded)
	require.Equal(t, time.Second, a.retryAfter)
	require.Contains(t, lines.String(), `level=warn msg="not asking Huawei: huawei.maxConcurrent leaves no room for another token"`)

	r.sim.SetFaults()
	r.requireUser(<-done, "mainland/1", fromHuawei)
}

func newTestThrottle() (*throttle, *clock) {
	c := &clock{now: time.Hour}
	t := newThrottle()
	t.since = c.since
	return t, c
}

func TestThrottle_oneLineOfAKindInTenSecondsWithTheCountLeftOut(t *testing.T) {
	t.Parallel()
	th, c := newTestThrottle()
	_, ok := th.pass("timeout")
	require.True(t, ok)
	for n := 0; n < 7; n++ {
		c.advance(time.Second)
		_, ok = th.pass("timeout")
		require.False(t, ok)
	}
	_, ok = th.pass("another kind")
	require.True(t, ok)
	c.advance(3 * time.Second)
	leftOut, ok := th.pass("timeout")
	require.True(t, ok)
	require.Equal(t, 7, leftOut)
	c.advance(10 * time.Second)
	leftOut, ok = th.pass("timeout")
	require.True(t, ok)
	require.Zero(t, leftOut)
}

func TestThrottle_isBounded(t *testing.T) {
	t.Parallel()
	th, _ := newTestThrottle()
	for n := 0; n < 3*maxKinds; n++ {
		th.pass(fmt.Sprint(n))
	}
	require.LessOrEqual(t, len(th.kinds), maxKinds)
}
