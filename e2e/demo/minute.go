package demo

import (
	"sync"
	"time"
)

// shown is how many seconds the chart shows; the current one, which is not over yet, comes on top.
const shown = 60

// minute counts what happened in each of the last seconds.
type minute struct {
	now func() time.Time

	mu      sync.Mutex
	seconds [shown + 1]second // by Unix time modulo length
	figures figures           // the newest
	read    bool              // the newest reading brought figures
}

// second is one column of the chart. The people are the visitors, as their answers tell; Hits, Lookups and Calls are the plugin's own
// figures, of whoever sent the requests.
type second struct {
	at int64 // Unix time; another than expected means that nothing has happened since then

	Fresh     int       `json:"fresh"`     // known users, from the cache or asked anew
	Stale     int       `json:"stale"`     // known users, on an answer past its life
	Lost      int       `json:"lost"`      // known users who were refused
	New       int       `json:"new"`       // newcomers who were served
	Refused   int       `json:"refused"`   // newcomers who were refused
	Hits      int       `json:"hits"`      // tokens found in the cache
	Lookups   int       `json:"lookups"`   // tokens looked for there
	Calls     int       `json:"calls"`     // to Huawei
	Condition condition `json:"condition"` // the worst that Huawei was in; empty: nothing was seen
}

func newMinute(now func() time.Time) *minute {
	return &minute{now: now}
}

// current gives the second to count in; mu is held.
func (m *minute) current() *second {
	at := m.now().Unix()
	s := &m.seconds[at%int64(len(m.seconds))]
	if s.at != at {
		*s = second{at: at}
	}
	return s
}

// metered counts what the plugin's figures have grown by since they were read last.
func (m *minute) metered(f figures) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.current()
	s.Hits += f.hits - m.figures.hits
	s.Lookups += f.lookups - m.figures.lookups
	s.Calls += f.calls - m.figures.calls
	m.figures, m.read = f, true
}

// unmetered notes that the figures could not be read.
func (m *minute) unmetered() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.read = false
}

// under notes the condition that Huawei is in.
func (m *minute) under(c condition) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s := m.current(); s.Condition == "" || s.Condition == normal {
		s.Condition = c
	}
}

// answered counts how a request ended. Who is known, new, or neither: one that somebody sent by a button.
func (m *minute) answered(who who, v verdict) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.current()
	switch {
	case who == known && !v.served:
		s.Lost++
	case who == known && v.Source == fromStale:
		s.Stale++
	case who == known:
		s.Fresh++
	case who == newcomer && v.served:
		s.New++
	case who == newcomer:
		s.Refused++
	}
}

// last gives the seconds that are over, oldest first.
func (m *minute) last() []second {
	m.mu.Lock()
	defer m.mu.Unlock()
	end := m.now().Unix()
	seconds := make([]second, 0, shown)
	for at := end - shown; at < end; at++ {
		s := m.seconds[at%int64(len(m.seconds))]
		if s.at != at {
			s = second{}
		}
		seconds = append(seconds, s)
	}
	return seconds
}

// Breaker states, as the page names them.
const (
	breakerClosed  = "closed"
	breakerOpen    = "open"
	breakerUnknown = "unknown"
)

// kept gives the state of the breaker, and how many answers are in the cache.
func (m *minute) kept() (breaker string, entries int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case !m.read:
		return breakerUnknown, 0
	case m.figures.breakers > 0:
		return breakerOpen, m.figures.entries
	}
	return breakerClosed, m.figures.entries
}
