package demo

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestVerdict_readsWhereTheAnswerIsFrom(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status int
		header http.Header
		code   string
		want   verdict
	}{
		"a hit": {200, http.Header{"X-Echo": {"1"}, "Cache-Status": {"huaweiid; hit; ttl=42"}}, "",
			verdict{Status: 200, Source: fromCache, TTL: 42, served: true}},
		"a stale one": {200, http.Header{"X-Echo": {"1"}, "Cache-Status": {"huaweiid; hit; ttl=-7; detail=stale"}}, "",
			verdict{Status: 200, Source: fromStale, TTL: -7, served: true}},
		"a refusal": {401, http.Header{"Cache-Status": {"huaweiid; hit; ttl=9; detail=negative"}}, "token_invalid",
			verdict{Status: 401, Code: "token_invalid", Source: fromRefusals, TTL: 9}},
		"a lookup": {200, http.Header{"X-Echo": {"1"}, "Cache-Status": {"huaweiid; fwd=miss"}}, "",
			verdict{Status: 200, Source: fromHuawei, served: true}},
		"another's lookup": {200, http.Header{"X-Echo": {"1"}, "Cache-Status": {"huaweiid; fwd=miss; collapsed"}}, "",
			verdict{Status: 200, Source: fromHuawei, served: true}},
		"overloaded": {503, http.Header{"Cache-Status": {"huaweiid; detail=overloaded"}}, "overloaded",
			verdict{Status: 503, Code: "overloaded"}},
		"no token": {401, http.Header{}, "token_missing", verdict{Status: 401, Code: "token_missing"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.want, verdictOf(test.status, test.header, test.code))
		})
	}
}
