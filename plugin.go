// Package huaweiid is a Traefik middleware plugin that turns a Huawei ID access token into identity headers, so that
// backends which know nothing of Huawei know who asks: X-User-OpenID, X-User-UnionID and X-User-Phone.
//
// It runs interpreted, by Yaegi v0.16.1 in Traefik's process. That shapes the code: std does the work, statements are
// few, and what the interpreter gets wrong is not used (e2e/traps refuses it).
package huaweiid

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// plugin is one instance of the middleware: one router's use of one configuration.
type plugin struct {
	next           http.Handler
	mode           string
	realm          string
	allowPreflight bool
	source         tokenSource
	removeToken    bool
	guard          guard
	headers        []string // in the order of headerOptions
	phoneFormat    string
	phoneRequired  bool
	upstream       *upstream
	debugHeader    bool
	log            *logger
}

var errPanic = errors.New("panic while making the middleware")

// New makes an instance for a router. It does no network I/O and never panics: a panic here would end Traefik's
// configuration loop, and no later configuration would be applied. The error names everything that is wrong.
func New(ctx context.Context, next http.Handler, config *Config, name string) (handler http.Handler, err error) {
	defer func() {
		if r := recover(); r != nil {
			handler, err = nil, fmt.Errorf("%w: %v", errPanic, r)
		}
	}()
	if config == nil {
		config = CreateConfig()
	}
	s, err := config.check()
	if err != nil {
		return nil, err
	}
	u := upstreams.acquire(ctx, s.upstream)
	p := &plugin{
		next:           next,
		mode:           s.mode,
		realm:          s.realm,
		allowPreflight: s.allowPreflight,
		source:         s.token,
		removeToken:    s.removeToken,
		guard:          newGuard(s.headers),
		headers:        s.headers,
		phoneFormat:    s.phoneFormat,
		phoneRequired:  s.phoneRequired,
		upstream:       u,
		debugHeader:    s.debugHeader,
		log:            newLogger(name, s.logLevel, u.throttle),
	}
	p.log.announce(s)
	return p, nil
}

// ServeHTTP is a request's way: strip, read the token, resolve it, enrich and forward or refuse.
func (p *plugin) ServeHTTP(rw http.ResponseWriter, req *http.Request) {
	p.guard.strip(req.Header)
	if req.ContentLength < 0 || req.Trailer != nil {
		req = withoutTrailers(req)
	}
	if p.allowPreflight && isPreflight(req) {
		p.forwardAnonymous(rw, req, statusAnonymous)
		return
	}

	tokens, where := p.source.find(req)
	if len(tokens) == 0 {
		if p.mode == modeOptional {
			p.forwardAnonymous(rw, req, statusAnonymous)
			return
		}
		p.reject(rw, req, outcomeByWhen[whenNoToken], 0, "")
		return
	}
	token := tokens[0]
	if p.removeToken {
		req = p.source.without(req, where)
	}
	k := p.upstream.keyOf(token)
	if len(tokens) > 1 {
		p.reject(rw, req, outcomeByWhen[whenRepeated], 0, fingerprint(k))
		return
	}
	if !isToken(token) {
		p.reject(rw, req, outcomeByWhen[whenUnfitToken], 0, fingerprint(k))
		return
	}

	a := p.upstream.resolve(k, token, p.log)
	if p.debugHeader {
		rw.Header().Add("Cache-Status", a.cacheStatus())
	}
	if a.outcome != nil {
		p.reject(rw, req, a.outcome, a.retryAfter, fingerprint(k))
		return
	}
	if p.phoneRequired && a.identity.phone(p.phoneFormat) == "" {
		p.reject(rw, req, outcomeByWhen[whenPhoneRequired], 0, fingerprint(k))
		return
	}
	status := statusVerified
	if a.from == fromStale {
		status = statusStale
	}
	p.enrich(req.Header, a.identity, status)
	p.next.ServeHTTP(rw, req)
}

// isPreflight tells a CORS preflight from other OPTIONS requests, as the Fetch standard does.
func isPreflight(req *http.Request) bool {
	return req.Method == http.MethodOptions && len(req.Header["Origin"]) > 0 &&
		len(req.Header["Access-Control-Request-Method"]) > 0
}

// forwardAnonymous forwards without an identity.
func (p *plugin) forwardAnonymous(rw http.ResponseWriter, req *http.Request, status string) {
	p.set(req.Header, p.headers[statusHeader], status)
	p.next.ServeHTTP(rw, req)
}

// reject refuses, or in report mode says that it would have and forwards.
func (p *plugin) reject(rw http.ResponseWriter, req *http.Request, o *outcome, retryAfter time.Duration, fingerprint string) {
	p.log.refusal(o, fingerprint, p.mode == modeReport)
	if p.mode == modeReport {
		p.forwardAnonymous(rw, req, o.code)
		return
	}
	p.refuse(rw, req, o, retryAfter, fingerprint)
}
