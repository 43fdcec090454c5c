package huaweiid

import "time"

// Coalescing: at any moment at most one lookup per key is under way.

// flight is one lookup under way. It belongs to no request: it goes on when the client that caused it leaves. Whoever
// received from done may read the answer.
//
// No select anywhere: Yaegi v0.16.1 keeps one slice of cases per select statement, so that goroutines receive from each
// other's channels, and one user would get another's identity. The lookup's time-out bounds the wait on done.
type flight struct {
	done   chan struct{} // closed when the answer is there
	begun  time.Duration // since epoch
	known  bool          // the user has a good answer that still could serve
	answer answer

	pass    *pass    // while Huawei is being asked
	verdict *verdict // what Huawei said; nil = it was not asked
	ruling  ruling   // what that was to the breaker
	fresh   *entry   // what is news to other replicas; nil = nothing

	watchers map[*watcher]int64 // who wants to be told the verdict, and for how many requests; guarded by the upstream's lock
}

// flights are the lookups under way. They are not locked.
type flights map[key]*flight

// beginFlight starts the flight of a key that has none.
func beginFlight(f flights, k key, known bool, now time.Duration) *flight {
	begun := &flight{done: make(chan struct{}), begun: now, known: known}
	f[k] = begun
	return begun
}
