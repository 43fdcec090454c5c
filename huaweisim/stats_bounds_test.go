package huaweisim

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestStats_rememberSoManyTokensAndNoMore(t *testing.T) {
	t.Parallel()
	var s stats
	s.reset()
	for i := 0; i < maxTokens+3; i++ {
		s.count(GetInfo, strconv.Itoa(i))
	}
	s.count(GetInfo, "0")
	now := s.snapshot()
	assert.Equal(t, maxTokens, now.Tokens)
	assert.Equal(t, 3, now.CallsOfOtherTokens)
	assert.Equal(t, maxTokens+4, now.Calls[GetInfo])
	assert.Equal(t, 2, s.tokenCalls(GetInfo, "0"), "known tokens go on being counted")
	assert.Equal(t, 0, s.tokenCalls(GetInfo, strconv.Itoa(maxTokens)))
}

func TestStats_rememberSoManyResultsAndNoMore(t *testing.T) {
	t.Parallel()
	var s stats
	s.reset()
	for i := 0; i < maxResults+3; i++ {
		s.result(GetInfo, "nsp "+strconv.Itoa(i))
	}
	s.result(GetInfo, "nsp 0")
	results := s.snapshot().Results[GetInfo]
	assert.Equal(t, 3, results["other"])
	assert.Equal(t, 2, results["nsp 0"])
	assert.Len(t, results, maxResults+1)
}
