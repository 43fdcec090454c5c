package huaweiid

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

func down(api string) huaweisim.Fault { return huaweisim.Fault{API: api, Kind: "http", Status: 500} }

func TestUpstream_hitMakesNoCall(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.requireUser(r.ask("mainland/1"), "mainland/1", fromHuawei)
	r.requireUser(r.ask("mainland/1"), "mainland/1", fromCache)
	require.Equal(t, 1, r.calls("mainland/1"))
}

func TestUpstream_goodAnswerCountsForItsTTL(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.ask("mainland/1")
	r.clock.advance(48*time.Second - 1)
	r.requireUser(r.ask("mainland/1"), "mainland/1", fromCache)
	require.Equal(t, 1, r.calls("mainland/1"))
	r.clock.advance(12*time.Second + 1)
	r.requireUser(r.ask("mainland/1"), "mainland/1", fromHuawei)
	require.Equal(t, 2, r.calls("mainland/1"))
}

func TestUpstream_lifeIsShortenedByUpToATenthAtRandom(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.random = func() float64 { return 0.999999 }
	r.ask("mainland/1")
	e := r.good.entries[keyOf(r.upstream, "mainland/1")]
	require.InDelta(t, 54, (e.expires - time.Hour).Seconds(), 0.001)
}

func TestUpstream_lifeNeverOutlivesTheToken(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.Audience.ClientIDs = []string{huaweisim.ClientID} })
	r.requireUser(r.ask("expires/30/1"), "expires/30/1", fromHuawei)
	r.sim.SetFaults(down(""))
	r.clock.advance(20 * time.Second)
	r.requireUser(r.ask("expires/30/1"), "expires/30/1", fromCache)
	r.clock.advance(10 * time.Second)
	r.requireRefused(r.ask("expires/30/1"), codeUnavailable) // no stale window past the token's own end
}

// Between what Huawei says of a token's life and the end of the lookup, time passes.
func TestUpstream_theTimeOfALookupIsTakenOffTheTokensLife(t *testing.T) {
	t.Parallel()
	for token, left := range map[string]time.Duration{
		"expires/30/1": 30 * time.Second, "expires/7200/1": 2 * time.Hour, "expires/10/1": 0,
	} {
		r := newRig(t, func(c *Config) {
			c.Audience.ClientIDs = []string{huaweisim.ClientID}
			c.Huawei.Timeout = "30s"
			c.Cache.TTL, c.Cache.StaleIfError = "1h", "1h"
		})
		r.sim.SetFaults(huaweisim.Fault{API: huaweisim.GetInfo, Kind: "hang"})
		k := keyOf(r.upstream, token)
		answers := make(chan answer)
		go func() { answers <- r.resolve(token, addressOf(token)) }()
		eventually(t, func() bool { return r.calls(token) == 1 })
		r.clock.advance(10 * time.Second)
		r.sim.SetFaults() // lets go; the cut connection is asked again
		r.requireUser(<-answers, token, fromHuawei)
		if left == 0 {
			require.Empty(t, r.good.entries, token)
			continue
		}
		require.Equal(t, time.Hour+left, r.good.entries[k].end, token)
	}
}

// A refresh can find that Huawei has shortened a token's life, to less than the lookup took.
func TestUpstream_aTokenWithNothingLeftKeepsNoOlderAnswer(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) {
		c.Audience.ClientIDs = []string{huaweisim.ClientID}
		c.Huawei.Timeout = "30s"
	})
	const token = "expires/10/1"
	r.ask(token)
	k := keyOf(r.upstream, token)
	older := *r.good.entries[k]
	older.refresh, older.expires, older.end = r.clock.now, r.clock.now+time.Hour, r.clock.now+time.Hour
	replaceEntry(r.good, r.good.entries[k], &older)

	r.sim.SetFaults(huaweisim.Fault{API: huaweisim.GetInfo, Kind: "hang"})
	a := r.resolve(token, addressOf(token))
	r.requireUser(a, token, fromCache)
	eventually(t, func() bool { return r.calls(token) == 2 })
	r.clock.advance(10 * time.Second)
	r.sim.SetFaults() // lets go; the cut connection is asked again
	r.settle()
	require.Empty(t, r.good.entries)
}

// The longest use that a configuration allows is ttl and staleIfError together; only a token's own end comes before.
func TestUpstream_answerServesToTheEndOfItsStaleWindowIfTheTokenLivesAsLong(t *testing.T) {
	t.Parallel()
	for seconds, use := range map[string]time.Duration{
		"3600": time.Hour, "7199": 7199 * time.Second, "7200": 2 * time.Hour,
		"9223372036854775807": 2 * time.Hour, "18446744074": 2 * time.Hour, // more nanoseconds than a time.Duration holds
	} {
		r := newRig(t, func(c *Config) {
			c.Audience.ClientIDs = []string{huaweisim.ClientID}
			c.Cache.TTL, c.Cache.StaleIfError = "1h", "1h"
		})
		token := "expires/" + seconds + "/1"
		r.requireUser(r.ask(token), token, fromHuawei)
		r.sim.SetFaults(down(""))
		r.clock.advance(use - 1)
		a := r.ask(token)
		require.Nil(t, a.outcome, seconds)
		require.NotNil(t, a.entry, seconds)
		r.clock.advance(1)
		r.requireRefused(r.ask(token), codeUnavailable)
	}
}

func TestUpstream_ttlZeroRemembersNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.Cache.TTL = "0s" })
	r.requireUser(r.ask("mainland/1"), "mainland/1", fromHuawei)
	r.requireUser(r.ask("mainland/1"), "mainland/1", fromHuawei)
	require.Equal(t, 2, r.calls("mainland/1"))
	r.sim.SetFaults(down(""))
	r.requireRefused(r.ask("mainland/1"), codeUnavailable)
}

func TestUpstream_refusalCountsForItsNegativeTTL(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.requireRefused(r.ask("expired/1"), codeTokenInvalid)
	r.clock.advance(10*time.Second - 1)
	a := r.ask("expired/1")
	r.requireRefused(a, codeTokenInvalid)
	require.Equal(t, fromRefusals, a.from)
	require.Equal(t, 1, r.calls("expired/1"))
	r.clock.advance(1)
	r.ask("expired/1")
	require.Equal(t, 2, r.calls("expired/1"))
}

func TestUpstream_failureIsNotRemembered(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.requireRefused(r.ask("http/500/1"), codeUnavailable)
	r.requireRefused(r.ask("http/500/1"), codeUnavailable)
	require.Equal(t, 2, r.calls("http/500/1"))
}

func TestUpstream_httpForbiddenIsNotRemembered(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.requireRefused(r.ask("http/403/1"), codePermissionDenied)
	r.requireRefused(r.ask("http/403/1"), codePermissionDenied)
	require.Equal(t, 2, r.calls("http/403/1"))
}

func TestUpstream_definiteRefusalRemovesTheGoodAnswerAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.ask("mainland/1")
	r.sim.Revoke("mainland/1")
	r.clock.advance(50 * time.Second)
	r.requireUser(r.ask("mainland/1"), "mainland/1", fromCache) // its refresh brings the news
	r.requireRefused(r.ask("mainland/1"), codeTokenInvalid)
	r.sim.SetFaults(down(""))
	r.clock.advance(11 * time.Second)
	r.requireRefused(r.ask("mainland/1"), codeUnavailable) // nothing stale is left
}

func TestUpstream_staleAnswerServesWhileHuaweiFails(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]huaweisim.Fault{
		"http 500":  down(""),
		"http 404":  {Kind: "http", Status: 404},
		"nsp 503":   {Kind: "nsp", NSP: "503"},
		"garbage":   {Kind: "garbage"},
		"oversize":  {Kind: "oversize"},
		"reset":     {Kind: "reset"},
		"truncated": {Kind: "truncated"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, nil)
			r.ask("mainland/1")
			r.sim.SetFaults(fault)
			r.clock.advance(time.Minute)
			a := r.ask("mainland/1")
			r.requireUser(a, "mainland/1", fromStale)
			require.LessOrEqual(t, a.ttl, time.Duration(0))
			r.clock.advance(5*time.Minute - 1)
			r.requireUser(r.ask("mainland/1"), "mainland/1", fromStale)
			r.clock.advance(1)
			a = r.ask("mainland/1")
			require.NotNil(t, a.outcome)
			require.GreaterOrEqual(t, a.outcome.status, 500, "never a 401")
		})
	}
}

// While one lookup's failure is on its way to those who waited, another one may bring a good answer.
func TestUpstream_anAnswerThatIsFreshAgainIsNotCalledStale(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.ask("mainland/1")
	k := keyOf(r.upstream, "mainland/1")
	f := beginFlight(r.flights, k, true, r.clock.now)
	f.verdict = failed(whenTimeout, "")
	land(r.upstream, k, f)
	r.requireUser(f.answer, "mainland/1", fromCache)
	require.Equal(t, time.Minute, f.answer.ttl)
}

// While Huawei fails, one request in five seconds finds out whether it still does.
func TestUpstream_aStaleAnswerServesFiveSecondsWithoutAnotherLookup(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.ask("mainland/1")
	r.sim.SetFaults(down(""))
	r.clock.advance(time.Minute)
	for n := 0; n < 10; n++ {
		r.requireUser(r.ask("mainland/1"), "mainland/1", fromStale)
	}
	require.Equal(t, 2, r.calls("mainland/1"))
	r.clock.advance(5*time.Second - 1)
	r.requireUser(r.ask("mainland/1"), "mainland/1", fromStale)
	require.Equal(t, 2, r.calls("mainland/1"))
	r.sim.SetFaults()
	r.clock.advance(1)
	r.requireUser(r.ask("mainland/1"), "mainland/1", fromHuawei)
}

// An HTTP 403 or NSP_STATUS 5 is about this host, such as a firewall's rule: users whom Huawei vouched for are none the worse.
func TestUpstream_aHostThatMayNotAskKeepsItsKnownUsers(t *testing.T) {
	t.Parallel()
	for _, fault := range []huaweisim.Fault{{Kind: "http", Status: 403}, {Kind: "nsp", NSP: "5"}} {
		r := newRig(t, nil)
		for n := 0; n < 20; n++ {
			r.ask("mainland/" + strconv.Itoa(n))
		}
		r.sim.SetFaults(fault)
		r.clock.advance(50 * time.Second)
		for round := 0; round < 3; round++ {
			for n := 0; n < 20; n++ {
				token := "mainland/" + strconv.Itoa(n)
				require.NotNil(t, r.ask(token).entry, token)
			}
			r.requireRefused(r.ask("mainland/new"+strconv.Itoa(round)), codePermissionDenied)
			r.clock.advance(10 * time.Second)
		}
		require.Zero(t, r.gate.breaker.pause)
	}
}

// The life of an answer counts from when Huawei was asked, however long the answer took.
func TestUpstream_lifeCountsFromTheAsking(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.Huawei.Timeout = "1m" })
	r.sim.SetFaults(huaweisim.Fault{Kind: "hang"})
	answers := make(chan answer)
	go func() { answers <- r.resolve("mainland/1", "10.0.0.1:1") }()
	eventually(t, func() bool { return r.calls("mainland/1") == 1 })
	r.clock.advance(50 * time.Second)
	r.sim.SetFaults() // lets go; the cut connection is asked again
	r.requireUser(<-answers, "mainland/1", fromHuawei)
	r.clock.advance(10 * time.Second)
	r.requireUser(r.ask("mainland/1"), "mainland/1", fromHuawei)
}

// A panic, here the clock's, leaves no lock behind and nobody waiting.
func TestUpstream_aPanicUnderTheLockLeavesItFree(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.ask("mainland/1")
	panicking := func(time.Time) time.Duration { panic("clock") }
	r.since = panicking
	require.Panics(t, func() { r.resolve("mainland/1", "10.0.0.1:1") })
	require.Panics(t, func() { r.resolve("mainland/2", "10.0.0.1:1") })
	require.True(t, r.mu.TryLock())
	r.mu.Unlock()

	k := keyOf(r.upstream, "mainland/3")
	f := beginFlight(r.flights, k, false, 0)
	fly(r.upstream, k, "mainland/3", "a", f, r.log) // panics when it lands
	<-f.done
	r.requireRefused(f.answer, codeMalformed)
	require.Empty(t, r.flights)
	require.Zero(t, r.gate.underWay)

	r.since = r.clock.since
	r.requireUser(r.ask("mainland/1"), "mainland/1", fromCache)
}

// A refresh for which the gate has no room is tried again a second later, rather than never in that life.
func TestUpstream_aRefreshWithoutRoomIsTriedAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.Huawei.MaxConcurrent = "1" })
	r.ask("mainland/1")
	r.clock.advance(50 * time.Second)
	p, _ := enterGate(r.gate, testKey(1), true, "a")
	r.requireUser(r.ask("mainland/1"), "mainland/1", fromCache)
	leaveGate(r.gate, p, good())
	r.requireUser(r.ask("mainland/1"), "mainland/1", fromCache)
	require.Equal(t, 1, r.calls("mainland/1"))
	r.clock.advance(time.Second)
	r.requireUser(r.ask("mainland/1"), "mainland/1", fromCache)
	require.Equal(t, 2, r.calls("mainland/1"))
}

func TestUpstream_staleAnswerNeedsNoWaitWhileTheBreakerIsOpen(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.ask("mainland/1")
	r.sim.SetFaults(down(""))
	for n := 0; n < failuresToOpen; n++ {
		r.requireRefused(r.ask("mainland/other"+strconv.Itoa(n)), codeUnavailable)
	}
	r.clock.advance(time.Minute)
	before := r.calls("mainland/1")
	r.requireUser(r.ask("mainland/1"), "mainland/1", fromStale) // the probe
	r.requireUser(r.ask("mainland/1"), "mainland/1", fromStale)
	r.requireUser(r.ask("mainland/1"), "mainland/1", fromStale)
	require.Equal(t, before+1, r.calls("mainland/1"))
}

func TestUpstream_strangersGetOverloadedWhileTheBreakerIsOpen(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.sim.SetFaults(down(""))
	for n := 0; n < failuresToOpen; n++ {
		r.ask("mainland/" + strconv.Itoa(n))
	}
	a := r.ask("mainland/stranger")
	r.requireRefused(a, codeOverloaded)
	require.Equal(t, 5*time.Second, a.retryAfter)
	require.Zero(t, r.calls("mainland/stranger"))

	r.sim.SetFaults()
	r.clock.advance(shortestPause + probePriority)
	r.requireUser(r.ask("mainland/stranger"), "mainland/stranger", fromHuawei)
}

func TestUpstream_refreshesAheadOnceInTheLastFifth(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.ask("mainland/1")
	r.clock.advance(47 * time.Second)
	r.ask("mainland/1")
	require.Equal(t, 1, r.calls("mainland/1"), "not before")
	r.clock.advance(time.Second)
	r.requireUser(r.ask("mainland/1"), "mainland/1", fromCache)
	require.Equal(t, 2, r.calls("mainland/1"))
	r.clock.advance(30 * time.Second) // past the first life, inside the second
	r.requireUser(r.ask("mainland/1"), "mainland/1", fromCache)
	require.Equal(t, 2, r.calls("mainland/1"))
}

func TestUpstream_failedRefreshIsNotRepeatedInThatLife(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.ask("mainland/1")
	r.sim.SetFaults(down(""))
	r.clock.advance(50 * time.Second)
	for n := 0; n < 5; n++ {
		r.requireUser(r.ask("mainland/1"), "mainland/1", fromCache)
	}
	require.Equal(t, 2, r.calls("mainland/1"))
}

func TestUpstream_refreshServesAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.ask("mainland/1")
	r.sim.SetFaults(huaweisim.Fault{Kind: "hang"})
	r.clock.advance(50 * time.Second)
	a := r.resolve("mainland/1", addressOf("mainland/1")) // would hang if it waited
	r.requireUser(a, "mainland/1", fromCache)
	r.sim.SetFaults()
	r.settle()
}

func TestUpstream_coalescesLookupsOfOneToken(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.Huawei.Timeout = "30s" })
	r.sim.SetFaults(huaweisim.Fault{Kind: "hang", Count: 1})
	const waiters = 50
	answers := make([]answer, waiters)
	var group sync.WaitGroup
	for n := 0; n < waiters; n++ {
		n := n
		group.Add(1)
		go func() {
			defer group.Done()
			answers[n] = r.resolve("mainland/1", addressOf("mainland/1"))
		}()
	}
	eventually(t, func() bool { return r.calls("mainland/1") == 1 })
	r.sim.SetFaults() // lets go; the cut connection is asked again
	group.Wait()
	misses := 0
	for _, a := range answers {
		require.Nil(t, a.outcome)
		if a.from == fromHuawei {
			misses++
		}
	}
	require.Equal(t, 1, misses)
	require.LessOrEqual(t, r.calls("mainland/1"), 2, "the lookup and its one retry")
}

func TestUpstream_strangersCannotUseUpTheLastQuarter(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) {
		c.Huawei.MaxConcurrent = "8"
		c.Huawei.Timeout = "30s"
	})
	r.ask("mainland/known1")
	r.ask("mainland/known2")
	r.ask("mainland/known3")
	r.sim.SetFaults(huaweisim.Fault{Kind: "hang"})
	r.clock.advance(time.Minute)

	var group sync.WaitGroup
	ask := func(token string) {
		group.Add(1)
		go func() {
			defer group.Done()
			r.resolve(token, addressOf(token))
		}()
	}
	for n := 0; n < 6; n++ {
		ask(fmt.Sprintf("mainland/stranger%d", n))
	}
	eventually(t, func() bool { return r.inside() == 6 })
	a := r.resolve("mainland/stranger7", addressOf("mainland/stranger7"))
	r.requireRefused(a, codeOverloaded)
	require.Equal(t, time.Second, a.retryAfter)

	ask("mainland/known1")
	ask("mainland/known2")
	eventually(t, func() bool { return r.inside() == 8 })
	r.requireUser(r.resolve("mainland/known3", addressOf("mainland/known3")), "mainland/known3", fromStale)

	r.sim.SetFaults()
	group.Wait()
	require.Empty(t, r.flights)
	require.Zero(t, r.gate.strangers)
}

func TestUpstream_pastTheStaleWindowAUserIsAStranger(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) {
		c.Huawei.MaxConcurrent = "4"
		c.Huawei.Timeout = "30s"
		c.Cache.TTL = "1m"
		c.Cache.StaleIfError = "5m"
	})
	r.ask("mainland/1")
	r.sim.SetFaults(huaweisim.Fault{Kind: "hang"})
	r.clock.advance(6 * time.Minute)

	var group sync.WaitGroup
	for n := 0; n < 3; n++ {
		token := fmt.Sprintf("mainland/stranger%d", n)
		group.Add(1)
		go func() {
			defer group.Done()
			r.resolve(token, addressOf(token))
		}()
	}
	eventually(t, func() bool { return r.inside() == 3 })
	r.requireRefused(r.resolve("mainland/1", addressOf("mainland/1")), codeOverloaded)

	r.sim.SetFaults()
	group.Wait()
	require.Zero(t, r.gate.strangers)
}

func TestUpstream_refusalsNeverPushOutGoodAnswers(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.Cache.MaxEntries = "8" })
	for n := 0; n < 8; n++ {
		r.ask("mainland/" + strconv.Itoa(n))
	}
	for n := 0; n < 50; n++ {
		r.requireRefused(r.ask("expired/"+strconv.Itoa(n)), codeTokenInvalid)
	}
	require.LessOrEqual(t, len(r.refused.entries), 2, "a quarter of maxEntries")
	for n := 0; n < 8; n++ {
		token := "mainland/" + strconv.Itoa(n)
		r.requireUser(r.ask(token), token, fromCache)
	}
}

func TestUpstream_keyDependsOnTheUpstreamsIdentity(t *testing.T) {
	t.Parallel()
	base := upstreamSettings{
		audience: audienceSettings{clientIDs: []string{"1"}},
		huawei:   huaweiSettings{getInfoURL: "https://a", tokenInfoURL: "https://b", maxConcurrent: 1},
	}
	k := keyOf(newUpstream(base), "token")
	for name, change := range map[string]func(*upstreamSettings){
		"getInfoURL":   func(s *upstreamSettings) { s.huawei.getInfoURL = "https://c" },
		"tokenInfoURL": func(s *upstreamSettings) { s.huawei.tokenInfoURL = "https://c" },
		"clientIDs":    func(s *upstreamSettings) { s.audience.clientIDs = []string{"1", "2"} },
		"moved":        func(s *upstreamSettings) { s.huawei.tokenInfoURL, s.audience.clientIDs = "https://b1", nil },
	} {
		s := base
		change(&s)
		require.NotEqual(t, k, keyOf(newUpstream(s), "token"), name)
	}
	require.Equal(t, k, keyOf(newUpstream(base), "token"))
}

func TestUpstream_panicInALookupIsARefusal(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.client.transport = roundTrip(func(*http.Request) (*http.Response, error) { panic("no transport") })
	a := r.ask("mainland/1")
	r.requireRefused(a, codeMalformed)
	require.Empty(t, r.flights)
	require.Zero(t, r.gate.strangers)

	k := keyOf(r.upstream, "mainland/1")
	f := beginFlight(r.flights, k, true, r.clock.now)
	fly(r.upstream, k, "mainland/1", "a", f, r.log)
	<-f.done
	require.Contains(t, f.verdict.cause, "panic")
	require.Zero(t, r.gate.underWay)
}
