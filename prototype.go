package huaweiid

import (
	"context"
	"net/http"
	"reflect"
	"sync"
)

// prototype is what the instances of a middleware are copies of, as long as one configuration of Traefik lasts. Traefik calls New for
// each router that uses the middleware. All but the first of these calls cost a look for the prototype and a copy: the interpreter
// pays for every further step, and for every variable of a function that is called.
type prototype struct {
	blueprint *blueprint
	config    *Config                             // the blueprint's
	ends      <-chan struct{}                     // closed when Traefik's configuration ends; nil = nobody can tell
	plugin    *plugin                             // without what is next
	handler   func(http.Handler) http.HandlerFunc // makes that of a copy that has it
	hasMore   bool                                // besideMore has something to do
}

// prototypesByName has each middleware's last one.
type prototypesByName struct {
	mu   sync.Mutex
	last map[string]*prototype
}

var prototypes = &prototypesByName{last: map[string]*prototype{}}

// prototypeFor returns what an instance is a copy of. The contexts that Traefik gives New for one configuration end by one channel.
func prototypeFor(ctx context.Context, middleware string, config *Config) (*prototype, error) {
	prototypes.mu.Lock()
	p := prototypes.last[middleware]
	prototypes.mu.Unlock()
	if p != nil && p.ends != nil {
		if p.ends == ctx.Done() {
			if reflect.DeepEqual(config, p.config) {
				return p, nil
			}
		}
	}
	return newPrototype(ctx, middleware, config)
}

// newPrototype makes the one for the first instance in a configuration of Traefik.
func newPrototype(ctx context.Context, middleware string, config *Config) (*prototype, error) {
	if config == nil {
		config = CreateConfig()
	}
	b, isNew, err := blueprints.of(middleware, config)
	if err != nil {
		return nil, err
	}
	u := upstreams.acquire(ctx, b.state, b.settings.upstream)
	p := prototypes.renew(middleware, b, u, ctx.Done())
	if isNew {
		p.plugin.log.announce(b.settings)
	}
	return p, nil
}

// renew keeps the prototype for a new configuration of Traefik: that of the one before, if nothing in it has changed.
func (all *prototypesByName) renew(middleware string, b *blueprint, u *upstream, ends <-chan struct{}) *prototype {
	all.mu.Lock()
	defer all.mu.Unlock()
	p := &prototype{blueprint: b, config: &b.config, ends: ends}
	last := all.last[middleware]
	if last != nil && last.blueprint == b && last.plugin.upstream == u {
		p.plugin, p.handler, p.hasMore = last.plugin, last.handler, last.hasMore
	} else {
		p.plugin = newPlugin(middleware, b, u)
		p.handler = handlers(p.plugin)
		p.hasMore = besideMore(p.plugin, nil, nil) != nil
	}
	if len(all.last) >= maxBlueprints {
		all.last = map[string]*prototype{}
	}
	all.last[middleware] = p
	return p
}

// drop lets go of the prototypes that use an upstream which is gone: its cache would stay in memory.
func (all *prototypesByName) drop(u *upstream) {
	all.mu.Lock()
	defer all.mu.Unlock()
	for name, p := range all.last {
		if p.plugin.upstream == u {
			delete(all.last, name)
		}
	}
}

// newPlugin makes an instance that wants for nothing but what is next.
func newPlugin(middleware string, b *blueprint, u *upstream) *plugin {
	s := b.settings
	p := &plugin{
		settings:  s,
		source:    b.source,
		challenge: b.challenge,
		guard:     b.guard,
		enricher:  b.enricher,
		upstream:  u,
		log:       newLogger(middleware, s.logLevel, u.throttle),
		tally:     processMetrics.of(middleware),
	}
	if s.mode == modeReport {
		p.watcher = &watcher{log: p.log, tally: p.tally, phone: s.phone}
	}
	if s.events.path != "" {
		p.receiver = upstreams.receiver(b.state, s)
	}
	return p
}
