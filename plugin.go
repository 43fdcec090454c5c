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
	"sort"
	"strings"
	"time"
)

// plugin is one instance of the middleware: one router's use of one configuration. All but next is what the middleware's others have,
// too: see prototype.
type plugin struct {
	next      http.Handler
	settings  *settings
	source    *tokenSource
	challenge string // of WWW-Authenticate: the scheme and the realm
	guard     *guard
	enricher  *enricher
	upstream  *upstream
	receiver  *receiver // of account events; nil = this instance receives none
	log       *logger
	tally     *tally
	watcher   *watcher // in report mode; else nil
}

var errPanic = errors.New("panic while making the middleware")

// New makes an instance for a router. It does no network I/O and never panics: a panic here would end Traefik's
// configuration loop, and no later configuration would be applied. The error names everything that is wrong.
func New(ctx context.Context, next http.Handler, config *Config, name string) (handler http.Handler, err error) {
	defer endPanic(&handler, &err)
	like, err := prototypeFor(ctx, name, config)
	if err != nil {
		return nil, err
	}
	way := like.handler(next)
	if like.hasMore {
		way = besideMore(like.plugin, next, way)
	}
	return way, nil
}

// endPanic makes an error of a panic.
func endPanic(handler *http.Handler, err *error) {
	if r := recover(); r != nil {
		*handler = nil
		*err = fmt.Errorf("%w: %v", errPanic, r)
	}
}

// instance returns a copy that has what is next.
func instance(like *plugin, next http.Handler) *plugin {
	p := *like
	p.next = next
	return &p
}

// besideMore returns the way of all requests where options have some go a way of their own.
func besideMore(like *plugin, next http.Handler, way http.HandlerFunc) http.HandlerFunc {
	p := instance(like, next)
	if p.settings.allowPreflight {
		way = p.besidePreflights(way)
	}
	if p.receiver != nil {
		way = p.besideEvents(way)
	}
	if p.settings.metricsPath != "" {
		way = p.besideMetrics(way)
	}
	// Around all others, since Traefik logs the requests that are answered here, too.
	if p.settings.accessLogUser != userNone {
		way = p.withoutClientsUser(way)
	}
	return way
}

// handlers returns what makes the handlers of a middleware's instances, all of which are like p but for what is next. A handler is the
// request's way: strip, read the token, resolve it, enrich and forward or refuse.
//
// Written out here is the way of what matters most: ordinary headers, one token, a fresh answer. Whatever is not just so
// goes on in serve. It is one closure without calls of our own, because the interpreter reads captured variables in place
// and pays for every call, and conditions stand one by one, because a compound one costs more than a return.
func handlers(p *plugin) func(http.Handler) http.HandlerFunc {
	ordinary, sum := p.guard.ordinary, sha256.Sum256
	lock, unlock, good, since := p.upstream.good.readLock, p.upstream.good.readUnlock, p.upstream.good.entries, p.upstream.since
	header, prefix := fastHeader(p)
	salt := p.upstream.salt + strings.TrimSuffix(credentials, prefix) // what a key has before that header's value
	openID, unionID, phone := p.enricher.openID, p.enricher.unionID, p.enricher.phone
	plain := p.enricher.plain && !p.settings.token.remove && p.settings.accessLogUser == userNone
	status, told := p.enricher.status, p.enricher.status != ""
	addHit := p.tally.addHit

	like := p
	return func(next http.Handler) http.HandlerFunc {
		p := instance(like, next)
		return func(rw http.ResponseWriter, req *http.Request) {
			h := req.Header
			// One compiled call tells whether there are any but ordinary names: see unwritable.
			if h.WriteSubset(unwritable, ordinary) != nil {
				stripAndTell(p, h)
			}
			values, _ := h[header]
			if len(values) != 1 {
				serve(p, rw, req)
				return
			}
			// The whole value is looked up. It has the key of a token only if it is that token's, and only what passed isToken
			// is in the cache: nothing has to be taken apart or checked.
			lock()
			e, ok := good[sum([]byte(salt+values[0]))]
			unlock()
			if ok {
				if since(epoch) < e.refresh {
					if plain {
						if e.whole {
							h[openID] = []string{e.openID}
							h[unionID] = []string{e.unionID}
							h[phone] = []string{e.phone}
							if told {
								h[status] = []string{statusVerified}
							}
							addHit(1)
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
					forwardHit(p, rw, req, e)
					return
				}
			}
			serveCredentials(p, rw, req, values, prefix)
		}
	}
}

// forwardHit goes on where an answer is fresh and its headers are not the plain ones.
func forwardHit(p *plugin, rw http.ResponseWriter, req *http.Request, e *entry) {
	p.upstream.metrics.lookups.Add(fromCache, 1)
	forwardIdentified(p, rw, req, e, fromCache, inHeader)
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

// stripAndTell takes off what a client forged, and says so.
func stripAndTell(p *plugin, h http.Header) {
	if forged := stripForged(p.guard, h); len(forged) > 0 {
		tellForged(p, forged)
	}
}

func tellForged(p *plugin, forged []string) {
	sort.Strings(forged)
	p.tally.forged.Add(1)
	p.log.event(1, slog.LevelInfo, "forged", "client sent identity headers", "names", strings.Join(forged, ", "))
}

func forwardPreflight(p *plugin, rw http.ResponseWriter, req *http.Request) {
	stripAndTell(p, req.Header)
	stripPreflight(req.Header)
	enrichAnonymous(p.enricher, req.Header, statusAnonymous)
	// Browsers send no credentials with a preflight, but a token in the query is part of the URL that they ask about.
	if p.settings.token.remove && p.settings.mode != modeReport {
		_, where, problem := findToken(p.source, req)
		if problem == whenUnreadable {
			reject(p, rw, req, outcomeByWhen[problem], 0, "")
			return
		}
		if where != "" {
			req = withoutToken(p.source, req, where)
		}
	}
	p.tally.outcomes.Add(outcomePreflight, 1)
	forward(p, rw, req)
}

// outcomePreflight counts beside the values of the status header, and the codes.
const outcomePreflight = "preflight"

// fastHeader returns the header that carries the token, and what stands before the token there. No header means no fast way:
// a response says how its answer was come by, or the value is not in the form that keys are made of.
func fastHeader(p *plugin) (header, prefix string) {
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
	if problem != "" {
		reject(p, rw, req, outcomeByWhen[problem], 0, fingerprint(keyOf(p.upstream, token)))
		return
	}
	serveToken(p, rw, req, token, where)
}

// serveCredentials goes on where the fast way found no fresh answer: for a request that has one value of the token's header. A
// value in another form than keys are made of goes the whole way.
func serveCredentials(p *plugin, rw http.ResponseWriter, req *http.Request, values []string, prefix string) {
	token, ok := strings.CutPrefix(values[0], prefix)
	if ok && isToken(token) {
		serveToken(p, rw, req, token, inHeader)
		return
	}
	serve(p, rw, req)
}

// serveToken finds out whom a token stands for, and forwards or refuses. where is the token's source.
func serveToken(p *plugin, rw http.ResponseWriter, req *http.Request, token, where string) {
	k := keyOf(p.upstream, token)
	var a answer
	known := true
	if p.watcher != nil {
		a, known = resolveBeside(p.upstream, p.watcher, k, token, req)
	} else {
		a = resolve(p.upstream, k, token, req, p.log)
	}
	if p.settings.debugHeader {
		addCacheStatus(rw.Header(), a)
	}
	if !known {
		forwardAnonymous(p, rw, req, statusPending)
		return
	}
	if a.outcome != nil {
		reject(p, rw, req, a.outcome, a.retryAfter, fingerprint(k))
		return
	}
	forwardIdentified(p, rw, req, a.entry, a.from, where)
}

// serveWithoutToken goes the way of a request in which no token was found, or too much that could be one.
func serveWithoutToken(p *plugin, rw http.ResponseWriter, req *http.Request, problem string) {
	if problem == whenNoToken {
		if p.settings.mode == modeOptional {
			p.tally.outcomes.Add(statusAnonymous, 1)
			forwardAnonymous(p, rw, req, statusAnonymous)
			return
		}
		if misspelt(p.source, req) {
			problem = whenMisspelt
		}
	}
	reject(p, rw, req, outcomeByWhen[problem], 0, "")
}

// forwardIdentified forwards with an identity, if that has all that is asked for. from is how it was come by, and where the token
// was. The headers are set on the request as it came, too, because Traefik's access log and metrics look at that one.
func forwardIdentified(p *plugin, rw http.ResponseWriter, req *http.Request, e *entry, from, where string) {
	if p.settings.phone.require {
		if rejectWithoutPhone(p, rw, req, e) {
			return
		}
	}
	enrich(p.enricher, req.Header, e.identity, from)
	p.tally.outcomes.Add(statusOf(from), 1)
	if p.settings.token.remove || p.settings.accessLogUser != userNone {
		forwardChanged(p, rw, req, e, where)
		return
	}
	forward(p, rw, req)
}

// forwardChanged forwards without the token, or with the user for the access log.
func forwardChanged(p *plugin, rw http.ResponseWriter, req *http.Request, e *entry, where string) {
	given := req.URL
	if p.settings.token.remove {
		req = withoutToken(p.source, req, where)
	}
	if p.settings.accessLogUser != userNone {
		forwardNamed(p, rw, req, given, e.identity)
		return
	}
	forward(p, rw, req)
}

// forward hands a request on that has all its headers.
func forward(p *plugin, rw http.ResponseWriter, req *http.Request) {
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
	forward(p, rw, req)
}

func warnOfOnlyRefusals(p *plugin, o *outcome) {
	if onlyRefusals(p.tally, o, 1) {
		p.log.onlyRefusals(o, lastCause(p.upstream))
	}
}

// forwardReported forwards what report mode does not refuse, and says so.
func forwardReported(p *plugin, rw http.ResponseWriter, req *http.Request, o *outcome, fingerprint string) {
	p.tally.outcomes.Add(reported+o.code, 1)
	p.log.wouldRefuse(o, fingerprint, 1)
	forward(p, rw, req)
}

// reject refuses, or in report mode says that it would have and forwards. The token stays on a request that nobody vouches for: it
// may be one of another issuer, which the application knows.
func reject(p *plugin, rw http.ResponseWriter, req *http.Request, o *outcome, retryAfter time.Duration, fingerprint string) {
	enrichAnonymous(p.enricher, req.Header, o.code)
	if fingerprint != "" && p.tally.told.Value() == 0 {
		warnOfOnlyRefusals(p, o)
	}
	if p.watcher != nil {
		forwardReported(p, rw, req, o, fingerprint)
		return
	}
	p.tally.outcomes.Add(o.code, 1)
	if p.log.talkative {
		p.log.refused(o, fingerprint)
	}
	refuse(p, rw, req, o, retryAfter, fingerprint)
}
