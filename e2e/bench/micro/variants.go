package main

import "net/http"

// variant is a hit that is not like most: by another configuration, or of another request.
type variant struct {
	name    string
	says    string
	options map[string]any      // beside the usual
	change  func(*http.Request) // nil = the usual request
	cookie  bool                // the token comes in one
}

var variants = []variant{
	// An app's own header, which no list of usual names can know.
	{name: "hit-unusual", says: "one header of an unusual name", change: sending("X-Acme-Build", "2024.11.3")},
	{name: "hit-keep-alive", says: "Connection: keep-alive", change: sending("Connection", "keep-alive")},
	{name: "hit-stream", says: "body of unknown length", change: func(req *http.Request) { req.ContentLength = -1 }},
	{name: "hit-e164", says: "phone.format: e164", options: map[string]any{"phone": map[string]any{"format": "e164"}}},
	{name: "hit-masked", says: "phone.format: masked", options: map[string]any{"phone": map[string]any{"format": "masked"}}},
	{name: "hit-status", says: "headers.status besides", options: map[string]any{"headers": map[string]any{"status": "X-User-Status"}}},
	{name: "hit-preflights", says: "allowPreflight: true", options: map[string]any{"allowPreflight": "true"}},
	{name: "hit-removing", says: "token.remove: true", options: map[string]any{"token": map[string]any{"remove": "true"}}},
	{name: "hit-cookie", says: "token in a cookie", options: map[string]any{"token": map[string]any{"cookie": "sid"}}, cookie: true},
	{name: "hit-debug", says: "debugHeader: true", options: map[string]any{"debugHeader": "true"}},
}

func sending(name, value string) func(*http.Request) {
	return func(req *http.Request) { req.Header.Set(name, value) }
}

func (v variant) begin(s spec) (*scene, error) {
	visit, err := v.visit(s.plugin(v.options))
	if err != nil {
		return nil, err
	}
	scene, err := hits(s, visit, v.crowd(s.Users))
	if err != nil {
		return nil, err
	}
	scene.facts = nil // they are those of other hits
	return scene, nil
}

func (v variant) visit(makes func(next http.Handler) (http.Handler, error)) (*visit, error) {
	visit, err := newVisit(makes)
	if err == nil && v.change != nil {
		v.change(visit.req)
	}
	return visit, err
}

func (v variant) crowd(size int) *crowd {
	if v.cookie {
		return newCrowdBy("Cookie", "theme=dark; sid=", userToken, size)
	}
	return newCrowd(userToken, size)
}
