package huaweiid

import "time"

// Where the list of account events has not been read of late, a lookup has it read while Redis is asked about the token. Both together take
// no longer than redis.timeout: one goroutine reads the list for all lookups, and goes on when they stop waiting.

// listWait is one lookup that waits.
type listWait struct {
	done   chan struct{} // closed when the reading has ended, or the time is up
	over   bool          // the same; guarded by the list's lock
	giveUp *time.Timer
}

// awaitList returns nil where Redis may be believed. Else it has the list read, and returns what to wait for before Redis is.
func awaitList(u *upstream, log *logger) *listWait {
	if u.list == nil || !isWatched(u) {
		return nil
	}
	l := u.list
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.isCurrent() {
		return nil
	}
	if !l.reading {
		l.reading = true
		go readList(u, log)
	}
	w := &listWait{done: make(chan struct{})}
	l.waiting[w] = true
	w.giveUp = time.AfterFunc(l.client.timeout, func() { l.abandon(w) })
	return w
}

// hears waits, and tells whether Redis may be believed then.
func (l *eventList) hears(w *listWait) bool {
	<-w.done
	w.giveUp.Stop()
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.isCurrent()
}

// isCurrent tells whether the list was read of late. l.mu is held.
func (l *eventList) isCurrent() bool {
	return l.hasRead && l.since(epoch)-l.begun < listBelieved
}

// begin lets one reader through at a time.
func (l *eventList) begin() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.reading {
		return false
	}
	l.reading = true
	return true
}

// heardAt notes when a reading began that has succeeded.
func (l *eventList) heardAt(begun time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.begun = begun
	l.hasRead = true
}

// end lets those go who wait for the reading.
func (l *eventList) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reading = false
	for w := range l.waiting {
		l.release(w)
	}
}

// abandon lets a lookup go on without the list.
func (l *eventList) abandon(w *listWait) {
	defer recovered()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.release(w)
}

// release lets a lookup go. l.mu is held.
func (l *eventList) release(w *listWait) {
	delete(l.waiting, w)
	if !w.over {
		w.over = true
		close(w.done)
	}
}
