// Package huaweiid is a Traefik middleware plugin that turns a Huawei ID access token into identity headers, so that
// backends which know nothing of Huawei know who asks: X-User-OpenID, X-User-UnionID and X-User-Phone.
//
// It runs interpreted, by Yaegi v0.16.1 in Traefik's process: std does the work, statements are few, and what the
// interpreter gets wrong is not used (e2e/traps refuses it). What a hit runs through is a closure that calls functions, not
// methods: the interpreter makes a new function of a method each time it is called.
package huaweiid

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// plugin is one instance of the middleware: one router's use of one configuration.
type plugin struct {
	next      http.Handler
	settings  *settings
	source    *tokenSource
	challenge string // of WWW-Authenticate: the scheme and the realm
	verbose   bool   // refusals are logged
	guard     *guard
	enricher  *enricher
	upstream  *upstream
	receiver  *receiver // of account events; nil = this instance receives none
	log       *logger
}

var errPanic = errors.New("panic while making the middleware")

// New makes an instance for a router. It does no network I/O and never panics: a panic here would end Traefik's
// configuration loop, and no later configuration would be applied. The error names everything that is wrong.
func New(ctx context.Context, next http.Handler, config *Config, name string) (handler http.Handler, err error) {
	defer func() {
		if r := recover(); r != nil {
			handler = nil
			err = fmt.Errorf("%w: %v", errPanic, r)
		}
	}()
	if config == nil {
		config = CreateConfig()
	}
	p, err := newPlugin(ctx, next, config, name)
	if err != nil {
		return nil, err
	}
	served := p.handler()
	if p.settings.allowPreflight {
		served = p.besidePreflights(served)
	}
	if p.receiver != nil {
		served = p.besideEvents(served)
	}
	return served, nil
}

func newPlugin(ctx context.Context, next http.Handler, config *Config, name string) (*plugin, error) {
	b, isNew, err := blueprints.of(name, config)
	if err != nil {
		return nil, err
	}
	s := b.settings
	u := upstreams.acquire(ctx, b.state, s.upstream)
	p := &plugin{
		next:      next,
		settings:  s,
		source:    newTokenSource(s.token),
		challenge: challengeOf(s),
		verbose:   s.mode == modeReport || s.logLevel <= slog.LevelDebug,
		guard:     b.guard,
		enricher:  b.enricher,
		upstream:  u,
		log:       newLogger(name, s.logLevel, u.throttle),
	}
	if s.events.path != "" {
		p.receiver = upstreams.receiver(b.state, s)
	}
	if isNew {
		p.log.announce(s)
	}
	return p, nil
}

// handler returns the request's way: strip, read the token, resolve it, enrich and forward or refuse.
//
// Written out here is the way of what matters most: ordinary headers, one token, a fresh answer. Whatever is not just so
// goes on in serve. It is one closure without calls of our own, because the interpreter reads captured variables in place
// and pays for every call, and conditions stand one by one, because a compound one costs more than a return.
func (p *plugin) handler() http.HandlerFunc {
	next, guard, ordinary, sum := p.next, p.guard, p.guard.ordinary, sha256.Sum256
	mu, good, since := p.upstream.good.mu, p.upstream.good.entries, p.upstream.since
	header, prefix := p.fastHeader()
	salt := p.upstream.salt + strings.TrimSuffix(credentials, prefix) // what a key has before that header's value
	remove := p.settings.token.remove
	plain, openID, unionID, phone := p.enricher.plain && !remove, p.enricher.openID, p.enricher.unionID, p.enricher.phone

	return func(rw http.ResponseWriter, req *http.Request) {
		h := req.Header
		// One compiled call tells whether there are any but ordinary names: see unwritable.
		if h.WriteSubset(unwritable, ordinary) != nil {
			stripForged(guard, h)
		}
		values, _ := h[header]
		if len(values) != 1 {
			serve(p, rw, req)
			return
		}
		// The whole value is looked up. It has the key of a token only if it is that token's, and only what passed isToken
		// is in the cache: nothing has to be taken apart or checked.
		mu.RLock()
		e, ok := good[sum([]byte(salt+values[0]))]
		mu.RUnlock()
		if ok {
			if since(epoch) < e.refresh {
				if plain {
					id := e.identity
					if id.whole {
						h[openID] = []string{id.openID}
						h[unionID] = []string{id.unionID}
						h[phone] = []string{id.phone}
						if req.Trailer != nil {
							forwardCopy(p, rw, req)
							return
						}
						if req.ContentLength < 0 {
							forwardCopy(p, rw, req)
							return
						}
						next.ServeHTTP(rw, req)
						return
					}
				}
				if remove {
					forwardWithoutToken(p, rw, req, e)
					return
				}
				forwardIdentified(p, rw, req, e, fromCache)
				return
			}
		}
		serveCredentials(p, rw, req, values, prefix)
	}
}

// besidePreflights returns the way of all requests where CORS preflights, as the Fetch standard tells them from other OPTIONS
// requests, are forwarded without an identity.
func (p *plugin) besidePreflights(others http.HandlerFunc) http.HandlerFunc {
	return func(rw http.ResponseWriter, req *http.Request) {
		if isPreflight(req) {
			forwardPreflight(p, rw, req)
			return
		}
		others(rw, req)
	}
}

func forwardPreflight(p *plugin, rw http.ResponseWriter, req *http.Request) {
	stripForged(p.guard, req.Header)
	stripPreflight(req.Header)
	// Browsers send no credentials with a preflight, but a token in the query is part of the URL that they ask about.
	if p.settings.token.remove {
		_, where, problem := findToken(p.source, req)
		if problem == whenUnreadable {
			reject(p, rw, req, outcomeByWhen[problem], 0, "")
			return
		}
		if where != "" {
			req = withoutToken(p.source, req, where)
		}
	}
	forwardAnonymous(p, rw, req, statusAnonymous)
}

// fastHeader returns the header that carries the token, and what stands before the token there. No header means no fast way:
// a response says how its answer was come by, or the value is not in the form that keys are made of.
func (p *plugin) fastHeader() (header, prefix string) {
	s := p.settings
	if s.debugHeader {
		return "", ""
	}
	if s.token.scheme == "" {
		return s.token.header, ""
	}
	if strings.EqualFold(s.token.scheme+" ", credentials) {
		return s.token.header, credentials
	}
	return "", ""
}

// serve goes the whole way, for a request that was stripped.
func serve(p *plugin, rw http.ResponseWriter, req *http.Request) {
	token, where, problem := findToken(p.source, req)
	if problem == whenNoToken || problem == whenUnreadable {
		serveWithoutToken(p, rw, req, problem)
		return
	}
	if p.settings.token.remove {
		req = withoutToken(p.source, req, where)
	}
	if problem != "" {
		reject(p, rw, req, outcomeByWhen[problem], 0, fingerprint(keyOf(p.upstream, token)))
		return
	}
	serveToken(p, rw, req, token)
}

// serveCredentials goes on where the fast way found no fresh answer: for a request that has one value of the token's header. A
// value in another form than keys are made of goes the whole way.
func serveCredentials(p *plugin, rw http.ResponseWriter, req *http.Request, values []string, prefix string) {
	token, ok := strings.CutPrefix(values[0], prefix)
	if ok && isToken(token) {
		if p.settings.token.remove {
			req = withoutCredentials(p.source, req)
		}
		serveToken(p, rw, req, token)
		return
	}
	serve(p, rw, req)
}

// serveToken finds out whom a token stands for, and forwards or refuses.
func serveToken(p *plugin, rw http.ResponseWriter, req *http.Request, token string) {
	k := keyOf(p.upstream, token)
	a := resolve(p.upstream, k, token, req, p.log)
	if p.settings.debugHeader {
		addCacheStatus(rw.Header(), a)
	}
	if a.outcome != nil {
		reject(p, rw, req, a.outcome, a.retryAfter, fingerprint(k))
		return
	}
	forwardIdentified(p, rw, req, a.entry, a.from)
}

// serveWithoutToken goes the way of a request in which no token was found, or too much that could be one.
func serveWithoutToken(p *plugin, rw http.ResponseWriter, req *http.Request, problem string) {
	if problem == whenNoToken {
		if p.settings.mode == modeOptional {
			forwardAnonymous(p, rw, req, statusAnonymous)
			return
		}
		if misspelt(p.source, req) {
			problem = whenMisspelt
		}
	}
	reject(p, rw, req, outcomeByWhen[problem], 0, "")
}

// forwardWithoutToken forwards with an identity from the cache what has the token as the one value of its header.
func forwardWithoutToken(p *plugin, rw http.ResponseWriter, req *http.Request, e *entry) {
	forwardIdentified(p, rw, withoutCredentials(p.source, req), e, fromCache)
}

// forwardIdentified forwards with an identity, if that has all that is asked for. from is how it was come by.
func forwardIdentified(p *plugin, rw http.ResponseWriter, req *http.Request, e *entry, from string) {
	if p.settings.phone.require {
		if rejectWithoutPhone(p, rw, req, e) {
			return
		}
	}
	enrich(p.enricher, req.Header, e.identity, from)
	if req.ContentLength < 0 || req.Trailer != nil {
		forwardCopy(p, rw, req)
		return
	}
	p.next.ServeHTTP(rw, req)
}

// forwardCopy forwards what may have trailers: as a shallow copy that none reaches. They arrive after the headers were stripped:
// the server puts them into the original request when it has read the body, and a proxy would forward them.
func forwardCopy(p *plugin, rw http.ResponseWriter, req *http.Request) {
	bare := req.WithContext(req.Context())
	bare.Trailer = nil
	p.next.ServeHTTP(rw, bare)
}

// rejectWithoutPhone rejects an identity without a phone in the form that is asked for, and tells whether it did.
func rejectWithoutPhone(p *plugin, rw http.ResponseWriter, req *http.Request, e *entry) bool {
	if phoneIn(e.identity, p.settings.phone.format) != "" {
		return false
	}
	reject(p, rw, req, outcomeByWhen[whenPhoneRequired], 0, fingerprint(e.key))
	return true
}

// forwardAnonymous forwards without an identity.
func forwardAnonymous(p *plugin, rw http.ResponseWriter, req *http.Request, status string) {
	enrichAnonymous(p.enricher, req.Header, status)
	if req.ContentLength < 0 || req.Trailer != nil {
		forwardCopy(p, rw, req)
		return
	}
	p.next.ServeHTTP(rw, req)
}

// reject refuses, or in report mode says that it would have and forwards.
func reject(p *plugin, rw http.ResponseWriter, req *http.Request, o *outcome, retryAfter time.Duration, fingerprint string) {
	if p.verbose {
		p.log.refusal(o, fingerprint, p.settings.mode == modeReport)
	}
	if p.settings.mode == modeReport {
		forwardAnonymous(p, rw, req, o.code)
		return
	}
	refuse(p, rw, req, o, retryAfter, fingerprint)
}
