package main

import (
	"maps"
	"slices"
	"strings"
)

// checkReferences looks for middlewares and parents that no file has, of the providers that the files are of.
func (r *report) checkReferences(m *model) {
	routers := map[string]bool{}
	for _, one := range m.routers {
		routers[one.name] = true
	}
	missing := func(one *router, severity, what, name string, there []string) {
		provider := providerOf(name)
		if (provider == "" || m.providers[provider]) && !hasUnknown(name) {
			there = slices.DeleteFunc(there, func(other string) bool { return providerOf(other) != provider || hasUnknown(other) })
			r.add(one.place, severity, "%s names the %s %s, which none of these files has%s", one.name, what, name, orMeant(name, there))
		}
	}
	for _, one := range m.routers {
		for _, name := range m.middlewaresOf(one) {
			if m.middlewares[name] == nil {
				severity := warning // it may be elsewhere
				if m.isWhole(one) && providerOf(name) == ofFile && slices.Contains(one.middlewares, name) {
					severity = mistake
				}
				missing(one, severity, "middleware", name, slices.Collect(maps.Keys(m.middlewares)))
			}
		}
		for _, name := range one.parents {
			if !routers[name] {
				missing(one, warning, "parent router", name, slices.Collect(maps.Keys(routers)))
			}
		}
	}
}

// checkWaysAround looks for ways without the plugin to an application that has it elsewhere, and for those that take over the requests
// of a router when Traefik has taken it out of service.
func (r *report) checkWaysAround(m *model) {
	for _, one := range m.crowded {
		r.add(one.place, warning, "more than %d ways lead to %s through its parents; the others are not looked at", maxWays, one.name)
	}
	var guarded []*way
	for _, one := range m.ways {
		if len(one.guarded) > 0 {
			guarded = append(guarded, one)
		}
	}
	for _, open := range m.ways {
		if len(open.open) == 0 {
			continue
		}
		only, none := m.pass(open)
		if none {
			continue
		}
		for _, other := range guarded {
			if app := common(open.open, other.guarded); app != "" {
				r.addWayAround(m, open, other, app, only)
				break
			}
			if only == "" && open.router != other.router && meet(open, other) && open.conditions.covers(other.conditions) {
				r.add(open.place, warning, "%s has no plugin and matches all that %s matches: should Traefik take that one out of service, its "+
					"requests come this way, with whatever identity headers a client sends", open.name, other.name)
				break
			}
		}
	}
}

func (r *report) addWayAround(m *model, open, other *way, app string, only passing) {
	if only != "" {
		r.add(open.place, warning, "%s reaches %s without the plugin, and %s with it, for requests %s: give it the middleware too, behind "+
			"the redirection", open.name, app, other.name, only)
		return
	}
	var without string
	if names := m.redirecting(open); names != nil {
		without = ", for requests without a Host, which the redirection of the entry point " + strings.Join(names, ", ") + " leaves to it"
	}
	r.add(open.place, mistake, "%s reaches %s without the plugin, and %s with it%s: the application would trust whatever identity "+
		"headers a client sends here; give it the middleware too, with mode: optional where no sign-in is needed", open.name, app, other.name, without)
}

// pass tells which requests get past a redirection to https on a way, and whether there are none. On a way with TLS it redirects nothing.
func (m *model) pass(w *way) (only passing, none bool) {
	if w.tls || slices.ContainsFunc(w.entryPoints, func(name string) bool { return m.entryPoints[name].tls }) {
		return "", false
	}
	if !m.everywhere(w, func(one *middleware) bool { return one.https != "" }) {
		return "", false
	}
	for _, one := range m.passed(w)[0] {
		if one.https == trusted || only == "" {
			only = one.https
		}
	}
	nobody := len(w.entryPoints) > 0
	for _, name := range w.entryPoints {
		of, known := m.entryPoints[name]
		nobody = nobody && known && !of.trusts
	}
	return only, nobody && only == trusted
}

// redirecting are the entry points of a way where they all redirect what has a host, except those with the plugin.
func (m *model) redirecting(w *way) []string {
	var names []string
	for i, passed := range m.passed(w) {
		if slices.ContainsFunc(passed, guards) {
			continue
		}
		if len(w.entryPoints) == 0 || !m.entryPoints[w.entryPoints[i]].redirects {
			return nil
		}
		names = append(names, w.entryPoints[i])
	}
	return names
}
