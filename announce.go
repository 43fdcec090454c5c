package huaweiid

import (
	"log/slog"
	"strconv"
	"strings"
	"time"
)

// The line at start: what an instance enforces, and what it leaves open.

// announce says it once per middleware and set of options, not on every reload.
func (l *logger) announce(s *settings) {
	enforced := s.describe()
	if !l.throttle.first(l.name + " " + enforced) {
		return
	}
	l.event(slog.LevelInfo, "start "+enforced, "ready: "+enforced)
	if len(s.upstream.clientIDs) == 0 {
		l.event(slog.LevelWarn, "any app", "audience.clientIDs is empty: the token of ANY Huawei app is accepted, so the "+
			"owner of another app can act here as that app's users; list your own apps' client IDs")
	}
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
	parts = append(parts, strings.Join(headers, ", "))
	if s.phoneRequired {
		parts = append(parts, "phone required")
	}
	if n := len(s.upstream.clientIDs); n > 0 {
		parts = append(parts, "tokens of "+strconv.Itoa(n)+" app(s)")
	} else {
		parts = append(parts, "tokens of any app")
	}
	parts = append(parts, "answers kept "+s.upstream.ttl.String()+" and "+s.upstream.staleIfError.String()+" past that while Huawei fails",
		"lookups within "+s.upstream.timeout.Round(time.Millisecond).String())
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
