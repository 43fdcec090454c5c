package fleet

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/traffic"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

const (
	waitLimit = 30 * time.Second
	waitStep  = 5 * time.Millisecond
)

func TestFleet_whatOneReplicaLearnsTheOthersKnow(t *testing.T) {
	f := newFleet(t, 2, nil, traffic.Options{"ttl": "10m", "negativeTTL": "5m"})

	t.Run("a user verified at one is served by the other without a call", func(t *testing.T) {
		require.Equal(t, http.StatusOK, f.get(0, "mainland/shared").Status)
		f.awaitEntries(1)
		a := f.get(1, "mainland/shared")
		require.Equal(t, http.StatusOK, a.Status)
		assert.Contains(t, a.CacheStatus, "detail=shared")
		assert.Equal(t, 1, f.calls("mainland/shared"))
	})

	t.Run("a token refused at one is refused by the other without a call", func(t *testing.T) {
		require.Equal(t, http.StatusUnauthorized, f.get(0, "expired/shared").Status)
		f.awaitEntries(2)
		a := f.get(1, "expired/shared")
		require.Equal(t, http.StatusUnauthorized, a.Status)
		require.Equal(t, "token_invalid", a.Code)
		assert.Equal(t, 1, f.calls("expired/shared"))
	})

	t.Run("a stampede on both costs at most one lookup each", func(t *testing.T) {
		f.huawei.SetFaults(huaweisim.Fault{Kind: "latency", Latency: "1s"})
		defer f.huawei.SetFaults()
		var running sync.WaitGroup
		answers := make([]traffic.Answer, 1000)
		for i := range answers {
			running.Add(1)
			go func() {
				defer running.Done()
				answers[i] = f.replicas[i%2].client.Get(context.Background(), host, "hongkong/stampede")
			}()
		}
		running.Wait()
		for _, a := range answers {
			require.NoError(t, a.Wrong())
			require.Equal(t, http.StatusOK, a.Status, a)
		}
		assert.LessOrEqual(t, f.calls("hongkong/stampede"), 2)
	})

	t.Run("a dump has nobody in it", func(t *testing.T) {
		dump := string(f.redis.Dump())
		require.Contains(t, dump, "huaweiid:{")
		for _, token := range []string{"mainland/shared", "hongkong/stampede"} {
			user, ok := huaweisim.UserOf(token)
			require.True(t, ok)
			for _, hidden := range []string{token, user.OpenID, user.UnionID, user.MobileNumber, user.PurePhoneNumber} {
				assert.NotContains(t, dump, hidden)
			}
		}
		assert.NotContains(t, dump, "expired/shared")
	})
}

// Huawei is down and a Traefik starts anew: whom the fleet knew it serves, stale answers included.
func TestFleet_restartInAnOutageKnowsTheFleetsUsers(t *testing.T) {
	f := newFleet(t, 2, traffic.Options{"timeout": "1s", "retries": 0}, traffic.Options{"ttl": "4s", "staleIfError": "10m"})
	var known []string
	for i := range 20 {
		token := fmt.Sprintf("mainland/known/%d", i)
		known = append(known, token)
		require.Equal(t, http.StatusOK, f.get(0, token).Status)
	}
	f.awaitEntries(len(known))
	f.huawei.Shut()
	require.NoError(t, f.replicas[1].proxy.Stop())
	f.replicas[1] = f.start()
	require.NotNil(t, f.replicas[1])
	for _, token := range known {
		assert.Equal(t, http.StatusOK, f.get(1, token).Status, token)
	}
	// Past their lives, too, also at one that has started since.
	for _, token := range known { // a life is up to a tenth shorter than the ttl, each by another part of it
		require.Eventually(t, func() bool { return f.get(0, token).Stale() }, waitLimit, 50*time.Millisecond)
	}
	f.replicas = append(f.replicas, f.start())
	require.NotNil(t, f.replicas[2])
	for _, token := range known {
		a := f.get(2, token)
		assert.True(t, a.Stale(), a)
	}
	a := f.get(2, "mainland/stranger")
	assert.GreaterOrEqual(t, a.Status, 500, a)
}

// Users come and go at a steady rate while Redis is killed, is gone for a while, and returns. Huawei is well, so that nobody may
// notice anything.
func TestFleet_nobodyNoticesThatRedisDies(t *testing.T) {
	const (
		rate  = 500 // requests a second, spread over both
		users = 300
		phase = 3 * time.Second
	)
	f := newFleet(t, 2, traffic.Options{"maxConcurrent": 256}, traffic.Options{"ttl": "2s", "staleIfError": "1m"})
	for i := range users {
		f.get(i%2, userToken(i))
	}
	load := startLoad(rate, func(number int) traffic.Answer {
		client := f.replicas[number%2].client
		if number%5 == 0 {
			return client.Get(context.Background(), apart, apartToken(number%20))
		}
		return client.Get(context.Background(), host, userToken(number/2%users))
	})
	time.Sleep(phase)
	killed := time.Now()
	f.redis.Kill()
	time.Sleep(phase)
	f.redis.Restart()
	returned := time.Now()
	require.Eventually(t, func() bool { return f.redis.Int("DBSIZE") > 0 }, 10*time.Second, waitStep, "back within 10 s")
	back := time.Since(returned)
	time.Sleep(phase / 2)
	answers := load.end()

	var without, shared []traffic.Answer
	for _, a := range answers {
		require.NoError(t, a.Wrong())
		require.Equal(t, http.StatusOK, a.Status, a)
		switch {
		case strings.HasPrefix(a.Token, apartTokens):
			without = append(without, a)
		case a.Start.After(killed):
			shared = append(shared, a)
		}
	}
	slow := 0
	var slowest time.Duration
	for _, a := range shared {
		added := a.Took - longestBeside(a, without)
		slowest = max(slowest, added)
		if added > redisTimeout {
			slow++
		}
	}
	t.Logf("%s; %d of them without Redis; of those with it, Redis's death made %d wait for more than redis.timeout, and none for more than %v; it was in use again %v after its return",
		load.achieved(), len(without), slow, slowest.Round(time.Millisecond), back.Round(10*time.Millisecond))
	assert.LessOrEqual(t, slow, 5)
	for _, r := range f.replicas {
		assert.Contains(t, r.proxy.Log(), "shared cache does not serve")
		assert.Less(t, strings.Count(r.proxy.Log(), "shared cache does not serve"), 10)
	}
}

// longestBeside is how long requests without Redis took while another one was under way, or just before or after: what that took
// more, Redis is to blame for, and not a machine that has other work.
func longestBeside(a traffic.Answer, apart []traffic.Answer) (longest time.Duration) {
	const beside = 250 * time.Millisecond
	for _, b := range apart {
		if b.Start.Before(a.End().Add(beside)) && b.End().After(a.Start.Add(-beside)) {
			longest = max(longest, b.Took)
		}
	}
	return longest
}

// apartTokens is what the tokens begin with of those who come without Redis.
const apartTokens = "mainland/apart/"

func apartToken(i int) string { return apartTokens + fmt.Sprint(i) }

func userToken(i int) string { return fmt.Sprintf("mainland/user/%d", i) }
