package main

import (
	"maps"
	"slices"
)

// entryPoint is one of the static configuration.
type entryPoint struct {
	middlewares []string
	asDefault   bool
	tls         bool
	trusts      bool // it takes an X-Forwarded-Proto for true that a proxy, or anybody, sends
	redirects   bool // requests with a host go elsewhere, before any router gets them
}

// addEntryPoints takes in those of a static configuration.
func (m *model) addEntryPoints(static map[string]any) {
	entryPoints, _ := section(static, "entryPoints")
	for name, value := range entryPoints {
		options, _ := value.(map[string]any)
		ofHTTP, _ := section(options, "http")
		forwarded, _ := section(options, "forwardedHeaders")
		redirection, _ := section(ofHTTP, "redirections", "entryPoint")
		m.entryPoints[name] = entryPoint{
			middlewares: list(get(ofHTTP, "middlewares")),
			asDefault:   has(options, "asDefault"),
			tls:         has(ofHTTP, "tls"),
			trusts:      has(forwarded, "insecure") || len(list(get(forwarded, "trustedIPs"))) > 0,
			// With a priority of its own, or with the exception for ACME, it leaves requests to others.
			redirects: text(get(redirection, "to")) != "" && !has(redirection, "priority") && !has(options, "allowACMEByPass"),
		}
	}
}

// checkEntryPoints looks for routers on entry points that there are not, where a static configuration names any.
func (r *report) checkEntryPoints(m *model) {
	names := slices.Collect(maps.Keys(m.entryPoints))
	if len(names) == 0 || slices.ContainsFunc(names, hasUnknown) {
		return
	}
	for _, one := range m.routers {
		for _, name := range one.entryPoints {
			if name != internal && !hasUnknown(name) && !slices.Contains(names, name) {
				r.add(one.place, warning, "%s names the entry point %s, which the static configuration does not have, so that no "+
					"request reaches it there%s", one.name, name, orMeant(name, names))
			}
		}
	}
}

// internal is the entry point of Traefik's API.
const internal = "traefik"

// entryPointsOf are a router's entry points, as far as the static configuration is there.
func (m *model) entryPointsOf(r *router) []string {
	if len(r.entryPoints) > 0 {
		return r.entryPoints
	}
	var all, defaults []string
	for name, entryPoint := range m.entryPoints {
		if name == internal {
			continue // Traefik's own; no router is on it unless it says so
		}
		all = append(all, name)
		if entryPoint.asDefault {
			defaults = append(defaults, name)
		}
	}
	if len(defaults) > 0 {
		return defaults
	}
	return all
}
