package huaweiid

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// Logs: one line per event, through the two writers that Traefik gives a plugin. There is no third: what fmt prints
// becomes a DEBUG line of Traefik's log and what package log prints an ERROR line, so level= says what it really is.
//
// Never a token, phone number, OpenID or secret; a token is named by its fingerprint.

// logger writes a middleware instance's lines.
type logger struct {
	plain    *slog.Logger // info and debug
	urgent   *slog.Logger // warn and error
	name     string       // the middleware's
	throttle *throttle
}

// logLevels are the values of logLevel.
var logLevels = map[string]slog.Level{
	"debug": slog.LevelDebug,
	"info":  slog.LevelInfo,
	"warn":  slog.LevelWarn,
	"error": slog.LevelError,
}

func newLogger(middleware string, level slog.Level, t *throttle) *logger {
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: lineAttr}
	var plain io.Writer = printer{}
	return &logger{
		plain:    slog.New(slog.NewTextHandler(plain, options)).With("middleware", middleware),
		urgent:   slog.New(slog.NewTextHandler(log.Writer(), options)).With("middleware", middleware),
		name:     middleware,
		throttle: t,
	}
}

// to is where lines of a level go.
func (l *logger) to(level slog.Level) *slog.Logger {
	if level >= slog.LevelWarn {
		return l.urgent
	}
	return l.plain
}

// say writes one line, of what may have changed back within logPause, too: the last one has to be what holds.
func (l *logger) say(level slog.Level, message string, args ...interface{}) {
	l.to(level).Log(context.Background(), level, message, args...)
}

// event writes one line, unless this middleware wrote one of the kind within logPause.
func (l *logger) event(level slog.Level, kind, message string, args ...interface{}) {
	to := l.to(level)
	ctx := context.Background()
	if !to.Enabled(ctx, level) {
		return
	}
	leftOut, ok := l.throttle.pass(l.name + " " + kind)
	if !ok {
		return
	}
	if leftOut > 0 {
		args = append(args, "left_out", leftOut)
	}
	to.Log(ctx, level, message, args...)
}

// landing says how a lookup ended and what the breaker made of it, where an operator would want to know.
func (l *logger) landing(k key, f *flight) {
	if f.verdict == nil {
		return
	}
	switch {
	case f.verdict.outcome == outcomeByWhen[whenCrowded]:
		l.event(slog.LevelWarn, "crowded", "not asking Huawei: huawei.maxConcurrent leaves no room for another token")
	case f.verdict.outcome != nil && f.verdict.outcome != outcomeByWhen[whenPaused]:
		l.lookup(k, f.verdict)
	}
	r := f.ruling
	if r.lonely {
		l.say(slog.LevelWarn, "lookups fail, all for one client address: a proxy in front of Traefik that is not listed in "+
			"forwardedHeaders.trustedIPs hides the clients, and the breaker cannot tell an outage from one client's bad tokens")
	}
	// The breaker's pauses keep these lines apart by a second at least.
	if r.after > r.before {
		l.say(slog.LevelWarn, "not asking Huawei for a while: lookups fail", "pause", r.after)
	}
	if r.after < r.before {
		// As urgent as what it ends, since an info line is out of sight where Traefik's log shows errors only.
		l.say(slog.LevelWarn, "asking Huawei again")
	}
}

// lookup says why a lookup brought no identity. What is remembered is a verdict on the token, and no more than that; an HTTP 403
// is one on this host.
func (l *logger) lookup(k key, v *verdict) {
	level := slog.LevelWarn
	switch {
	case v.outcome.remembered:
		level = slog.LevelDebug
	case v.outcome.code == codeMisconfigured || v.outcome.code == codeMalformed:
		level = slog.LevelError
	}
	l.event(level, "lookup "+level.String()+" "+v.outcome.code, "lookup brought no identity", "code", v.outcome.code, "cause", v.cause,
		"token", fingerprint(k))
}

// redis says why the shared cache was of no use, and what to do about it.
func (l *logger) redis(op string, err error) {
	if err == nil || errors.Is(err, errRedisPaused) { // said when it was paused
		return
	}
	fault := faultOf(err)
	l.event(slog.LevelWarn, "redis "+fault.result, "shared cache does not serve", "op", op, "cause", err, "remedy", fault.remedy)
}

// accountEvent says that an event was obeyed, and nothing of whom it is about.
func (l *logger) accountEvent(kind string, forgotten int) {
	l.event(slog.LevelInfo, "event "+kind, "account event: the user's answers are forgotten", "type", kind, "answers", forgotten)
}

// refusal says that a request was refused, or in report mode that it would have been.
func (l *logger) refusal(o *outcome, fingerprint string, report bool) {
	if report {
		l.event(slog.LevelInfo, "would "+o.code, "would refuse", "code", o.code, "status", o.status, "token", fingerprint)
		return
	}
	l.event(slog.LevelDebug, "refused "+o.code, "refused", "code", o.code, "status", o.status, "token", fingerprint)
}

// printer writes with fmt, which the interpreter directs into Traefik's log.
type printer struct{}

func (printer) Write(line []byte) (int, error) { return fmt.Print(string(line)) }

// lineAttr leaves the time to Traefik and writes levels as the logLevel option does.
func lineAttr(_ []string, a slog.Attr) slog.Attr {
	switch a.Key {
	case slog.TimeKey:
		return slog.Attr{}
	case slog.LevelKey:
		return slog.String(slog.LevelKey, strings.ToLower(a.Value.String()))
	}
	return a
}

// fingerprint names a token in logs and refusals: the first eight hex digits of its key.
func fingerprint(k key) string { return hex.EncodeToString(k[:4]) }

// logPause is the least time between two lines of one kind.
const logPause = 10 * time.Second

// maxKinds bounds the kinds that a throttle tells apart, middlewares times codes. Past it, it starts anew.
const maxKinds = 10_000

// throttle lets one line of a kind through per logPause and counts the others, so that an outage does not drown the log.
type throttle struct {
	since func(time.Time) time.Duration // time.Since but in tests

	mu    sync.Mutex
	kinds map[string]*lastLine
}

type lastLine struct {
	at      time.Duration // since epoch
	leftOut int
}

func newThrottle() *throttle {
	return &throttle{since: time.Since, kinds: map[string]*lastLine{}}
}

// pass tells whether a line may be written, and how many of its kind were not since the last.
func (t *throttle) pass(kind string) (leftOut int, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.since(epoch)
	last := t.kinds[kind]
	if last == nil {
		if len(t.kinds) >= maxKinds {
			t.kinds = map[string]*lastLine{}
		}
		t.kinds[kind] = &lastLine{at: now}
		return 0, true
	}
	if now-last.at < logPause {
		last.leftOut++
		return 0, false
	}
	leftOut = last.leftOut
	last.at, last.leftOut = now, 0
	return leftOut, true
}
