package main

import "slices"

// Routers hand requests on to others (parentRefs, from Traefik 3.6), which see them as they are behind the middlewares of the first.
// A router is looked at as all ways to it: each from an entry point through its parents.

// way is one way to a router.
type way struct {
	*router
	conditions  rule     // of all its routers
	entryPoints []string // of the first; none where no static configuration is there
	tls         bool     // the first's
	middlewares []string // of all its routers, as requests pass them
	above       int      // how many of those are of its parents
	inner       bool     // the router hands requests on to others, and reaches no application itself

	open, guarded []string // what its requests reach without the plugin, and with it
}

// maxWays bounds the ways to a router that are looked at.
const maxWays = 64

// addWays finds the ways to all routers.
func (m *model) addWays() {
	named, inner := map[string][]*router{}, map[string]bool{}
	for _, r := range m.routers {
		named[r.name] = append(named[r.name], r)
		for _, parent := range r.parents {
			inner[parent] = true
		}
	}
	found, looking := map[*router][]*way{}, map[*router]bool{}
	var waysTo func(r *router) []*way
	waysTo = func(r *router) []*way {
		if ways, done := found[r]; done || looking[r] {
			return ways // none where it is its own parent: Traefik leaves that out, too
		}
		looking[r] = true
		var ways []*way
		if len(r.parents) == 0 {
			ways = []*way{{
				router: r, conditions: parseRule(r.rule), entryPoints: m.entryPointsOf(r), tls: r.tls, middlewares: m.middlewaresOf(r),
			}}
		}
		for _, name := range r.parents {
			for _, parent := range named[name] {
				own := parseRule(r.rule).behind(parent)
				for _, above := range waysTo(parent) {
					ways = append(ways, &way{
						router: r, conditions: both(above.conditions, own),
						entryPoints: above.entryPoints, tls: above.tls, above: len(above.middlewares),
						middlewares: append(slices.Clip(above.middlewares), m.middlewaresOf(r)...),
					})
				}
			}
		}
		if len(ways) > maxWays {
			m.crowded = append(m.crowded, r)
			ways = ways[:maxWays]
		}
		found[r] = ways
		return ways
	}
	for _, r := range m.routers {
		for _, w := range waysTo(r) {
			if m.redirected(w) {
				continue
			}
			if w.inner = inner[r.name]; !w.inner {
				w.open, w.guarded = m.reached(w)
			}
			m.ways = append(m.ways, w)
		}
	}
}

// middlewaresOf are a router's own, and those of its service.
func (m *model) middlewaresOf(r *router) []string {
	names := slices.Clip(r.middlewares)
	for _, app := range r.apps {
		if of := m.services[app]; of != nil && len(r.apps) == 1 {
			names = append(names, of.middlewares...)
		}
	}
	return names
}

// redirected takes the entry points off a way whose requests are all redirected there, and tells whether none is left.
func (m *model) redirected(w *way) bool {
	if len(w.entryPoints) == 0 || !w.conditions.wantHost() {
		return false
	}
	w.entryPoints = slices.DeleteFunc(slices.Clone(w.entryPoints), func(name string) bool { return m.entryPoints[name].redirects })
	return len(w.entryPoints) == 0
}

// passed are the middlewares that a way's requests pass, on each of its entry points.
func (m *model) passed(w *way) [][]*middleware {
	if len(w.entryPoints) == 0 {
		return [][]*middleware{m.expanded(w.middlewares)}
	}
	var all [][]*middleware
	for _, name := range w.entryPoints {
		all = append(all, m.expanded(append(slices.Clip(m.entryPoints[name].middlewares), w.middlewares...)))
	}
	return all
}

// everywhere tells whether a way's requests pass a middleware of a sort, on each entry point.
func (m *model) everywhere(w *way, wanted func(*middleware) bool) bool {
	for _, passed := range m.passed(w) {
		if !slices.ContainsFunc(passed, wanted) {
			return false
		}
	}
	return true
}

// guards tells whether a middleware is the plugin, or may be.
func guards(one *middleware) bool { return one.plugin || one.unknown }

// meet tells whether two ways share an entry point.
func meet(a, b *way) bool {
	if len(a.entryPoints) == 0 || len(b.entryPoints) == 0 {
		return true // the static configuration is not among the files
	}
	return slices.ContainsFunc(a.entryPoints, func(name string) bool { return slices.Contains(b.entryPoints, name) })
}
