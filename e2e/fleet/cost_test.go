package fleet

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/traffic"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// The model of docs/scaling.md against runs of one, two and four Traefiks: what users in steady use cost Huawei does not grow with the
// number of replicas, what they cost Redis does.
func TestFleet_costsWhatTheModelSays(t *testing.T) {
	const (
		users = 40
		ttl   = 4 * time.Second
		lasts = 12 * time.Second
	)
	for _, replicas := range []int{1, 2, 4} {
		t.Run(fmt.Sprintf("%d replicas", replicas), func(t *testing.T) {
			f := newFleet(t, replicas, nil, traffic.Options{"ttl": ttl.String(), "staleIfError": "1m"})
			begun := time.Now()
			var running sync.WaitGroup
			for user := range users {
				running.Add(1)
				go func() {
					defer running.Done()
					for turn := user; time.Since(begun) < lasts; turn++ {
						a := f.replicas[turn%replicas].client.Get(context.Background(), host, userToken(user))
						assert.NoError(t, a.Wrong())
						assert.Equal(t, http.StatusOK, a.Status)
						time.Sleep(200 * time.Millisecond)
					}
				}()
			}
			running.Wait()
			took := time.Since(begun)

			// An answer is renewed in the last fifth of a life that is up to a tenth shorter than the ttl.
			lives := float64(took) / (0.85 * float64(ttl))
			calls := float64(f.huawei.Stats().Calls[huaweisim.GetInfo]) / users
			reads := float64(f.commands("get")) / users
			writes := float64(f.commands("set")) / users
			t.Logf("%.1f lives of %v: a user cost %.1f calls, %.1f GET and %.1f SET", lives, ttl, calls, reads, writes)
			assert.InDelta(t, lives, calls, 0.5*lives+1, "as many calls as lives, whatever the number of replicas")
			assert.LessOrEqual(t, writes, calls+1)
			// Two per lookup for the two names, and one per write, for the refusal.
			assert.LessOrEqual(t, reads, 2*float64(replicas)*(1.6*lives+2)+writes)
			require.NotZero(t, writes)
		})
	}
}

// commands counts how often Redis was sent a command.
func (f *fleet) commands(name string) int {
	f.t.Helper()
	count := 0
	_, _ = fmt.Sscanf(f.redis.Info("cmdstat_"+name), "calls=%d", &count)
	return count
}
