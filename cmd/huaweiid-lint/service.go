package main

import (
	"fmt"
	"slices"
	"strings"
)

// What routers reach is named by texts, which tell whether two of them reach the same: "service shop@file" and what is in it,
// http://10.0.0.1, "Service shop/shop" of Kubernetes, "container shop" of a Compose file.

// service is one that has others in it, or servers.
type service struct {
	inner       []string
	middlewares []string // from Traefik 3.7
}

func serviceNamed(name, provider string) string {
	return "service " + qualified([]string{name}, provider)[0]
}

// fileService reads one of the file provider: a load balancer's servers, or the services among which it chooses or which it copies to.
func fileService(options map[string]any) *service {
	s := &service{middlewares: qualified(list(get(options, "middlewares")), ofFile)}
	balancer, _ := section(options, "loadBalancer")
	for _, server := range tables(get(balancer, "servers")) {
		s.inner = append(s.inner, strings.TrimSuffix(text(get(server, "url")), "/"))
	}
	add := func(names ...any) {
		for _, name := range names {
			s.inner = append(s.inner, serviceNamed(text(name), ofFile))
		}
	}
	for _, kind := range []string{"weighted", "highestRandomWeight"} {
		of, _ := section(options, kind)
		for _, one := range tables(get(of, "services")) {
			add(get(one, "name"))
		}
	}
	mirroring, _ := section(options, "mirroring")
	for _, one := range tables(get(mirroring, "mirrors")) {
		add(get(one, "name"))
	}
	failover, _ := section(options, "failover")
	add(get(mirroring, "service"), get(failover, "service"), get(failover, "fallback"))
	return s
}

// reached is what a way's requests reach without the plugin, and what with it: services, what is in them, and servers.
func (m *model) reached(w *way) (open, guarded []string) {
	type step struct {
		app     string
		guarded bool
	}
	seen := map[step]bool{}
	var visit func(app string, behindPlugin bool)
	visit = func(app string, behindPlugin bool) {
		of := m.services[app]
		if of != nil {
			behindPlugin = behindPlugin || slices.ContainsFunc(m.expanded(of.middlewares), guards)
		}
		if seen[step{app, behindPlugin}] {
			return
		}
		seen[step{app, behindPlugin}] = true
		if isApp(app) {
			if behindPlugin {
				guarded = append(guarded, app)
			} else {
				open = append(open, app)
			}
		}
		if of != nil {
			for _, inner := range of.inner {
				visit(inner, behindPlugin)
			}
		}
	}
	ofRouters := m.everywhere(w, guards)
	for _, app := range w.apps {
		visit(app, ofRouters)
	}
	return open, guarded
}

// isApp tells what may trust headers from what is nothing, or Traefik's own.
func isApp(app string) bool {
	return app != "" && app != "service " && !strings.HasSuffix(app, "@internal")
}

// common is the first of the one that the other has, too.
func common(of, with []string) string {
	for _, one := range of {
		if slices.Contains(with, one) {
			return one
		}
	}
	return ""
}

// port is what a container's service with a port reaches.
func port(container, number string) string {
	return fmt.Sprintf("port %s of container %s", number, container)
}
