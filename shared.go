package huaweiid

// The shared tier: a cache behind each process's own, which several Traefiks share. It is optional, and whatever becomes of
// it is no failure of a request.

// sharedTier is asked within the one flight that a key has, before the gate, so that a stampede is one question and so that
// users whom another replica knows are served while Huawei cannot be asked.
type sharedTier interface {
	// fetch returns what replicas know of a token, with moments on this process's clock, or nil. It may be past its life,
	// but is never past its end.
	fetch(k key, token string, log *logger) *entry

	// store tells the replicas what Huawei said. It is called when nobody waits for the lookup any more.
	store(token string, e *entry, log *logger)

	// close ends the connections. Old handlers may still call the other two.
	close()
}

// fromOthers asks the shared tier. It returns an entry that answers the lookup, or nil. A good answer past its life does not,
// but the process keeps it, since it may have to do while Huawei cannot be asked.
func fromOthers(u *upstream, k key, token string, f *flight, log *logger) *entry {
	events := awaitList(u, log)
	e := u.shared.fetch(k, token, log)
	if e == nil || events != nil && !u.list.hears(events) {
		return nil
	}
	e.key = k
	return consider(u, e, f)
}

// consider compares an entry of the shared tier with what the process has itself. What is not younger is nothing new: a
// refresh would only read back what this process wrote, and a good answer would undo a refusal, which counts here past its life.
func consider(u *upstream, e *entry, f *flight) *entry {
	u.mu.Lock()
	defer u.mu.Unlock()
	now := u.since(epoch)
	own := u.good.entries[e.key]
	refused := u.refused.entries[e.key]
	if now >= e.end || own != nil && e.asked <= own.asked || refused != nil && e.asked <= refused.asked {
		return nil
	}
	if e.identity != nil && u.good.users != nil && isForgotten(u.good.users, e) {
		return nil
	}
	if now < e.expires {
		return e
	}
	if e.identity != nil {
		f.known = keepGood(u, e, now)
	}
	return nil
}

// share tells the shared tier what a lookup found out.
func share(tier sharedTier, token string, e *entry, log *logger) {
	defer recovered()
	tier.store(token, e, log)
}
