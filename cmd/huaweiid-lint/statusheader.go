package main

import (
	"net/http"
	"slices"
	"sort"
	"strings"
)

// statusHeader is the request header in which a middleware of the plugin says what became of a request; "" where it has none.
func (m *middleware) statusHeader() string {
	if m.config == nil {
		return ""
	}
	return http.CanonicalHeaderKey(strings.TrimSpace(m.config.Headers.Status))
}

// protects tells whether a middleware sets a header or takes it off.
func (m *middleware) protects(header string) bool {
	return m.unknown || slices.Contains(m.sets, header) || m.statusHeader() == header
}

// checkStatusHeaders looks for routers on which a client can choose the header that metrics and logs take for the verdict.
func (r *report) checkStatusHeaders(m *model) {
	owners := map[string]string{}
	for _, one := range m.plugins {
		header := one.statusHeader()
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
		for _, w := range m.ways {
			r.checkStatusHeader(m, w, header, owners[header])
		}
	}
}

func (r *report) checkStatusHeader(m *model, w *way, header, owner string) {
	// What holds for the requests of a parent is said of the parent.
	own := func(one *middleware) bool { return one.protects(header) }
	if len(w.parents) > 0 {
		parent := *w
		parent.middlewares = w.middlewares[:w.above]
		if m.everywhere(&parent, own) || !m.everywhere(w, own) {
			return
		}
	}
	if !m.everywhere(w, own) {
		r.add(w.place, warning, "%s, which %s sets as headers.status, is the client's to choose on %s: metrics and logs that go by it "+
			"would believe it, and have a series for each value; give the entry point the middleware, or take the header off here",
			header, owner, w.name)
		return
	}
	chains := m.passed(w)
	if len(w.parents) > 0 {
		chains = [][]*middleware{m.expanded(w.middlewares[w.above:])}
	}
	for _, passed := range chains {
		front := frontOf(passed, header)
		if front == nil {
			continue
		}
		does := "may answer requests by itself"
		if front.copies {
			does = "hands on a copy, which Traefik's metrics and access log do not see"
		}
		r.add(w.place, warning, "%s, which %s sets as headers.status, is the client's to choose on %s where %s, in front of it, %s: metrics and "+
			"logs that go by it would believe it, and have a series for each value; have the middleware come first, at the entry point, or in "+
			"front of %s a headers middleware with customRequestHeaders: {%s: \"\"}", header, owner, w.name, front.title(), does, front.name, header)
		return
	}
}

// frontOf is the first of the middlewares that leaves a header to the client, in front of the first that does not.
func frontOf(passed []*middleware, header string) *middleware {
	for _, one := range passed {
		switch {
		case one.statusHeader() == header:
			return nil
		case one.reportsOnly():
		case one.answers, one.copies:
			return one
		case one.protects(header):
			return nil
		case one.late:
			return one
		}
	}
	return nil
}

// reportsOnly tells whether a middleware of the plugin answers nothing by itself.
func (m *middleware) reportsOnly() bool {
	return m.config != nil && strings.EqualFold(strings.TrimSpace(m.config.Mode), "report") && m.config.Events.Path+m.config.MetricsPath == ""
}

// title is a middleware's name, with what it is.
func (m *middleware) title() string {
	if m.kind == "" || strings.EqualFold(m.kind, "plugin") {
		return m.name
	}
	return m.name + " (" + m.kind + ")"
}
