package huaweiid

import (
	"sync"
	"time"
)

// The cache: bounded, with lazy expiry. Good answers and refusals have one each, so that refusals never push out good
// answers.

// key names a token: SHA-256 over the upstream's identity and the token. The token itself is not kept.
type key = [32]byte

// entry is what is remembered of a token: an identity or a refusal. All but place stays as it was stored, since hits read
// it outside the lock; to change it, replace it. Moments are counted from epoch.
type entry struct {
	key       key
	*identity               // nil = a refusal; embedded, so that a hit reads each value in one step
	refusal   *outcome      // nil = an identity
	asked     time.Duration // when Huawei was asked
	refresh   time.Duration // until then a hit starts no refresh
	expires   time.Duration // end of the entry's life
	retry     time.Duration // past its life: until then it serves as stale without another lookup
	end       time.Duration // no rule can serve it from here on; the end of the stale window
	place     int           // in cache.byEnd
}

// cache holds at most limit entries, which may be none. Finding one costs a map look-up, storing and removing O(log n).
// Full, it drops the entry whose end is nearest: one that no rule can serve any more, if there is one.
//
// Writers have to hold a lock of their own, the upstream's. mu only keeps hits, which read entries without that lock, from
// reading while the map is written: so a hit waits for one assignment at most, not for the work on the heap.
type cache struct {
	limit int
	mu    *sync.RWMutex
	// Of mu: to the interpreter, these values cost a third of what mu's own methods do.
	readLock   func()
	readUnlock func()
	entries    map[key]*entry
	byEnd      []*entry   // a heap: the nearest end comes first
	users      *userIndex // nil = none; of good answers, where account events are received
}

func newCache(limit int) *cache {
	var mu sync.RWMutex
	return &cache{limit: limit, mu: &mu, readLock: mu.RLock, readUnlock: mu.RUnlock, entries: map[key]*entry{}}
}

// putEntry stores an entry in place of the key's older one, and returns how many others had to go for it while they could
// still serve.
func putEntry(c *cache, e *entry, now time.Duration) (evicted int) {
	if old := c.entries[e.key]; old != nil {
		replaceEntry(c, old, e)
		return 0
	}
	if len(c.byEnd) > 0 {
		if c.byEnd[0].end <= now || len(c.byEnd) >= c.limit {
			evicted = makeRoom(c, now)
		}
	}
	if c.limit == 0 {
		return 0
	}
	e.place = len(c.byEnd)
	c.byEnd = append(c.byEnd, e)
	siftUp(c, e.place)
	if c.users != nil {
		indexEntry(c.users, e)
	}
	c.mu.Lock()
	c.entries[e.key] = e
	c.mu.Unlock()
	return evicted
}

// makeRoom lets go of entries for one more, of which there are some, and returns how many of them could still serve.
func makeRoom(c *cache, now time.Duration) (evicted int) {
	// Two of the dead per newcomer: the cache shrinks after a rush without a sweeper, and no caller pays for many.
	for dropped := 0; dropped < 2 && len(c.byEnd) > 0 && c.byEnd[0].end <= now; dropped++ {
		removeEntry(c, c.byEnd[0])
	}
	if len(c.byEnd) < c.limit {
		return 0
	}
	removeEntry(c, c.byEnd[0])
	return 1
}

// replaceEntry puts an entry in the place of the one that has its key.
func replaceEntry(c *cache, old, e *entry) {
	e.place = old.place
	c.byEnd[e.place] = e
	restoreHeap(c, e.place)
	if c.users != nil {
		unindexEntry(c.users, old)
		indexEntry(c.users, e)
	}
	c.mu.Lock()
	c.entries[e.key] = e
	c.mu.Unlock()
}

// removeEntry removes an entry that is there.
func removeEntry(c *cache, e *entry) {
	c.mu.Lock()
	delete(c.entries, e.key)
	c.mu.Unlock()
	if c.users != nil {
		unindexEntry(c.users, e)
	}
	last := len(c.byEnd) - 1
	place := e.place
	moved := c.byEnd[last]
	c.byEnd[place] = moved
	moved.place = place
	c.byEnd[last] = nil
	c.byEnd = c.byEnd[:last]
	if place < last {
		restoreHeap(c, place)
	}
}

// restoreHeap moves the entry at one place to where its end belongs. container/heap would call back for every comparison,
// and a call of interpreted code from compiled costs more than a whole step here.
func restoreHeap(c *cache, place int) {
	siftDown(c, place)
	siftUp(c, place)
}

func siftUp(c *cache, place int) {
	heap := c.byEnd
	e := heap[place]
	for place > 0 {
		parent := (place - 1) / 2
		above := heap[parent]
		if above.end <= e.end {
			break
		}
		heap[place] = above
		above.place = place
		place = parent
	}
	heap[place] = e
	e.place = place
}

func siftDown(c *cache, place int) {
	heap := c.byEnd
	n := len(heap)
	e := heap[place]
	for {
		child := 2*place + 1
		if child >= n {
			break
		}
		if child+1 < n && heap[child+1].end < heap[child].end {
			child++
		}
		below := heap[child]
		if e.end <= below.end {
			break
		}
		heap[place] = below
		below.place = place
		place = child
	}
	heap[place] = e
	e.place = place
}
