package huaweiid

import (
	"os"
	"reflect"
	"sync"
)

// blueprint is what follows from a middleware's configuration, whichever router an instance is for. Traefik calls New for every
// router on every configuration change, most of which change nothing for most middlewares.
type blueprint struct {
	config    Config            // what New was given
	files     map[string]string // what was in the files that it names
	settings  *settings
	state     string // the key of the shared state
	source    *tokenSource
	challenge string // of WWW-Authenticate: the scheme and the realm
	guard     *guard
	enricher  *enricher
}

// blueprintsByName has each middleware's last one.
type blueprintsByName struct {
	mu   sync.Mutex
	last map[string]*blueprint
}

var blueprints = &blueprintsByName{last: map[string]*blueprint{}}

// maxBlueprints bounds the middlewares whose blueprints are kept. Past it, all are made anew.
const maxBlueprints = 10_000

// of returns the blueprint of a middleware, and whether it is another than the last time.
func (b *blueprintsByName) of(middleware string, config *Config) (made *blueprint, isNew bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if last := b.last[middleware]; last != nil && last.isStillOf(config) {
		return last, false, nil
	}
	made, err = newBlueprint(config)
	if err != nil {
		return nil, false, err
	}
	if len(b.last) >= maxBlueprints {
		b.last = map[string]*blueprint{}
	}
	b.last[middleware] = made
	return made, true, nil
}

func newBlueprint(config *Config) (*blueprint, error) {
	c := newChecker()
	s, err := c.settings(config)
	if err != nil {
		return nil, err
	}
	return &blueprint{
		config:    *config,
		files:     c.files,
		settings:  s,
		state:     s.upstream.key(),
		source:    newTokenSource(s.token),
		challenge: challengeOf(s),
		guard:     newGuard(headerNames(s.headers), s.token.header),
		enricher:  newEnricher(s.headers, s.phone.format),
	}, nil
}

// isStillOf tells whether a configuration says the same, and so do the files that it names.
func (b *blueprint) isStillOf(config *Config) bool {
	if !reflect.DeepEqual(*config, b.config) {
		return false
	}
	for name, before := range b.files {
		if now, err := os.ReadFile(name); err != nil || string(now) != before {
			return false
		}
	}
	return true
}
