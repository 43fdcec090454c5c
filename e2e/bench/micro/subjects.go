package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"

	"github.com/traefik-huaweiid/huaweiid/e2e/bench/visitors"
)

// Names of the subjects.
const (
	subjectEmpty    = "empty"
	subjectHitFew   = "hit-few"
	subjectHitSome  = "hit-some"
	subjectHitMost  = "hit-most"
	subjectRefusal  = "refusal"
	subjectMiss     = "miss"
	subjectEviction = "miss-evicting"
	subjectNew      = "new"
)

// Users in the caches.
const (
	few     = 1000
	some    = 100_000
	usual   = 10_000 // the default of cache.maxEntries
	plenty  = 10_000_000
	batch   = 200 // instances that one context holds, as a configuration's does
	started = 100 // visits before anything is weighed: connections are open then, and what is made once is made
)

// subject is what is measured in a process of its own.
type subject struct {
	Name  string
	Users int // in the cache when it begins
	Limit int // cache.maxEntries

	says  string
	begin func(spec) (*scene, error)
}

// compared is how many of the first subjects are compared with each other: the empty plugin and the hits by number of users.
const compared = 4

// subjects are all there are, with so many users in the largest cache, and in the one that misses come to.
func subjects(most, full int) []subject {
	all := []subject{
		{Name: subjectEmpty, says: "the empty plugin", begin: beginEmpty},
		{Name: subjectHitFew, says: fmt.Sprintf("hit, %d users", few), Users: few, Limit: plenty, begin: beginHit},
		{Name: subjectHitSome, says: fmt.Sprintf("hit, %d users", min(some, most)), Users: min(some, most), Limit: plenty, begin: beginHit},
		{Name: subjectHitMost, says: fmt.Sprintf("hit, %d users", most), Users: most, Limit: plenty, begin: beginHit},
	}
	for _, v := range variants {
		all = append(all, subject{Name: v.name, says: "hit, " + v.says, Users: few, Limit: plenty, begin: v.begin})
	}
	return append(all,
		subject{Name: subjectRefusal, says: "refusal from the cache", Limit: usual, begin: beginRefusal},
		subject{Name: subjectMiss, says: fmt.Sprintf("miss, %d users, room for more", full), Users: full, Limit: plenty, begin: beginMisses},
		subject{Name: subjectEviction, says: fmt.Sprintf("miss, %d users, room for no more", full), Users: full, Limit: full, begin: beginMisses},
		subject{Name: subjectNew, says: "New, configuration decoded", Limit: usual, begin: beginNew},
	)
}

var errSubject = errors.New("no such subject")

func subjectNamed(name string) (subject, error) {
	for _, s := range subjects(few, few) {
		if s.Name == name {
			return s, nil
		}
	}
	return subject{}, fmt.Errorf("%w: %s", errSubject, name)
}

// scene is a subject ready to be measured.
type scene struct {
	once  func()       // what is measured
	check func() error // that the last time did what it is to be measured at
	facts func() facts // what is to be told beside the measurements, after them; may be nil
}

// facts are by name; those in bytes are of the heap after garbage was collected.
type facts map[string]float64

const (
	factPerEntry    = "bytes per entry"
	factFull        = "bytes when full"
	factAfter       = "bytes after more misses"
	factMisses      = "misses since"
	factPerInstance = "bytes per instance"
)

func beginEmpty(s spec) (*scene, error) {
	v, err := newVisit(s.empty())
	if err != nil {
		return nil, err
	}
	c := newCrowd(userToken, few)
	return &scene{once: func() { v.with(c) }, check: func() error { return nil }}, nil
}

func beginHit(s spec) (*scene, error) {
	v, err := newVisit(s.plugin(nil))
	if err != nil {
		return nil, err
	}
	return hits(s, v, newCrowd(userToken, s.Users))
}

// hits has users whom the plugin knows.
func hits(s spec, v *visit, c *crowd) (*scene, error) {
	before := heap()
	if err := fill(c); err != nil {
		return nil, err
	}
	perEntry := float64(heap()-before) / float64(s.Users)
	return &scene{
		once:  func() { v.with(c) },
		check: v.identified,
		facts: func() facts { return facts{factPerEntry: perEntry} },
	}, nil
}

func beginRefusal(s spec) (*scene, error) {
	v, err := newVisit(s.plugin(nil))
	if err != nil {
		return nil, err
	}
	c := newCrowd(refusedToken, 1)
	return &scene{once: func() { v.with(c) }, check: v.refused}, nil
}

// beginMisses has a new user each time.
func beginMisses(s spec) (*scene, error) {
	v, err := newVisit(s.plugin(nil))
	if err != nil {
		return nil, err
	}
	if err := fill(newCrowd(userToken, s.Users)); err != nil {
		return nil, err
	}
	serial := s.Users
	authorization := make([]string, 1)
	once := func() {
		authorization[0] = "Bearer " + visitors.Token(userToken, serial)
		serial++
		v.send("Authorization", authorization)
	}
	for range started {
		once()
	}
	full, first := heap(), serial
	return &scene{once: once, check: v.identified, facts: func() facts {
		after := heap()
		return facts{
			factFull:     float64(full),
			factAfter:    float64(after),
			factMisses:   float64(serial - first),
			factPerEntry: float64(after-full) / float64(serial-first),
		}
	}}, nil
}

// beginNew makes instances of one middleware, as each router that uses it has its own. Those of one configuration end with
// its context.
func beginNew(s spec) (*scene, error) {
	makes, err := s.load()
	if err != nil {
		return nil, err
	}
	options := options(s.Huawei, s.Limit, nil)
	next := &backend{}
	var failure error
	made := 0
	ctx, cancel := context.WithCancel(context.Background())
	once := func() {
		if made++; made%batch == 0 {
			cancel()
			ctx, cancel = context.WithCancel(context.Background())
		}
		if _, err := makes(ctx, next, options, "auth@file"); err != nil {
			failure = err
		}
	}
	once()
	return &scene{once: once, check: func() error { return failure }, facts: func() facts {
		held, done := context.WithCancel(context.Background())
		defer done()
		var handlers []http.Handler
		before := heap()
		for range batch {
			handler, err := makes(held, next, options, "auth@file")
			if err != nil {
				failure = err
			}
			handlers = append(handlers, handler)
		}
		perInstance := float64(heap()-before) / batch
		runtime.KeepAlive(handlers)
		return facts{factPerInstance: perInstance}
	}}, nil
}

// heap is how many bytes are in use once garbage is collected; the second collection takes what finalizers let go.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
