package huaweiid

import (
	"context"
	"fmt"
	"math/rand"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// newWatchedRig is a rig that events may reach.
func newWatchedRig(t *testing.T, change func(*Config)) *rig {
	t.Helper()
	r := newRig(t, change)
	watchUsers(r.upstream)
	return r
}

// put stores a good answer that Huawei gives now.
func (r *rig) put(name, openID, unionID string) *entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.since(epoch)
	e := &entry{
		key: keyOf(r.upstream, name), identity: newIdentity(openID, unionID, "1", "", ""),
		asked: now, refresh: now + time.Minute, expires: now + time.Minute, end: now + 2*time.Minute,
	}
	keepGood(r.upstream, e, now)
	return e
}

func (r *rig) has(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.good.entries[keyOf(r.upstream, name)] != nil
}

func TestForgetUser_endsAllAnswersAboutThemByEitherID(t *testing.T) {
	t.Parallel()
	for _, tokens := range []int{1, 2, fewOfUser, fewOfUser + 1, 100} {
		for _, id := range []struct{ openID, unionID string }{{"open", ""}, {"", "union"}, {"open", "union"}} {
			r := newWatchedRig(t, nil)
			for i := 0; i < tokens; i++ {
				r.put(fmt.Sprint("token ", i), "open", "union")
			}
			r.put("another", "open-2", "union-2")
			r.put("without union", "open-3", "")
			r.clock.advance(time.Second)
			require.Equal(t, tokens, forgetUser(r.upstream, id.openID, id.unionID))
			require.Len(t, r.good.entries, 2)
			require.True(t, r.has("another") && r.has("without union"))
			require.Zero(t, forgetUser(r.upstream, "", ""), "empty IDs match nobody")
			requireIndexed(t, r)
		}
	}
}

func TestForgetUser_endsAnAnswerOnceWhoseIDsAreTheSame(t *testing.T) {
	t.Parallel()
	for _, tokens := range []int{1, 2, fewOfUser + 1} {
		for _, id := range []struct{ openID, unionID string }{{"same", ""}, {"", "same"}, {"same", "same"}} {
			r := newWatchedRig(t, nil)
			for i := 0; i < tokens; i++ {
				r.put(fmt.Sprint("token ", i), "same", "same")
			}
			r.put("another", "open-2", "union-2")
			requireIndexed(t, r)
			r.clock.advance(time.Second)
			require.Equal(t, tokens, forgetUser(r.upstream, id.openID, id.unionID))
			require.Len(t, r.good.entries, 1)
			require.Len(t, r.good.byEnd, 1)
			require.True(t, r.has("another"))
			requireIndexed(t, r)
		}
	}
}

func TestForgetUser_theNextRequestAsksHuawei(t *testing.T) {
	t.Parallel()
	r := newWatchedRig(t, nil)
	user, _ := huaweisim.UserOf("mainland/1")
	r.requireUser(r.ask("mainland/1"), "mainland/1", fromHuawei)
	require.Equal(t, 1, forgetUser(r.upstream, user.OpenID, ""))
	r.clock.advance(time.Millisecond)
	r.requireUser(r.ask("mainland/1"), "mainland/1", fromHuawei)
	r.requireUser(r.ask("mainland/1"), "mainland/1", fromCache)
	require.Equal(t, 2, r.calls("mainland/1"))
}

func TestForgetUser_endsStaleAnswersToo(t *testing.T) {
	t.Parallel()
	r := newWatchedRig(t, nil)
	user, _ := huaweisim.UserOf("mainland/1")
	r.ask("mainland/1")
	r.clock.advance(90 * time.Second)
	r.sim.SetFaults(huaweisim.Fault{Kind: "http", Status: 500})
	r.requireUser(r.ask("mainland/1"), "mainland/1", fromStale)
	require.Equal(t, 1, forgetUser(r.upstream, "", user.UnionID))
	r.requireRefused(r.ask("mainland/1"), codeUnavailable)
}

func TestForgetUser_doesNotKeepWhatALookupUnderWayBrings(t *testing.T) {
	t.Parallel()
	r := newWatchedRig(t, nil)
	user, _ := huaweisim.UserOf("mainland/1")
	r.sim.SetFaults(huaweisim.Fault{Kind: "hang"})
	done := make(chan answer)
	go func() { done <- r.resolve("mainland/1", addressOf("1")) }()
	eventually(t, func() bool { return r.inside() == 1 })
	require.Zero(t, forgetUser(r.upstream, user.OpenID, user.UnionID))
	r.sim.SetFaults()
	<-done
	r.settle()
	require.False(t, r.has("mainland/1"))
	r.clock.advance(time.Second)
	r.requireUser(r.ask("mainland/1"), "mainland/1", fromHuawei)
	require.True(t, r.has("mainland/1"))
}

// A lookup that began before the event may be under way still.
func TestForgetUser_aRequestAfterTheEventGetsNothingOfBefore(t *testing.T) {
	t.Parallel()
	for _, revoked := range []bool{false, true} {
		r := newWatchedRig(t, nil)
		var decided atomic.Int64
		now := r.since
		r.since = func(since time.Time) time.Duration {
			decided.Add(1)
			return now(since)
		}
		k := keyOf(r.upstream, "mainland/1")
		user, _ := huaweisim.UserOf("mainland/1")
		f := beginFlight(r.flights, k, false, r.clock.since(epoch))
		r.clock.advance(time.Second)
		forgetUser(r.upstream, user.OpenID, "")
		r.clock.advance(time.Second)
		if revoked {
			r.sim.Revoke("mainland/1")
		}
		answers := make(chan answer)
		const requests = 3
		begun := decided.Load()
		for i := 0; i < requests; i++ {
			go func() { answers <- r.resolve("mainland/1", addressOf("1")) }()
		}
		eventually(t, func() bool { return decided.Load() == begun+requests }) // to wait for the flight
		f.verdict = &verdict{identity: newIdentity(user.OpenID, user.UnionID, user.MobileNumber, "", "")}
		land(r.upstream, k, f)
		close(f.done)
		for i := 0; i < requests; i++ {
			if a := <-answers; revoked {
				r.requireRefused(a, codeTokenInvalid)
			} else {
				r.requireUser(a, "mainland/1", a.from)
			}
		}
		require.Equal(t, 1, r.calls("mainland/1"))
	}
}

// Whoever waits for a lookup is served by it where no event was about its user.
func TestForgetUser_whoWaitsForALookupAsksOnlyAfterAnEvent(t *testing.T) {
	t.Parallel()
	for _, watched := range []bool{false, true} {
		r := newRig(t, nil)
		if watched {
			watchUsers(r.upstream)
			forgetUser(r.upstream, "somebody else", "")
		}
		k := keyOf(r.upstream, "mainland/1")
		user, _ := huaweisim.UserOf("mainland/1")
		f := beginFlight(r.flights, k, false, r.clock.since(epoch))
		f.answer = answer{entry: &entry{identity: newIdentity(user.OpenID, user.UnionID, user.MobileNumber, "", "")}, from: fromHuawei}
		close(f.done)
		r.requireUser(r.resolve("mainland/1", addressOf("1")), "mainland/1", fromCoalesced)
		require.Zero(t, r.calls("mainland/1"))
	}
}

func TestForgetUser_refusalsStay(t *testing.T) {
	t.Parallel()
	r := newWatchedRig(t, nil)
	user, _ := huaweisim.UserOf("mainland/1")
	r.sim.Revoke("mainland/1")
	r.requireRefused(r.ask("mainland/1"), codeTokenInvalid)
	require.Zero(t, forgetUser(r.upstream, user.OpenID, user.UnionID))
	r.requireRefused(r.ask("mainland/1"), codeTokenInvalid)
	require.Equal(t, 1, r.calls("mainland/1"))
}

func TestForgetUser_anAnswerOfTheSharedCacheThatIsOlderDoesNotCount(t *testing.T) {
	t.Parallel()
	r := newWatchedRig(t, nil)
	r.clock.advance(time.Minute)
	forgetUser(r.upstream, "open", "")
	now := r.clock.since(epoch)
	older := &entry{key: keyOf(r.upstream, "a"), identity: newIdentity("open", "union", "", "", ""), asked: now - time.Second, expires: now + time.Minute, end: now + time.Hour}
	require.Nil(t, consider(r.upstream, older, &flight{}))
	younger := *older
	younger.asked = now + 1
	require.NotNil(t, consider(r.upstream, &younger, &flight{}))
	past := *older
	past.expires = now
	f := &flight{}
	require.Nil(t, consider(r.upstream, &past, f))
	require.False(t, f.known)
	require.Empty(t, r.good.entries)
}

func TestWatchUsers_indexesWhatIsThereAlready(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	const users = 1000
	for i := 0; i < users; i++ {
		r.put(fmt.Sprint(i), fmt.Sprint("open-", i), fmt.Sprint("union-", i))
	}
	watchUsers(r.upstream)
	watchUsers(r.upstream)
	for i := 0; i < users; i += 2 {
		forgetUser(r.upstream, fmt.Sprint("open-", i), "")
	}
	eventually(t, func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return len(r.good.entries) == users/2 && len(r.good.users.few) == users
	})
	requireIndexed(t, r)
}

// Answers that come while those of before are indexed are met twice.
func TestWatchUsers_indexesNothingTwice(t *testing.T) {
	t.Parallel()
	r := newWatchedRig(t, nil)
	for i := 0; i < 3*indexBatch; i++ {
		r.put(fmt.Sprint(i), "open", fmt.Sprint("union-", i))
	}
	r.put("another", "open-2", "")
	indexAll(r.upstream, r.good.users)
	requireIndexed(t, r)
}

func TestForgetEverybody_endsWhatWasAskedBefore(t *testing.T) {
	t.Parallel()
	r := newWatchedRig(t, nil)
	for i := 0; i < 10*forgetBatch+1; i++ {
		r.put(fmt.Sprint(i), fmt.Sprint("open-", i), "")
	}
	forgetEverybody(r.upstream, r.clock.since(epoch))
	require.Empty(t, r.good.entries)
	requireIndexed(t, r)
	r.clock.advance(time.Second)
	r.put("later", "open", "")
	require.True(t, r.has("later"))
	require.True(t, isForgotten(r.good.users, &entry{identity: newIdentity("open", "", "", "", ""), asked: r.clock.since(epoch) - time.Second}))
}

// Whatever happens to entries, the index has what the cache has.
func TestUserIndex_isWhatTheCacheHas(t *testing.T) {
	t.Parallel()
	r := newWatchedRig(t, func(c *Config) { c.Cache.MaxEntries = "50" })
	random := rand.New(rand.NewSource(1))
	for i := 0; i < 3000; i++ {
		r.clock.advance(time.Second)
		user := random.Intn(6)
		switch random.Intn(10) {
		case 0:
			forgetUser(r.upstream, fmt.Sprint("open-", user), "")
		case 1:
			forgetUser(r.upstream, "", fmt.Sprint("union-", user))
		default:
			r.put(fmt.Sprint(random.Intn(80)), fmt.Sprint("open-", user), fmt.Sprint("union-", user/2))
		}
		if i%50 == 0 {
			requireIndexed(t, r)
		}
	}
}

func requireIndexed(t *testing.T, r *rig) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	indexed := map[*entry]int{}
	for _, list := range r.good.users.few {
		require.NotEmpty(t, list)
		for _, e := range list {
			indexed[e]++
		}
	}
	for _, set := range r.good.users.many {
		require.NotEmpty(t, set)
		for e := range set {
			indexed[e]++
		}
	}
	require.Len(t, indexed, len(r.good.entries))
	for _, e := range r.good.entries {
		want := 1
		if e.identity.unionID != "" && e.identity.unionID != e.identity.openID {
			want = 2
		}
		require.Equal(t, want, indexed[e])
	}
}

// Past the bound, nobody of before counts: somebody is looked up once more, and nobody is forgotten too little.
func TestForgetUser_isBounded(t *testing.T) {
	t.Parallel()
	r := newWatchedRig(t, nil)
	x := r.good.users
	for i := 0; i < maxForgotten/2+10; i++ {
		r.clock.advance(time.Millisecond)
		forgetUser(r.upstream, fmt.Sprint("open-", i), fmt.Sprint("union-", i))
	}
	require.LessOrEqual(t, len(x.young)+len(x.old), maxForgotten)
	now := r.clock.since(epoch)
	of := func(asked time.Duration) bool {
		return isForgotten(x, &entry{identity: newIdentity("open-0", "", "", "", ""), asked: asked})
	}
	require.True(t, of(time.Hour))
	require.False(t, of(now))
}

func TestForgetUser_remembersForAsLongAsAnAnswerCanComeLate(t *testing.T) {
	t.Parallel()
	r := newWatchedRig(t, nil)
	x := r.good.users
	forgetUser(r.upstream, "open", "union")
	asked := r.clock.since(epoch)
	for passed := time.Duration(0); passed < x.life; passed += time.Minute {
		require.True(t, isForgotten(x, &entry{identity: newIdentity("open", "", "", "", ""), asked: asked}), passed)
		r.clock.advance(time.Minute)
		forgetUser(r.upstream, fmt.Sprint(passed), "")
	}
	r.clock.advance(x.life)
	forgetUser(r.upstream, "other", "")
	r.clock.advance(2 * x.life)
	forgetUser(r.upstream, "other", "")
	require.Len(t, x.young, 1)
	require.Empty(t, x.old)
}

func TestObey_reachesEveryStateThatSharesTheClientID(t *testing.T) {
	t.Parallel()
	r, _ := newTestRegistry()
	of := func(url string, clientIDs ...string) *upstream {
		s := testSettings(url)
		s.audience.clientIDs = clientIDs
		s.cache.ttl, s.cache.maxEntries, s.huawei.timeout = time.Hour, 10, time.Second
		return r.acquire(context.Background(), s.key(), s)
	}
	ours, both, any, other := of("https://a", "1"), of("https://b", "1", "2"), of("https://c"), of("https://d", "2")
	s, err := CreateConfig().check()
	require.NoError(t, err)
	s.upstream.audience.clientIDs = []string{"1"}
	k := s.upstream.key()
	r.acquire(context.Background(), k, s.upstream)
	received := r.receiver(k, s)
	require.Same(t, received, r.receiver(k, s), "instances share what they remember")
	late := of("https://e", "1")
	require.Nil(t, other.good.users, "no event can reach it, so that it costs nothing there")
	put := func(u *upstream) {
		now := u.since(epoch)
		putEntry(u.good, &entry{identity: newIdentity("open", "union", "", "", ""), asked: now, end: now + time.Hour}, now)
	}
	all := []*upstream{ours, both, any, other, late}
	for _, u := range all {
		put(u)
	}
	lines := newLogger("test@file", 0, newThrottle())
	require.NoError(t, r.obey([]accountEvent{{kind: "tokens-revoked", clientID: "1", openID: "open"}}, lines))
	for _, u := range []*upstream{ours, both, any, late} {
		require.Empty(t, u.good.entries)
	}
	require.Len(t, other.good.entries, 1)
}

func TestEvents_endCachedAnswers(t *testing.T) {
	t.Parallel()
	handler, p, sim := newEventsInstance(t, nil)
	require.NotNil(t, p.upstream.good.users)
	ask := func() int {
		req, err := http.NewRequest(http.MethodGet, "/", nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer mainland/1")
		return serveTo(handler, req)
	}
	for kind, revoked := range map[string]bool{huaweisim.PhoneModified: false, huaweisim.TokensRevoked: true} {
		require.Equal(t, http.StatusTeapot, ask())
		before := sim.TokenCalls(huaweisim.GetInfo, "mainland/1") + sim.TokenCalls(huaweisim.GetTokenInfo, "mainland/1")
		if revoked {
			sim.Revoke("mainland/1")
		}
		require.Equal(t, http.StatusOK, deliver(t, handler, sim, huaweisim.Event{Token: "mainland/1", Type: kind}).Code)
		status := ask()
		require.Equal(t, revoked, status == http.StatusUnauthorized)
		require.Greater(t, sim.TokenCalls(huaweisim.GetInfo, "mainland/1")+sim.TokenCalls(huaweisim.GetTokenInfo, "mainland/1"), before)
		if revoked {
			return
		}
	}
}
