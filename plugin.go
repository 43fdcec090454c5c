// Package huaweiid is a Traefik middleware plugin that turns a Huawei ID access token into identity headers, so that
// backends which know nothing of Huawei know who asks: X-User-OpenID, X-User-UnionID and X-User-Phone.
//
// It runs interpreted, by Yaegi v0.16.1 in Traefik's process. That shapes the code: std does the work, statements are
// few, and what the interpreter gets wrong is not used (e2e/traps refuses it).
package huaweiid

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"
)

// plugin is one instance of the middleware: one router's use of one configuration.
type plugin struct {
	next           http.Handler
	mode           string
	challenge      string // of WWW-Authenticate: the scheme and the realm
	verbose        bool   // refusals are logged
	allowPreflight bool
	source         tokenSource
	removeToken    bool
	guard          *guard
	enricher       *enricher
	phoneColumn    int // of the identity: where phone.format finds its value
	phoneRequired  bool
	upstream       *upstream
	debugHeader    bool
	log            *logger

	// What the fast way needs, laid out flat: every step from struct to struct costs the interpreter allocations.
	header   string // that carries the token; "" where a hit asks for more than an identity, so that there is no fast way
	plain    bool   // the identity goes into three headers as it is
	prefix   string // the scheme and a space
	salt     string
	mu       *sync.Mutex // the upstream's
	good     map[key]*entry
	since    func(time.Time) time.Duration
	ordinary map[string]bool
	openID   string
	unionID  string
	phone    string
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
		challenge:      "Bearer realm=" + quoted(s.realm),
		verbose:        s.mode == modeReport || s.logLevel <= slog.LevelDebug,
		allowPreflight: s.allowPreflight,
		source:         s.token,
		removeToken:    s.removeToken,
		guard:          newGuard(s.headers),
		enricher:       newEnricher(s.headers, phoneColumns[s.phoneFormat]),
		phoneColumn:    phoneColumns[s.phoneFormat],
		phoneRequired:  s.phoneRequired,
		upstream:       u,
		debugHeader:    s.debugHeader,
		log:            newLogger(name, s.logLevel, u.throttle),
	}
	p.prepare(s)
	p.log.announce(s)
	return p, nil
}

// prepare lays out what the fast way needs.
func (p *plugin) prepare(s *settings) {
	if !s.allowPreflight && !s.removeToken && !s.debugHeader {
		p.header = s.token.header
	}
	p.prefix = s.token.scheme
	if p.prefix != "" {
		p.prefix += " "
	}
	p.salt, p.mu, p.good, p.since = p.upstream.salt, p.upstream.mu, p.upstream.good.entries, p.upstream.since
	p.ordinary = p.guard.ordinary
	p.openID, p.unionID, p.phone = s.headers[openIDHeader], s.headers[unionIDHeader], s.headers[phoneHeader]
	extra := s.headers[phoneCountryCodeHeader] + s.headers[phoneNationalHeader] + s.headers[statusHeader]
	p.plain = p.openID != "" && p.unionID != "" && p.phone != "" && extra == "" && s.phoneFormat == phoneRaw
}

// ServeHTTP is a request's way: strip, read the token, resolve it, enrich and forward or refuse.
//
// The fast way is that way for the case that matters: ordinary headers, one token, a fresh answer. It is written out
// here, without calls of our own, because each of those costs as much as a hash. Whatever is not just so goes on below.
func (p *plugin) ServeHTTP(rw http.ResponseWriter, req *http.Request) {
	h := req.Header
	// True for a header that has any but ordinary names; a loop over a dozen names would cost twice as much.
	if h.WriteSubset(unwritable, p.ordinary) != nil {
		p.guard.strip(h)
	}
	if req.ContentLength >= 0 && req.Trailer == nil {
		if values := h[p.header]; len(values) == 1 {
			// The key of salt and token. A value without the prefix makes no key at all, since no header has a salt's
			// zero byte; and only tokens that passed isToken are in the cache, so that a hit need not check again.
			k := sha256.Sum256([]byte(strings.Replace(values[0], p.prefix, p.salt, 1)))
			p.mu.Lock()
			e := p.good[k]
			p.mu.Unlock()
			if e != nil && p.since(epoch) < e.refresh {
				id := e.identity
				if p.plain && id.whole {
					h.Set(p.openID, id.openID)
					h.Set(p.unionID, id.unionID)
					h.Set(p.phone, id.raw)
					p.next.ServeHTTP(rw, req)
					return
				}
				p.pass(rw, req, k, id, statusVerified)
				return
			}
		}
	}
	p.serve(rw, req)
}

// serve goes the whole way, for a request that was stripped.
func (p *plugin) serve(rw http.ResponseWriter, req *http.Request) {
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
	id, o := a.verdict.identity, a.verdict.outcome
	if o != nil {
		p.reject(rw, req, o, a.verdict.retryAfter, fingerprint(k))
		return
	}
	status := statusVerified
	if a.from == fromStale {
		status = statusStale
	}
	p.pass(rw, req, k, id, status)
}

// pass forwards with an identity, if it is all that is asked for.
func (p *plugin) pass(rw http.ResponseWriter, req *http.Request, k key, id *identity, status string) {
	if p.phoneRequired && id.values[p.phoneColumn] == "" {
		p.reject(rw, req, outcomeByWhen[whenPhoneRequired], 0, fingerprint(k))
		return
	}
	p.enricher.enrich(req.Header, id, status)
	p.next.ServeHTTP(rw, req)
}

// isPreflight tells a CORS preflight from other OPTIONS requests, as the Fetch standard does.
func isPreflight(req *http.Request) bool {
	return req.Method == http.MethodOptions && len(req.Header["Origin"]) > 0 &&
		len(req.Header["Access-Control-Request-Method"]) > 0
}

// forwardAnonymous forwards without an identity.
func (p *plugin) forwardAnonymous(rw http.ResponseWriter, req *http.Request, status string) {
	p.enricher.anonymous(req.Header, status)
	p.next.ServeHTTP(rw, req)
}

// reject refuses, or in report mode says that it would have and forwards.
func (p *plugin) reject(rw http.ResponseWriter, req *http.Request, o *outcome, retryAfter time.Duration, fingerprint string) {
	if p.verbose {
		p.log.refusal(o, fingerprint, p.mode == modeReport)
	}
	if p.mode == modeReport {
		p.forwardAnonymous(rw, req, o.code)
		return
	}
	p.refuse(rw, req, o, retryAfter, fingerprint)
}
