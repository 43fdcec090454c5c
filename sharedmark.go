package huaweiid

import (
	"log/slog"
	"sync"
)

// A Traefik that hears of no account events, in a fleet whose others do, goes on serving whom they have forgotten: nothing but an
// instance with events.path has it listen. So who hears of events marks what it shares, and who finds the mark and does not hear of
// them says so.

// hearing is what a redisTier knows of account events.
type hearing struct {
	heard func() bool // whether its state hears of them
	once  sync.Once
}

// newHearing is of a state that hears of none.
func newHearing() *hearing { return &hearing{heard: func() bool { return false }} }

// checkMark says once what is wrong where an answer of the shared cache is by somebody who hears of account events, and this Traefik
// does not.
func checkMark(h *hearing, r *sharedRecord, log *logger) {
	if !r.heard || h.heard() {
		return
	}
	h.once.Do(func() {
		log.say(slog.LevelWarn, "this Traefik hears of no account events, and others with the same Redis do: "+
			"whom they forget is served here until the answer ends",
			"remedy", "give it a middleware with events.path and the same audience.clientIDs, on a router that nobody needs to reach")
	})
}
