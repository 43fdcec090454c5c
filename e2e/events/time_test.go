package events

import (
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/traffic"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
	"github.com/traefik-huaweiid/huaweiid/internal/redistest"
)

const (
	revocations = 100
	// between is the time from one event to the next: no divisor of the second after which a list is read again.
	between = 93 * time.Millisecond
	// askEvery is how exactly it is told when a user is refused.
	askEvery = 10 * time.Millisecond
)

// refusedAfter revokes users, one after the other, by events that one Traefik receives, and tells how long after Huawei began to send
// it each was refused by another, which may be the same.
func refusedAfter(t *testing.T, receives, asked *gateway) []time.Duration {
	t.Helper()
	receives.send(huaweisim.Event{OpenID: "somebody else"}) // so that the keys are there
	tokens := make([]string, revocations)
	for i := range tokens {
		tokens[i] = newToken()
		asked.know(tokens[i])
		receives.sim.Revoke(tokens[i])
	}
	took := make([]time.Duration, revocations)
	var under sync.WaitGroup
	for i, token := range tokens {
		begin := time.Now()
		require.Equal(t, http.StatusOK, receives.send(huaweisim.Event{Token: token}).Status)
		under.Go(func() {
			for time.Since(begin) < patience {
				status, err := asked.statusOf(token)
				if err != nil || status == http.StatusUnauthorized {
					assert.NoError(t, err)
					break
				}
				time.Sleep(askEvery)
			}
			took[i] = time.Since(begin)
		})
		time.Sleep(max(0, between-time.Since(begin)))
	}
	under.Wait()
	slices.Sort(took)
	return took
}

// statusOf is ask for goroutines that are not the test's.
func (g *gateway) statusOf(token string) (int, error) {
	req, err := http.NewRequest(http.MethodGet, g.URL()+"/", nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := g.client.Do(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

// Within two seconds is promised. A busy machine gets more, but for half of the users.
func TestTime_fromAnEventToTheRefusal(t *testing.T) {
	b := newBed(t)
	alone := b.start(nil)
	server := redistest.Start(t)
	first, second := b.start(sharing(server)), b.start(sharing(server))
	for _, route := range []struct {
		name            string
		receives, asked *gateway
	}{{"one Traefik", alone, alone}, {"two Traefiks, the one that receives it", first, first}, {"two Traefiks, the other", first, second}} {
		took := refusedAfter(t, route.receives, route.asked)
		median, worst := traffic.Percentile(took, 50), took[len(took)-1]
		t.Logf("%s: from the event to the refusal, of %d: median %v, worst %v", route.name, len(took), median.Round(time.Millisecond), worst.Round(time.Millisecond))
		assert.Less(t, median, 2*time.Second, route.name)
		assert.Less(t, worst, patience, route.name)
	}
}
