package huaweiid

import "time"

// Ways in which an answer was come by. They are the results of huaweiid_cache_lookups_total, too.
const (
	fromCache     = "hit"
	fromRefusals  = "negative_hit"
	fromHuawei    = "miss"
	fromCoalesced = "coalesced"
	fromStale     = "stale"
	fromShared    = "shared_hit"
	fromNowhere   = "overloaded" // nobody was asked
	fromPending   = "pending"    // in report mode: not yet
)

// answer says for whom a token stands, or what is in the way of knowing it, and how that was come by.
type answer struct {
	entry      *entry   // a good one; nil = there is an outcome
	outcome    *outcome // nil = there is an identity
	from       string
	ttl        time.Duration // what is left of the entry's life; negative when stale
	retryAfter time.Duration // 0 = nobody said
}
