package main

import (
	"errors"
	"net/http"
	"sort"
	"strings"
)

// check reads all files and says what is wrong with them together.
func check(arguments []string, plugin string) *report {
	r := &report{}
	defer r.sort()
	files, err := filesOf(arguments)
	if err != nil {
		r.add(place{file: strings.Join(arguments, " ")}, mistake, "%v", err)
		return r
	}
	m := newModel()
	for _, file := range files {
		documents, err := read(file)
		if err != nil {
			at := place{file: file}
			var known positioned
			if errors.As(err, &known) {
				at.line = known.line
			}
			r.add(at, mistake, "Traefik cannot read this file: %v", err)
			continue
		}
		r.Files++
		for _, d := range documents {
			_, isResource := d.data["apiVersion"]
			switch {
			case isCompose(d):
				m.addCompose(d, plugin)
			case !isResource:
				m.addFile(d, plugin)
			default:
				for _, one := range resources(d) {
					m.addResource(one, plugin)
				}
			}
		}
	}
	m.finish()
	r.Routers = len(m.routers)
	r.Middlewares = len(m.plugins)
	for _, one := range m.plugins {
		r.checkOptions(one)
		if first := m.middlewares[one.name]; first != one {
			takes := "one of the two"
			if one.labels != nil {
				takes = "neither"
			}
			r.add(one.place, mistake, "%s is there already, in %s line %d; Traefik takes %s", one.name, first.file, first.line, takes)
		}
	}
	if r.Middlewares == 0 && r.Files > 0 {
		r.add(place{file: files[0]}, mistake, "no middleware of the plugin %s is in these files; give all files of the configuration together, "+
			"and the plugin's name with -key if it is another", plugin)
		return r
	}
	r.checkReferences(m)
	r.checkWaysAround(m)
	r.checkStatusHeaders(m)
	return r
}

// checkReferences looks for middlewares that no file has, of the providers that the files are of.
func (r *report) checkReferences(m *model) {
	for _, one := range m.routers {
		for _, name := range one.middlewares {
			if m.middlewares[name] == nil && m.providers[providerOf(name)] {
				r.add(one.place, warning, "%s names the middleware %s, which none of these files has", one.name, name)
			}
		}
	}
}

// checkWaysAround looks for routers without the plugin that reach an application which has it elsewhere, or that take over the
// requests of such a router when Traefik has taken it out of service.
func (r *report) checkWaysAround(m *model) {
	for _, open := range m.routers {
		if m.protected(open) {
			continue
		}
		for _, guarded := range m.routers {
			if !m.protected(guarded) {
				continue
			}
			if app := sameApp(open, guarded); app != "" {
				r.add(open.place, mistake, "%s reaches %s without the plugin, and %s with it: the application would trust whatever identity "+
					"headers a client sends here; give it the middleware too, with mode: optional where no sign-in is needed", open.name, app, guarded.name)
				break
			}
			if m.meet(open, guarded) && open.conditions.covers(guarded.conditions) {
				r.add(open.place, warning, "%s has no plugin and matches all that %s matches: should Traefik take that one out of service, its "+
					"requests come this way, with whatever identity headers a client sends", open.name, guarded.name)
				break
			}
		}
	}
}

// checkStatusHeaders looks for routers on which a client can choose the header that metrics and logs take for the verdict.
func (r *report) checkStatusHeaders(m *model) {
	owners := map[string]string{}
	for _, one := range m.plugins {
		if one.config == nil {
			continue
		}
		header := http.CanonicalHeaderKey(strings.TrimSpace(one.config.Headers.Status))
		if header != "" && (owners[header] == "" || one.name < owners[header]) {
			owners[header] = one.name
		}
	}
	headers := make([]string, 0, len(owners))
	for header := range owners {
		headers = append(headers, header)
	}
	sort.Strings(headers)
	for _, header := range headers {
		for _, one := range m.routers {
			if !m.protects(one, header) {
				r.add(one.place, warning, "%s, which %s sets as headers.status, is the client's to choose on %s: metrics and logs that go by it "+
					"would believe it, and have a series for each value; give the entry point the middleware, or take the header off here",
					header, owners[header], one.name)
			}
		}
	}
}
