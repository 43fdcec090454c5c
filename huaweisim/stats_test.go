package huaweisim_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

func TestStats_callsByAPIAndToken(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.getInfo("mainland/1")
	s.getInfo("mainland/1")
	s.getInfo("expired/1")
	s.getTokenInfo("mainland/1")
	s.getInfo("http/503/1")

	assert.Equal(t, huaweisim.Stats{
		Calls: map[string]int{huaweisim.GetInfo: 4, huaweisim.GetTokenInfo: 1},
		Results: map[string]map[string]int{
			huaweisim.GetInfo:      {"200": 2, "nsp 6": 1, "http 503": 1},
			huaweisim.GetTokenInfo: {"200": 1},
		},
		Rejected:     map[string]int{},
		Tokens:       3,
		MostUnderWay: 1,
	}, s.Stats())
	assert.Equal(t, 2, s.TokenCalls(huaweisim.GetInfo, "mainland/1"))
	assert.Equal(t, 1, s.TokenCalls(huaweisim.GetTokenInfo, "mainland/1"))
	assert.Equal(t, 0, s.TokenCalls(huaweisim.GetTokenInfo, "expired/1"))
	assert.Equal(t, 0, s.TokenCalls(huaweisim.GetInfo, "mainland/2"))
	assert.Equal(t, 0, s.TokenCalls("getPhone", "mainland/1"))
}

func TestStats_oneAfterTheOtherIsOneUnderWay(t *testing.T) {
	t.Parallel()
	s := start(t)
	// A long answer goes out before its handler is done; the next call must not
	// meet it.
	for i := 0; i < 100; i++ {
		s.getInfo("body/huge/1")
	}
	assert.Equal(t, 1, s.Stats().MostUnderWay)
	assert.Equal(t, 0, s.Stats().UnderWay)
}

func TestStats_mostUnderWayAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.SetFaults(huaweisim.Fault{Kind: "hang"})
	const calls = 20
	var failed []<-chan error
	for i := 0; i < calls; i++ {
		failed = append(failed, s.inBackground(context.Background(), fmt.Sprintf("mainland/%d", i)))
	}
	s.awaitUnderWay(calls)

	s.ResetStats()
	assert.Equal(t, calls, s.Stats().UnderWay, "a reset forgets no call under way")
	assert.Equal(t, calls, s.Stats().MostUnderWay)

	s.SetFaults()
	for _, f := range failed {
		assert.Error(t, <-f)
	}
	assert.Equal(t, 0, s.Stats().UnderWay)
	assert.Equal(t, calls, s.Stats().MostUnderWay)

	s.ResetStats()
	assert.Equal(t, 0, s.Stats().MostUnderWay)
}

func TestStats_countsUnderConcurrency(t *testing.T) {
	t.Parallel()
	s := start(t)
	const clients, calls = 8, 25
	var wg sync.WaitGroup
	for c := 0; c < clients; c++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := 0; i < calls; i++ {
				resp, err := s.client.Do(s.call(huaweisim.GetInfo, fmt.Sprintf("mainland/%d", i)))
				if assert.NoError(t, err) {
					_ = resp.Body.Close()
				}
			}
		}()
	}
	wg.Wait()
	stats := s.Stats()
	assert.Equal(t, clients*calls, stats.Calls[huaweisim.GetInfo])
	assert.Equal(t, map[string]int{"200": clients * calls}, stats.Results[huaweisim.GetInfo])
	assert.Equal(t, calls, stats.Tokens)
	assert.Equal(t, clients, s.TokenCalls(huaweisim.GetInfo, "mainland/7"))
	assert.LessOrEqual(t, stats.MostUnderWay, clients)
}

func TestStats_resultIsKnownBeforeTheAnswerIs(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.SetFaults(huaweisim.Fault{Kind: "reset"})
	assert.Error(t, <-s.inBackground(context.Background(), "mainland/1"))
	assert.Equal(t, map[string]int{"cut": 1}, s.Stats().Results[huaweisim.GetInfo])
}

func TestStats_isACopy(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.Stats().Calls[huaweisim.GetInfo] = 99
	s.Stats().Results[huaweisim.GetInfo]["200"] = 99
	s.Stats().Rejected["path"] = 99
	require.Equal(t, http.StatusOK, s.getInfo("mainland/1").status)
	assert.Equal(t, 1, s.Stats().Calls[huaweisim.GetInfo])
	assert.Equal(t, 1, s.Stats().Results[huaweisim.GetInfo]["200"])
	assert.Empty(t, s.Stats().Rejected)
}
