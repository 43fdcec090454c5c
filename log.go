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

	talkative bool // debug lines are written
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

		talkative: level <= slog.LevelDebug,
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

// event writes one line about something that happened n times, unless this middleware wrote one of the kind within logPause. What is
// left out is counted, and the last of it written when logPause is over: the lines and their left_out add up.
func (l *logger) event(n int64, level slog.Level, kind, message string, args ...interface{}) {
	to := l.to(level)
	ctx := context.Background()
	if !to.Enabled(ctx, level) {
		return
	}
	l.throttle.pass(l.name+" "+kind, n, func(leftOut int64) {
		if leftOut > 0 {
			args = append(args, "left_out", leftOut)
		}
		to.Log(ctx, level, message, args...)
	})
}

// detail writes one line about a token, once per token and code.
func (l *logger) detail(message, code, fingerprint string, args ...interface{}) {
	if l.talkative && l.throttle.first(l.name+" "+message+" "+code+" "+fingerprint) {
		l.plain.Log(context.Background(), slog.LevelDebug, message, append(args, "token", fingerprint)...)
	}
}

// logLanding says how a lookup ended and what the breaker made of it, where an operator would want to know.
func logLanding(l *logger, k key, f *flight, wantsPhone bool) {
	if v := f.verdict; v != nil {
		if v.identity == nil || v.identity.phone == "" || f.ruling.before > 0 {
			l.landing(k, f, wantsPhone)
		}
	}
}

func (l *logger) landing(k key, f *flight, wantsPhone bool) {
	switch {
	case f.verdict.identity != nil:
		if wantsPhone && f.verdict.identity.phone == "" {
			l.detail("identity without a phone number", "", fingerprint(k))
		}
	case f.verdict.outcome == outcomeByWhen[whenCrowded]:
		l.event(1, slog.LevelWarn, "crowded", "not asking Huawei: huawei.maxConcurrent leaves no room for another token")
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
	o := v.outcome
	if o.remembered {
		l.detail("lookup brought no identity", o.code, fingerprint(k), "code", o.code, "cause", v.cause)
		return
	}
	level := slog.LevelWarn
	if o.code == codeMisconfigured || o.code == codeMalformed {
		level = slog.LevelError
	}
	l.event(1, level, "lookup "+o.code, "lookup brought no identity", "code", o.code, "cause", v.cause, "token", fingerprint(k))
}

// redis says why the shared cache was of no use, and what to do about it.
func (l *logger) redis(op string, err error) {
	if err == nil || errors.Is(err, errRedisPaused) { // said when it was paused
		return
	}
	fault := faultOf(err)
	l.event(1, slog.LevelWarn, "redis "+fault.result, "shared cache does not serve", "op", op, "cause", err, "remedy", fault.remedy)
}

// accountEvent says that an event was obeyed, and nothing of whom it is about.
func (l *logger) accountEvent(kind string, forgotten int) {
	l.event(1, slog.LevelInfo, "event "+kind, "account event: the user's answers are forgotten", "type", kind, "answers", forgotten)
}

// wouldRefuse says that requests would have been refused.
func (l *logger) wouldRefuse(o *outcome, fingerprint string, requests int64) {
	l.event(requests, slog.LevelInfo, "would "+o.code, "would refuse", "code", o.code, "status", o.status, "token", fingerprint)
}

// refused says that a request was refused. Of tokens each has a line, so that each is found by its instance.
func (l *logger) refused(o *outcome, fingerprint string) {
	if fingerprint != "" {
		l.detail("refused", o.code, fingerprint, "code", o.code, "status", o.status)
		return
	}
	l.event(1, slog.LevelDebug, "refused "+o.code, "refused", "code", o.code, "status", o.status)
}

// onlyRefusals says that something may be wrong with the configuration, and what Huawei said last.
func (l *logger) onlyRefusals(o *outcome, cause string) {
	l.say(slog.LevelWarn, "no identity since the start, and many tokens refused: see whether audience.clientIDs and the apps' tokens go together",
		"refused", manyRefusals, "code", o.code, "cause", cause)
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
	since func(time.Time) time.Duration           // time.Since but in tests
	after func(time.Duration, func()) *time.Timer // time.AfterFunc but in tests

	mu     sync.Mutex
	kinds  map[string]*lastLine
	tokens map[string]bool // lines about tokens that were written
}

type lastLine struct {
	at      time.Duration // since epoch
	leftOut int64
	write   func(leftOut int64) // the last that was left out
}

func newThrottle() *throttle {
	return &throttle{since: time.Since, after: time.AfterFunc, kinds: map[string]*lastLine{}, tokens: map[string]bool{}}
}

// pass writes a line about n events now, if none of its kind was within logPause. Else it counts them, and the last such line
// is written when logPause is over.
func (t *throttle) pass(kind string, n int64, write func(leftOut int64)) {
	if leftOut, ok := t.take(kind, n, write); ok {
		write(leftOut)
	}
}

func (t *throttle) take(kind string, n int64, write func(leftOut int64)) (leftOut int64, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.since(epoch)
	last := t.kinds[kind]
	if last == nil {
		if len(t.kinds) >= maxKinds {
			t.kinds = map[string]*lastLine{}
		}
		t.kinds[kind] = &lastLine{at: now}
		return n - 1, true
	}
	if pause := logPause - (now - last.at); pause > 0 {
		if last.leftOut == 0 {
			t.after(pause, func() { t.flush(last) })
		}
		last.leftOut += n
		last.write = write
		return 0, false
	}
	leftOut = last.leftOut + n - 1
	last.at, last.leftOut = now, 0
	return leftOut, true
}

// flush writes the last line that was left out, unless another has told of it.
func (t *throttle) flush(last *lastLine) {
	defer recovered()
	if write, leftOut := t.takeLast(last); write != nil {
		write(leftOut)
	}
}

func (t *throttle) takeLast(last *lastLine) (write func(leftOut int64), leftOut int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.since(epoch)
	if last.leftOut == 0 || now-last.at < logPause {
		return nil, 0
	}
	write, leftOut = last.write, last.leftOut-1
	last.at, last.leftOut = now, 0
	return write, leftOut
}

// first tells whether a line is the first of its kind. Past maxKinds, it starts anew.
func (t *throttle) first(kind string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.tokens[kind] {
		return false
	}
	if len(t.tokens) >= maxKinds {
		t.tokens = map[string]bool{}
	}
	t.tokens[kind] = true
	return true
}
