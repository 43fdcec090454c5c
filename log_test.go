package huaweiid

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// record puts a logger in the place of another, and returns where its lines go.
func record(l **slog.Logger) *recording {
	lines := &recording{}
	*l = slog.New(slog.NewTextHandler(lines, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: lineAttr}))
	return lines
}

// recording is written by lookups beside their requests, too.
type recording struct {
	mu   sync.Mutex
	text strings.Builder
}

func (r *recording) Write(line []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(line)
}

func (r *recording) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
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

// lateThrottle is on a clock that stands still, with timers that fire when they are told to.
type lateThrottle struct {
	*throttle
	clock *clock
	due   []func()
	lines []int64 // what each line left out
}

func newLateThrottle() *lateThrottle {
	l := &lateThrottle{throttle: newThrottle(), clock: &clock{now: time.Hour}}
	l.since = l.clock.since
	l.after = func(_ time.Duration, f func()) *time.Timer {
		l.due = append(l.due, f)
		return nil
	}
	return l
}

func (l *lateThrottle) happens(n int64, kind string) {
	l.pass(kind, n, func(leftOut int64) { l.lines = append(l.lines, leftOut) })
}

// fire has the timers fire that there are, each once.
func (l *lateThrottle) fire() {
	due := l.due
	l.due = nil
	for _, f := range due {
		f()
	}
}

func TestThrottle_countsAddUpAndTheLastComesByATimer(t *testing.T) {
	t.Parallel()
	l := newLateThrottle()
	var happened int64
	for n := 0; n < 25; n++ {
		l.happens(2, "timeout")
		happened += 2
		l.clock.advance(time.Second)
		if n%10 == 9 {
			l.fire()
		}
	}
	require.Len(t, l.due, 1, "one timer at a time")
	l.clock.advance(logPause)
	l.fire()
	require.Empty(t, l.due, "it ends")

	var told int64
	for _, leftOut := range l.lines {
		told += 1 + leftOut
	}
	require.Equal(t, happened, told)
	require.LessOrEqual(t, len(l.lines), 4, "one line in ten seconds")
	l.clock.advance(time.Hour)
	l.fire()
	require.Equal(t, happened, told)
}

func TestThrottle_kindsDoNotKeepEachOtherOut(t *testing.T) {
	t.Parallel()
	l := newLateThrottle()
	l.happens(1, "timeout")
	l.happens(1, "another kind")
	require.Equal(t, []int64{0, 0}, l.lines)
}

func TestThrottle_aTimerWhoseLineCameBeforeWritesNothing(t *testing.T) {
	t.Parallel()
	l := newLateThrottle()
	l.happens(1, "timeout")
	l.happens(1, "timeout")
	l.clock.advance(logPause)
	l.happens(1, "timeout") // tells of the one before
	l.fire()
	require.Equal(t, []int64{0, 1}, l.lines)
}

func TestThrottle_aPanicInALateLineEndsThere(t *testing.T) {
	t.Parallel()
	l := newLateThrottle()
	l.happens(1, "timeout")
	l.pass("timeout", 1, func(int64) { panic("a line") })
	l.clock.advance(logPause)
	require.NotPanics(t, l.fire)
}

func TestThrottle_isBounded(t *testing.T) {
	t.Parallel()
	l := newLateThrottle()
	for n := 0; n < 3*maxKinds; n++ {
		l.happens(1, fmt.Sprint(n))
		l.first(fmt.Sprint(n))
	}
	require.LessOrEqual(t, len(l.kinds), maxKinds)
	require.LessOrEqual(t, len(l.tokens), maxKinds)
}

func TestLog_atDebugEveryTokensRefusalHasALine(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.LogLevel = "debug" })
	lines := record(&r.log.plain)
	o := outcomeByWhen[whenExpired]
	for n := 0; n < 100; n++ {
		for again := 0; again < 3; again++ {
			r.log.refused(o, fmt.Sprintf("%08x", n))
		}
	}
	require.Equal(t, 100, strings.Count(lines.String(), "msg=refused"))
	require.Contains(t, lines.String(), "token=00000063")
}

func TestLog_aboveDebugAMillionRefusalsAreFewLines(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	lines := record(&r.log.plain)
	for n := 0; n < 100_000; n++ {
		r.log.refused(outcomeByWhen[whenExpired], fmt.Sprintf("%08x", n))
		r.log.wouldRefuse(outcomeByWhen[whenExpired], fmt.Sprintf("%08x", n), 1)
	}
	require.Equal(t, 1, strings.Count(lines.String(), "\n"))
}

func TestLog_saysAtDebugThatAnIdentityHasNoPhone(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.LogLevel = "debug" })
	lines := record(&r.log.plain)
	r.ask("mainland/1")
	require.Empty(t, lines.String())
	r.ask("nophone/1")
	require.Contains(t, lines.String(), `level=debug msg="identity without a phone number" token=`+fingerprint(keyOf(r.upstream, "nophone/1")))
}
