package main

import (
	"errors"
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
			switch {
			case isCompose(d):
				m.addCompose(d, plugin)
			case !isResource(d):
				m.addFile(d, plugin)
				m.templates = m.templates || d.template
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
		one.mounted = m.mounted
		r.checkOptions(one)
		if first := m.middlewares[one.name]; first != one {
			takes := "one of the two"
			if one.labels != nil {
				takes = "neither"
			}
			r.add(one.place, mistake, "%s is there already, in %s line %d; Traefik takes %s", one.name, first.file, first.line, takes)
		}
	}
	found := r.checkPluginKeys(m, plugin)
	if r.Middlewares == 0 && found {
		return r
	}
	if r.Middlewares == 0 && r.Files > 0 {
		r.add(place{file: files[0]}, mistake, "no middleware of the plugin %s is in these files; give all files of the configuration together, "+
			"and the plugin's name with -key if it is another", plugin)
		return r
	}
	r.checkReferences(m)
	r.checkEntryPoints(m)
	r.checkWaysAround(m)
	r.checkStatusHeaders(m)
	return r
}
