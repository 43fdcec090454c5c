package handler

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/bench/given"
)

// hit is a request of a user whom the plugin knows.
type hit struct {
	name    string
	options map[string]any      // beside the usual
	change  func(*http.Request) // nil = the usual request
	cookie  bool                // the token comes in one
	events  bool                // another instance receives account events, so that users are indexed

	// most is how many allocations it may have beyond those of a plugin that does nothing. Each interpreted step allocates,
	// so that the number says how many steps a hit takes; and unlike a time it is the same on every machine. A seventh of it
	// is room for other versions of Go.
	most int
}

var usualHit = hit{name: "usual", most: 69}

// hitWithEvents is of a user who can be forgotten.
var hitWithEvents = hit{name: "account-events", most: usualHit.most, events: true}

// otherHits are by another configuration, or of another request.
var otherHits = []hit{
	// An app's own header, which no list of usual names can know.
	{name: "unusual-header", most: 200, change: sending("X-Acme-Build", "2024.11.3")},
	{name: "keep-alive", most: 372, change: sending("Connection", "keep-alive")},
	{name: "unknown-length", most: 93, change: func(req *http.Request) { req.ContentLength = -1 }},
	{name: "phone.format=e164", most: 270, options: map[string]any{"phone": map[string]any{"format": "e164"}}},
	{name: "phone.format=masked", most: 290, options: map[string]any{"phone": map[string]any{"format": "masked"}}},
	{name: "headers.status", most: 72, options: map[string]any{"headers": map[string]any{"status": "X-User-Status"}}},
	{name: "metricsPath", most: 85, options: map[string]any{"metricsPath": "/huaweiid/metrics"}},
	{name: "accessLogUser", most: 337, options: map[string]any{"accessLogUser": "openID"}},
	{name: "headers.status, metricsPath and accessLogUser", most: 387, options: map[string]any{
		"headers": map[string]any{"status": "X-User-Status"}, "metricsPath": "/huaweiid/metrics", "accessLogUser": "openID",
	}},
	{name: "allowPreflight", most: 105, options: map[string]any{"allowPreflight": "true"}},
	{name: "token.remove", most: 334, options: map[string]any{"token": map[string]any{"remove": "true"}}},
	{name: "token.cookie", most: 655, options: map[string]any{"token": map[string]any{"cookie": "sid"}}, cookie: true},
	hitWithEvents,
	{name: "debugHeader", most: 575, options: map[string]any{"debugHeader": "true"}},
}

func sending(name, value string) func(*http.Request) {
	return func(req *http.Request) { req.Header.Set(name, value) }
}

// early is how many users come before memory is weighed: connections are open then, and what is made once is made.
const early = 100

// start makes an instance that knows so many users, and returns what sends the next one's request and what a user takes of
// memory, in bytes.
func (h hit) start(tb testing.TB, l *lab, users int) (v *visit, once func(), weight float64) {
	tb.Helper()
	v = l.visit(tb, usual, h.options)
	if h.events {
		_, err := l.makes(tb.Context(), backend, l.options(usual, map[string]any{
			"events": map[string]any{"path": "/events", "configURL": l.huawei},
		}), "events@file")
		require.NoError(tb, err)
	}
	if h.change != nil {
		h.change(v.req)
	}
	header, values := "Authorization", bearers(known, users)
	if h.cookie {
		header = "Cookie"
		for i := range values {
			values[i] = "theme=dark; sid=" + given.Token(known, i)
		}
	}
	v.fill(header, values[:min(early, users)])
	before := heap()
	v.fill(header, values)
	weight = float64(heap()-before) / float64(users-early)
	at := 0
	return v, func() {
		v.send(header, values[at])
		if at++; at == users {
			at = 0
		}
	}, weight
}

// beyondEmpty are the allocations of a hit beyond those of an empty plugin.
func (h hit) beyondEmpty(t *testing.T, l *lab, empty float64) float64 {
	t.Helper()
	v, once, _ := h.start(t, l, 10)
	called := l.calls.Load()
	allocations := testing.AllocsPerRun(1000, once) - empty
	v.requireIdentified(t)
	require.Equal(t, called, l.calls.Load(), "these were hits")
	t.Logf("a hit, %s: %.0f allocations beyond an empty plugin's", h.name, allocations)
	return allocations
}

// ofEmpty is what allocationsOfEmpty has found.
var ofEmpty float64

// allocationsOfEmpty are those of a request to the plugin that does nothing.
func allocationsOfEmpty(tb testing.TB) float64 {
	tb.Helper()
	if ofEmpty == 0 {
		empty := visitToEmpty(tb)
		ofEmpty = testing.AllocsPerRun(1000, func() { empty.send("Authorization", "Bearer x") })
	}
	return ofEmpty
}

func TestHit_allocationsBeyondAnEmptyPluginsAreFew(t *testing.T) {
	assert.LessOrEqual(t, usualHit.beyondEmpty(t, newLab(t), allocationsOfEmpty(t)), float64(usualHit.most))
}

func TestHit_otherRequestsAndConfigurationsAllocateFewTimesToo(t *testing.T) {
	l, empty := newLab(t), allocationsOfEmpty(t)
	for _, h := range otherHits {
		assert.LessOrEqual(t, h.beyondEmpty(t, l, empty), float64(h.most), h.name)
	}
}
