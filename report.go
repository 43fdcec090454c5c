package huaweiid

import "net/http"

// Report mode: nothing is refused and nobody waits. A token that is not in the cache is looked up beside its request, which
// goes on as pending; when the lookup lands, its verdict is logged and counted for all the requests that went on meanwhile.

// watcher is an instance in report mode, to a flight. It refers to no upstream, since types that refer to each other in a circle
// are not safe with the interpreter.
type watcher struct {
	log   *logger
	tally *tally
	phone phoneSettings
}

// resolveBeside finds out whom a request's token stands for without waiting. false means that the answer is still to come, and
// will be told to the watcher.
func resolveBeside(u *upstream, w *watcher, k key, token string, req *http.Request) (answer, bool) {
	a, f, do := decide(u, k)
	switch do {
	case doRefresh:
		go fly(u, k, token, clientAddress(req), f, w.log)
	case doWait:
		countLookup(u.metrics, fromCoalesced)
		watch(u, w, k, f)
		return answer{from: fromPending}, false
	case doFly:
		watch(u, w, k, f)
		go flyBeside(u, k, token, clientAddress(req), f, w.log)
		return answer{from: fromPending}, false
	}
	countLookup(u.metrics, a.from)
	return a, true
}

// watch has a flight tell the watcher of its verdict, for one request more.
func watch(u *upstream, w *watcher, k key, f *flight) {
	if !joined(u, w, k, f) {
		landedFor(u, w, k, f.answer, 1)
	}
}

// joined is false for a flight that has landed.
func joined(u *upstream, w *watcher, k key, f *flight) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.flights[k] != f {
		return false
	}
	if f.watchers == nil {
		f.watchers = map[*watcher]int64{}
	}
	f.watchers[w]++
	return true
}

func flyBeside(u *upstream, k key, token, address string, f *flight, log *logger) {
	defer recovered()
	fly(u, k, token, address, f, log)
	countLookup(u.metrics, f.answer.from)
}

// tellWatchers tells a flight's verdict. Nobody joins a flight that has landed.
func tellWatchers(u *upstream, k key, f *flight) {
	for w, requests := range f.watchers {
		landedFor(u, w, k, f.answer, requests)
	}
}

// landedFor counts and logs what a verdict is to requests that went on without it.
func landedFor(u *upstream, w *watcher, k key, a answer, requests int64) {
	o := a.outcome
	if o == nil && w.phone.require && phoneIn(a.entry.identity, w.phone.format) == "" {
		o = outcomeByWhen[whenPhoneRequired]
	}
	if o == nil {
		w.tally.outcomes.Add(statusOf(a.from), requests)
		return
	}
	w.tally.outcomes.Add(reported+o.code, requests)
	w.log.wouldRefuse(o, fingerprint(k), requests)
	if onlyRefusals(w.tally, o, requests) {
		w.log.onlyRefusals(o, lastCause(u))
	}
}

// reported is what stands before the code of a refusal that report mode did not make.
const reported = "would_"
