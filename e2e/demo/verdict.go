package demo

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// Sources: where a verdict was taken from, as Cache-Status tells.
const (
	fromNobody   = ""         // decided without a lookup, such as without a token
	fromCache    = "cache"    // a good answer that is still fresh
	fromRefusals = "refusals" // a refusal that is remembered
	fromStale    = "stale"    // a good answer past its life, while Huawei cannot be asked
	fromHuawei   = "huawei"   // asked, or waited for somebody else's asking
)

// verdict is what the plugin made of a request, as far as its answer tells.
type verdict struct {
	Status int    `json:"status"`
	Code   string `json:"code"` // of a refusal
	Source string `json:"source"`
	TTL    int    `json:"ttl"` // seconds that an answer from the cache has left

	served bool // it came to the backend
}

var ttl = regexp.MustCompile(`; ttl=(-?\d+)`)

func verdictOf(status int, header http.Header, code string) verdict {
	v := verdict{Status: status, Code: code, served: header.Get("X-Echo") != ""}
	told := header.Get("Cache-Status")
	switch {
	case strings.Contains(told, "detail=stale"):
		v.Source = fromStale
	case strings.Contains(told, "detail=negative"):
		v.Source = fromRefusals
	case strings.Contains(told, "; hit"):
		v.Source = fromCache
	case strings.Contains(told, "; fwd="):
		v.Source = fromHuawei
	}
	if match := ttl.FindStringSubmatch(told); match != nil {
		v.TTL, _ = strconv.Atoi(match[1]) // digits, of a few seconds
	}
	return v
}
