package huaweiid

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// replicas is a shared tier in memory: what the others have, and what they were told.
type replicas struct {
	mu     sync.Mutex
	has    map[string]*entry
	told   map[string]*entry
	asked  int
	onTold chan string
}

func newReplicas() *replicas {
	return &replicas{has: map[string]*entry{}, told: map[string]*entry{}, onTold: make(chan string, 100)}
}

func (s *replicas) fetch(_ key, token string, _ *logger) *entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if e := s.has[token]; e != nil {
		fetched := *e
		return &fetched
	}
	return nil
}

func (s *replicas) store(token string, e *entry, _ *logger) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told[token] = e
	s.onTold <- token
}

func (s *replicas) close() {}

func newSharedRig(t *testing.T, change func(*Config)) (*rig, *replicas) {
	t.Helper()
	r := newRig(t, change)
	others := newReplicas()
	r.shared = others
	return r, others
}

// known is what another replica has of a token, asked for so long ago.
func known(r *rig, age time.Duration) *entry {
	asked := r.clock.now - age
	return &entry{
		identity: &identity{openID: "from another"}, asked: asked, refresh: asked + 48*time.Second,
		expires: asked + time.Minute, end: asked + 6*time.Minute,
	}
}

func TestShared_whatOthersKnowNeedsNoCall(t *testing.T) {
	t.Parallel()
	r, others := newSharedRig(t, nil)
	others.has["mainland/1"] = known(r, 10*time.Second)
	a := r.ask("mainland/1")
	require.Equal(t, "from another", a.entry.identity.openID)
	require.Equal(t, fromShared, a.from)
	require.Equal(t, 50*time.Second, a.ttl)
	require.Equal(t, fromCache, r.ask("mainland/1").from, "the process keeps it")
	require.Zero(t, r.calls("mainland/1"))
	require.Equal(t, 1, others.asked)
	require.Empty(t, others.told, "they know it")
}

func TestShared_whatHuaweiSaysIsToldToOthers(t *testing.T) {
	t.Parallel()
	r, others := newSharedRig(t, nil)
	r.requireUser(r.ask("mainland/1"), "mainland/1", fromHuawei)
	r.requireRefused(r.ask("expired/1"), codeTokenInvalid)
	r.requireRefused(r.ask("http/500/1"), codeUnavailable)
	for n := 0; n < 2; n++ {
		<-others.onTold
	}
	require.Len(t, others.told, 2)
	require.NotNil(t, others.told["mainland/1"].identity)
	require.Same(t, outcomeByNSP["6"], others.told["expired/1"].refusal)
}

// It ends the good answer that the others have, too.
func TestShared_aRefusalThatIsNotKeptIsToldAllTheSame(t *testing.T) {
	t.Parallel()
	r, others := newSharedRig(t, func(c *Config) { c.Cache.NegativeTTL = "0s" })
	r.requireRefused(r.ask("expired/1"), codeTokenInvalid)
	<-others.onTold
	require.Equal(t, codeTokenInvalid, others.told["expired/1"].refusal.code)
}

func TestShared_aRefusalOfOthersCounts(t *testing.T) {
	t.Parallel()
	r, others := newSharedRig(t, nil)
	now := r.clock.now
	others.has["mainland/1"] = &entry{refusal: outcomeByNSP["6"], asked: now - time.Second, expires: now + 9*time.Second, end: now + 9*time.Second}
	r.requireRefused(r.ask("mainland/1"), codeTokenInvalid)
	require.Equal(t, fromRefusals, r.ask("mainland/1").from)
	require.Zero(t, r.calls("mainland/1"))
}

// Redis may still have the good answer that the refusal ended: the refusal could not be written, say.
func TestShared_ownRefusalPastItsLifeIsNotUndoneByAnAnswerOfEarlierAsking(t *testing.T) {
	t.Parallel()
	r, others := newSharedRig(t, nil)
	r.requireRefused(r.ask("expired/1"), codeTokenInvalid)
	others.has["expired/1"] = known(r, 20*time.Second)
	r.clock.advance(11 * time.Second)
	r.requireRefused(r.ask("expired/1"), codeTokenInvalid)
	require.Equal(t, 2, r.calls("expired/1"))

	r.clock.advance(11 * time.Second)
	others.has["expired/1"] = known(r, time.Second)
	require.Equal(t, "from another", r.ask("expired/1").entry.identity.openID)
	require.Equal(t, 2, r.calls("expired/1"))
}

func TestShared_aRefreshTakesOnlyWhatIsYounger(t *testing.T) {
	t.Parallel()
	r, others := newSharedRig(t, nil)
	r.ask("mainland/1")
	<-others.onTold
	others.has["mainland/1"] = others.told["mainland/1"]
	r.clock.advance(50 * time.Second)
	r.ask("mainland/1")
	require.Equal(t, 2, r.calls("mainland/1"), "its own entry is no news")

	<-others.onTold
	r.clock.advance(50 * time.Second)
	others.has["mainland/1"] = known(r, time.Second)
	r.ask("mainland/1")
	require.Equal(t, 2, r.calls("mainland/1"))
	require.Equal(t, "from another", r.ask("mainland/1").entry.identity.openID)
}

// A replica that starts in an outage serves the users whom others knew.
func TestShared_staleAnswersOfOthersServeInAnOutage(t *testing.T) {
	t.Parallel()
	r, others := newSharedRig(t, nil)
	r.sim.SetFaults(down(""))
	for n := 0; n < failuresToOpen; n++ {
		r.ask("mainland/stranger" + strconv.Itoa(n))
	}
	r.requireRefused(r.ask("mainland/stranger"), codeOverloaded)
	others.has["mainland/1"] = known(r, 5*time.Minute)
	a := r.ask("mainland/1")
	require.Equal(t, "from another", a.entry.identity.openID)
	require.Equal(t, fromStale, a.from)
	require.Zero(t, r.calls("mainland/1"))

	others.has["mainland/2"] = known(r, 6*time.Minute)
	require.Nil(t, r.ask("mainland/2").entry, "past its end")
}

func TestShared_aStampedeIsOneQuestion(t *testing.T) {
	t.Parallel()
	r, others := newSharedRig(t, nil)
	others.has["mainland/1"] = known(r, time.Second)
	others.mu.Lock() // nobody gets an answer yet
	var group sync.WaitGroup
	for n := 0; n < 50; n++ {
		group.Add(1)
		go func() {
			defer group.Done()
			r.resolve("mainland/1", "10.0.0.1:1")
		}()
	}
	eventually(t, func() bool { return len(r.underWay()) == 1 })
	others.mu.Unlock()
	group.Wait()
	require.Equal(t, 1, others.asked)
}
