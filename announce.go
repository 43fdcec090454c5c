package huaweiid

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The line at start: what an instance enforces, and what it leaves open.

// announcements has what each middleware said last. New runs for every router on every configuration change, most of which change
// nothing for most middlewares.
type announcements struct {
	mu   sync.Mutex
	last map[string]string
}

var announced = &announcements{last: map[string]string{}}

// isNews tells whether a middleware says something else than the last time, and remembers it.
func (a *announcements) isNews(middleware, text string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.last[middleware] == text {
		return false
	}
	if len(a.last) >= maxKinds {
		a.last = map[string]string{}
	}
	a.last[middleware] = text
	return true
}

// announce says it where anything has changed since the middleware said it last, so that the log's last such line is what holds.
func (l *logger) announce(s *settings) {
	enforced := s.describe()
	if !announced.isNews(l.name, enforced+s.undescribed()) {
		return
	}
	l.say(slog.LevelInfo, "ready: "+enforced)
	if len(s.upstream.clientIDs) == 0 {
		l.say(slog.LevelWarn, "audience.clientIDs is empty: the token of ANY Huawei app is accepted, so the "+
			"owner of another app can act here as that app's users; list your own apps' client IDs")
	}
}

// undescribed differs where describe does not say all. It has no value that could be secret either.
func (s *settings) undescribed() string {
	return fmt.Sprint(s.realm, s.allowPreflight, s.removeToken, s.phoneFormat, s.debugHeader, s.logLevel, s.upstream.key())
}

// describe has no value that could be secret.
func (s *settings) describe() string {
	var parts []string
	parts = append(parts, "mode "+s.mode)
	parts = append(parts, "token from "+s.token.describe())
	var headers []string
	for i, name := range s.headers {
		if name != "" {
			headers = append(headers, headerOptions[i]+" in "+name)
		}
	}
	if len(headers) > 0 {
		parts = append(parts, strings.Join(headers, ", "))
	} else {
		parts = append(parts, "no identity headers")
	}
	if s.phoneRequired {
		parts = append(parts, "phone required")
	}
	if n := len(s.upstream.clientIDs); n > 0 {
		parts = append(parts, "tokens of "+strconv.Itoa(n)+" app(s)")
	} else {
		parts = append(parts, "tokens of any app")
	}
	if s.upstream.ttl > 0 {
		parts = append(parts, "answers kept "+s.upstream.ttl.String()+" and "+s.upstream.staleIfError.String()+" past that while Huawei fails")
	} else {
		parts = append(parts, "answers not kept")
	}
	parts = append(parts, "lookups within "+s.upstream.timeout.Round(time.Millisecond).String())
	return strings.Join(parts, "; ")
}

// describe names the sources in their order.
func (s tokenSource) describe() string {
	var sources []string
	if s.header != "" {
		sources = append(sources, strings.TrimSpace("header "+s.header+" "+s.scheme))
	}
	if s.cookie != "" {
		sources = append(sources, "cookie "+s.cookie)
	}
	if s.query != "" {
		sources = append(sources, "query "+s.query)
	}
	return strings.Join(sources, ", then ")
}
