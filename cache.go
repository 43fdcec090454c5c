package huaweiid

import "time"

// The cache: bounded, with lazy expiry. Good answers and refusals have one each, so that refusals never push out good
// answers.

// key names a token: SHA-256 over the upstream's identity and the token. The token itself is kept nowhere.
type key = [32]byte

// entry is what is remembered of a token: an identity (newIdentity) or a refusal. All but place stays as it was stored, since
// a hit reads it outside the lock; to change it, replace it. Moments are counted from epoch.
type entry struct {
	key     key
	refusal *outcome      // nil = there is an identity
	refresh time.Duration // until then a hit is served without a second thought
	expires time.Duration // end of the entry's life
	end     time.Duration // after which no rule can serve it; the end of the stale window
	place   int           // in cache.byEnd

	// The identity, as Huawei gives it. Every value is empty or fit for a header: visible ASCII, at most maxValue bytes.
	openID      string
	unionID     string
	phone       string
	countryCode string // with its 00
	national    string
	e164        string // phone in that form; "" = there is no country code
	whole       bool   // the first three, which most instances ask for, are there
}

// cache holds at most limit entries, which may be none. Finding one costs a map look-up, storing and removing O(log n). It
// is not locked.
//
// Full, it drops the entry whose end is nearest: one that no rule can serve any more, if there is one. Hits need no
// book-keeping then, which would cost an interpreted hit as much as all the rest of it.
type cache struct {
	limit   int
	entries map[key]*entry
	byEnd   []*entry // a heap: the nearest end comes first
}

func newCache(limit int) *cache {
	return &cache{limit: limit, entries: map[key]*entry{}}
}

// putEntry stores an entry in place of the key's older one, and returns how many others had to go for it while they could
// still serve.
func putEntry(c *cache, e *entry, now time.Duration) (evicted int) {
	if old := c.entries[e.key]; old != nil {
		removeEntry(c, old)
	}
	// What has nothing to do is not called: a call takes as long as a dozen steps.
	heap := c.byEnd
	place := len(heap)
	if place > 0 && heap[0].end <= now {
		dropDead(c, now)
		heap = c.byEnd
		place = len(heap)
	}
	if place >= c.limit {
		return putEntryFull(c, e)
	}
	c.entries[e.key] = e
	c.byEnd = append(heap, e)
	e.place = place
	if place > 0 && heap[(place-1)/2].end > e.end {
		siftUp(c, place)
	}
	return 0
}

// putEntryFull puts an entry in the place of the one whose end is nearest, and returns how many went.
func putEntryFull(c *cache, e *entry) (evicted int) {
	if c.limit == 0 {
		return 0
	}
	delete(c.entries, c.byEnd[0].key)
	c.entries[e.key] = e
	c.byEnd[0] = e
	siftDown(c, 0)
	return 1
}

// dropDead removes one or two of the dead, of which there is one: two per newcomer, so that the cache shrinks after a rush
// without a sweeper, and no caller pays for many.
func dropDead(c *cache, now time.Duration) {
	removeEntry(c, c.byEnd[0])
	if len(c.byEnd) > 0 && c.byEnd[0].end <= now {
		removeEntry(c, c.byEnd[0])
	}
}

// replaceEntry puts a changed copy of an entry in its place; the end has to be the same.
func replaceEntry(c *cache, e, changed *entry) {
	changed.place = e.place
	c.entries[e.key] = changed
	c.byEnd[e.place] = changed
}

// removeEntry removes an entry that is there.
func removeEntry(c *cache, e *entry) {
	delete(c.entries, e.key)
	heap := c.byEnd
	last := len(heap) - 1
	place := e.place
	moved := heap[last]
	heap[place] = moved
	moved.place = place
	heap[last] = nil
	c.byEnd = heap[:last]
	if place < last {
		siftDown(c, place)
		siftUp(c, place)
	}
}

// siftUp and siftDown restore the heap around one place. container/heap would call back for every comparison, and each
// such call of interpreted code from compiled costs more than a whole step here.
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
