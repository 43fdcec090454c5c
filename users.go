package huaweiid

import (
	"hash/maphash"
	"time"
)

// Forgetting a user: the good answers by OpenID and UnionID, and the users who were forgotten of late. Only a state that events may
// reach has this; hits never read it, and without events it costs nothing.

const (
	// forgetBatch is how many answers go while the lock is held once, so that nobody waits for more than a millisecond.
	forgetBatch = 3
	// indexBatch is how many answers are indexed while the lock is held once.
	indexBatch = 8
	// fewOfUser is up to how many answers of one user are in a list, which is searched from end to end.
	fewOfUser = 16
	// maxForgotten bounds the IDs that are remembered. Past it, every answer of before counts as forgotten where it matters.
	maxForgotten = 200_000
	// forgottenMargin is added to how long an answer can come late, for what moments are unsure by.
	forgottenMargin = time.Minute
)

// userIndex finds a user's good answers. The upstream's lock guards it. IDs are in it as hashes: should two ever agree, somebody is
// looked up once more.
type userIndex struct {
	seed maphash.Seed
	few  map[uint64][]*entry        // by OpenID and by UnionID: neither has the form of the other
	many map[uint64]map[*entry]bool // for users with more answers than a list can be searched for

	// Answers of earlier asking may still come for users who were forgotten: from lookups under way, or out of the shared cache.
	life     time.Duration // for so long
	turned   time.Duration // since epoch: when young became old
	young    map[uint64]time.Duration
	old      map[uint64]time.Duration
	floor    time.Duration // since epoch: whoever was asked about before is forgotten, if hasFloor
	hasFloor bool
}

// watchUsers has an upstream index its good answers from now on. Those that it has already follow bit by bit.
func watchUsers(u *upstream) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.good.users != nil {
		return
	}
	x := &userIndex{
		seed:   maphash.MakeSeed(),
		few:    map[uint64][]*entry{},
		many:   map[uint64]map[*entry]bool{},
		life:   u.ttl + u.staleWindow + u.client.timeout + forgottenMargin,
		turned: u.since(epoch),
		young:  map[uint64]time.Duration{},
		old:    map[uint64]time.Duration{},
	}
	u.good.users = x
	if len(u.good.byEnd) > 0 {
		go indexAll(u, x)
	}
}

// indexAll indexes the answers of before the index. One that came meanwhile is in there already, and one whose user was forgotten
// meanwhile goes.
func indexAll(u *upstream, x *userIndex) {
	defer recovered()
	u.mu.Lock()
	defer u.mu.Unlock()
	n := 0
	// What is stored and removed in between changes nothing for the rest: Go's maps allow that.
	for _, e := range u.good.entries {
		if !isIndexed(x, e) {
			indexEntry(x, e)
			if isForgotten(x, e) {
				removeEntry(u.good, e)
			}
		}
		if n++; n%indexBatch == 0 {
			letOthersIn(u)
		}
	}
}

// letOthersIn gives the lock up for whoever waits for it.
func letOthersIn(u *upstream) {
	u.mu.Unlock()
	u.mu.Lock()
}

// isIndexed looks among an OpenID's answers, which every one of them has.
func isIndexed(x *userIndex, e *entry) bool {
	h := maphash.String(x.seed, e.identity.openID)
	if set := x.many[h]; set != nil {
		return set[e]
	}
	for _, other := range x.few[h] {
		if other == e {
			return true
		}
	}
	return false
}

func indexEntry(x *userIndex, e *entry) {
	indexUnder(x, e.identity.openID, e)
	indexUnder(x, otherID(e), e)
}

// otherID is an identity's UnionID, unless that is its OpenID: whoever is found twice would be removed twice.
func otherID(e *entry) string {
	if e.identity.unionID == e.identity.openID {
		return ""
	}
	return e.identity.unionID
}

func indexUnder(x *userIndex, id string, e *entry) {
	if id == "" {
		return
	}
	h := maphash.String(x.seed, id)
	if set := x.many[h]; set != nil {
		set[e] = true
		return
	}
	list := x.few[h]
	if len(list) < fewOfUser {
		x.few[h] = append(list, e)
		return
	}
	set := map[*entry]bool{e: true}
	for _, other := range list {
		set[other] = true
	}
	x.many[h] = set
	delete(x.few, h)
}

func unindexEntry(x *userIndex, e *entry) {
	unindexUnder(x, e.identity.openID, e)
	unindexUnder(x, otherID(e), e)
}

func unindexUnder(x *userIndex, id string, e *entry) {
	if id == "" {
		return
	}
	h := maphash.String(x.seed, id)
	if set := x.many[h]; set != nil {
		delete(set, e)
		if len(set) == 0 {
			delete(x.many, h)
		}
		return
	}
	list := x.few[h]
	for i, other := range list {
		if other != e {
			continue
		}
		last := len(list) - 1
		if last == 0 {
			delete(x.few, h)
			return
		}
		list[i] = list[last]
		list[last] = nil
		x.few[h] = list[:last]
		return
	}
}

// forgetUser ends every good answer that an upstream was given about a user up to now, and sees to it that none of earlier asking
// is stored. It returns how many there were.
func forgetUser(u *upstream, openID, unionID string) int {
	at, ok := noteForgotten(u, openID, unionID)
	if !ok {
		return 0
	}
	return forgetID(u, openID, at) + forgetID(u, unionID, at)
}

// noteForgotten remembers whom to forget, before it is done. It returns the moment, and whether there can be anything to forget.
func noteForgotten(u *upstream, openID, unionID string) (time.Duration, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	at := u.since(epoch)
	x := u.good.users
	if x == nil {
		return at, false
	}
	turnForgotten(x, at)
	if len(x.young)+2 > maxForgotten {
		x.floor = at
		x.hasFloor = true
		x.young = map[uint64]time.Duration{}
		x.old = map[uint64]time.Duration{}
	}
	if openID != "" {
		x.young[maphash.String(x.seed, openID)] = at
	}
	if unionID != "" {
		x.young[maphash.String(x.seed, unionID)] = at
	}
	return at, true
}

// turnForgotten drops what no answer can be late for any more: two maps that take turns need no sweeper.
func turnForgotten(x *userIndex, now time.Duration) {
	if now-x.turned < x.life {
		return
	}
	x.old = x.young
	if now-x.turned >= 2*x.life {
		x.old = map[uint64]time.Duration{}
	}
	x.young = map[uint64]time.Duration{}
	x.turned = now
}

// forgetID ends the good answers about who has an ID, some at a time.
func forgetID(u *upstream, id string, at time.Duration) int {
	if id == "" {
		return 0
	}
	count := 0
	for {
		n := forgetSome(u, id, at)
		count += n
		if n < forgetBatch {
			return count
		}
	}
}

func forgetSome(u *upstream, id string, at time.Duration) int {
	u.mu.Lock()
	defer u.mu.Unlock()
	x := u.good.users
	h := maphash.String(x.seed, id)
	var some []*entry
	for _, e := range x.few[h] {
		if e.asked <= at && len(some) < forgetBatch {
			some = append(some, e)
		}
	}
	for e := range x.many[h] {
		if len(some) >= forgetBatch {
			break
		}
		if e.asked <= at {
			some = append(some, e)
		}
	}
	for _, e := range some {
		removeEntry(u.good, e)
	}
	return len(some)
}

// isForgotten tells whether an entry's user was forgotten after Huawei was asked for it. The lock is held.
func isForgotten(x *userIndex, e *entry) bool {
	if x.hasFloor && e.asked <= x.floor {
		return true
	}
	return forgottenSince(x, e.identity.openID, e.asked) || forgottenSince(x, e.identity.unionID, e.asked)
}

func forgottenSince(x *userIndex, id string, asked time.Duration) bool {
	if id == "" || len(x.young)+len(x.old) == 0 {
		return false
	}
	h := maphash.String(x.seed, id)
	if at, ok := x.young[h]; ok && asked <= at {
		return true
	}
	at, ok := x.old[h]
	return ok && asked <= at
}

// endedSince tells whether a good answer's user was forgotten after Huawei was asked.
func endedSince(u *upstream, e *entry) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.good.users != nil && isForgotten(u.good.users, e)
}

// keepGood stores a good answer, unless its user was forgotten meanwhile. It tells whether it did. The lock is held.
func keepGood(u *upstream, e *entry, now time.Duration) bool {
	if x := u.good.users; x != nil {
		if isForgotten(x, e) {
			return false
		}
	}
	keep(u, u.good, e, now)
	return true
}
