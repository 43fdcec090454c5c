package huaweiid

import (
	"net/http"
	"strconv"
	"time"
)

// addCacheStatus says on a response how its answer was come by.
func addCacheStatus(h http.Header, a answer) { h.Add("Cache-Status", a.cacheStatus()) }

// cacheStatus writes how an answer was come by as RFC 9211 defines for the Cache-Status field, e.g. "huaweiid; hit; ttl=42".
// A negative ttl is a stale answer's age past its end.
func (a answer) cacheStatus() string {
	ttl := "; ttl=" + strconv.FormatInt(int64(a.ttl/time.Second), 10)
	switch a.from {
	case fromCache:
		return "huaweiid; hit" + ttl
	case fromRefusals:
		return "huaweiid; hit" + ttl + "; detail=negative"
	case fromStale:
		return "huaweiid; hit" + ttl + "; detail=stale"
	case fromCoalesced:
		return "huaweiid; fwd=miss; collapsed"
	case fromShared:
		return "huaweiid; hit" + ttl + "; detail=shared"
	case fromPending:
		return "huaweiid; fwd=miss; detail=pending"
	case fromNowhere:
		return "huaweiid; detail=overloaded"
	}
	return "huaweiid; fwd=miss"
}
