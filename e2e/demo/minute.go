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
	breaker breaker
}

// second is one column of the chart. The people are the visitors; Hits and Calls are of all requests that the demo sees.
type second struct {
	at int64 // Unix time; another than expected means that nothing has happened since then

	Fresh     int       `json:"fresh"`     // known users, from the cache or asked anew
	Stale     int       `json:"stale"`     // known users, on an answer past its life
	Lost      int       `json:"lost"`      // known users who were refused
	New       int       `json:"new"`       // newcomers who were served
	Refused   int       `json:"refused"`   // newcomers who were refused
	Hits      int       `json:"hits"`      // answered from the cache
	Requests  int       `json:"requests"`  // all
	Calls     int       `json:"calls"`     // to Huawei
	Condition condition `json:"condition"` // the worst that Huawei was in; empty: nothing was seen
}

// breaker is what the demo sees of the plugin's: refusals for being overloaded, with the time to wait, and lookups that worked.
type breaker struct {
	open  bool
	until time.Time // when lookups are tried again
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

// asked counts a call to Huawei.
func (m *minute) asked() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.current().Calls++
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
	s.Requests++
	if v.fromCache() {
		s.Hits++
	}
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

	switch {
	case v.Code == "overloaded":
		m.breaker = breaker{open: true, until: m.now().Add(v.retryAfter)}
	case v.served && v.Source == fromHuawei:
		m.breaker = breaker{}
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
	breakerProbing = "probing" // open, but the next lookup is tried
)

// breakerState gives the state, and while it is open how many seconds Huawei is left alone.
func (m *minute) breakerState() (string, int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.breaker.open {
		return breakerClosed, 0
	}
	left := m.breaker.until.Sub(m.now())
	if left <= 0 {
		return breakerProbing, 0
	}
	return breakerOpen, int((left + time.Second - 1) / time.Second)
}
