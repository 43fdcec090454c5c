package events

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/events/answers"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

func TestEvents_endAnIdentityThatIsCachedForAnHour(t *testing.T) {
	b := newBed(t)
	g := b.start(nil)
	for _, alg := range []string{"RS256", "PS256", "ES256"} {
		for _, kind := range []string{huaweisim.TokensRevoked, huaweisim.AccountPurged} {
			token, other := newToken(), newToken()
			g.know(token)
			g.know(other)
			b.sim.Revoke(token)
			g.requireKnown(token)
			answer := g.send(huaweisim.Event{Token: token, Type: kind, Alg: alg})
			require.Equal(t, http.StatusOK, answer.Status, answer.Body)
			status, _ := g.ask(token)
			require.Equal(t, http.StatusUnauthorized, status, "%s %s", alg, kind)
			g.requireKnown(other)
		}
	}
	require.Equal(t, 1, b.sim.EventAnnouncements())
}

func TestEvents_aChangedNumberIsAskedForAgain(t *testing.T) {
	b := newBed(t)
	g := b.start(nil)
	token := newToken()
	g.know(token)
	before := b.sim.TokenCalls(huaweisim.GetInfo, token)
	require.Equal(t, http.StatusOK, g.send(huaweisim.Event{Token: token, Type: huaweisim.PhoneModified}).Status)
	g.know(token)
	require.Equal(t, before+1, b.sim.TokenCalls(huaweisim.GetInfo, token))
}

func TestEvents_areFoundByEitherID(t *testing.T) {
	b := newBed(t)
	g := b.start(nil)
	token := newToken()
	user, _ := huaweisim.UserOf(token)
	for _, e := range []huaweisim.Event{{OpenID: user.OpenID}, {UnionID: user.UnionID}} {
		g.know(token)
		require.Equal(t, http.StatusOK, g.send(e).Status)
		_, how := g.ask(token)
		require.NotContains(t, how, "hit")
	}
}

// The simulator does what Huawei does: who revokes a token has the event sent.
func TestEvents_followARevocationByThemselves(t *testing.T) {
	b := newBed(t)
	g := b.start(nil)
	b.sim.SendEventsTo(g.URL() + eventsPath)
	token := newToken()
	g.know(token)
	resp, err := b.client.Post(b.huawei+"/sim/revoke", "application/x-www-form-urlencoded", strings.NewReader("token="+token))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	status, _ := g.ask(token)
	require.Equal(t, http.StatusUnauthorized, status)
}

// Attacks: each is answered as RFC 8935 says, and forgets nobody.
func TestAttacks_forgetNobody(t *testing.T) {
	b := newBed(t)
	g := b.start(nil)
	token := newToken()
	g.know(token)
	g.send(huaweisim.Event{OpenID: "somebody else"}) // so that the keys are there
	for _, fault := range huaweisim.EventFaults() {
		want, ok := answers.ToFaults[fault]
		require.True(t, ok, fault)
		answer := g.send(huaweisim.Event{Token: token, Fault: fault})
		assert.Equal(t, want.Status, answer.Status, fault)
		if want.Err != "" {
			var body map[string]string
			require.NoError(t, json.Unmarshal([]byte(answer.Body), &body), "%s: %s", fault, answer.Body)
			assert.Equal(t, want.Err, body["err"], fault)
			assert.NotEmpty(t, body["description"], fault)
		}
		g.requireKnown(token)
		t.Logf("%-14s %d %s", fault, answer.Status, answer.Body)
	}
	user, _ := huaweisim.UserOf(token)
	assert.NotContains(t, g.Log(), user.OpenID)
	assert.NotContains(t, g.Log(), user.UnionID)
	assert.Contains(t, g.Log(), "account event refused")
}

// The same jti again does nothing: the user who has signed in since stays known.
func TestAttacks_anEventThatComesAgainIsIgnored(t *testing.T) {
	b := newBed(t)
	g := b.start(nil)
	token := newToken()
	g.know(token)
	event := huaweisim.Event{Token: token, JTI: "once"}
	require.Equal(t, http.StatusOK, g.send(event).Status)
	g.know(token)
	require.Equal(t, http.StatusOK, g.send(event).Status)
	g.requireKnown(token)
}

func TestAttacks_aFloodOfUnknownKeysIsOneCallForKeysAMinute(t *testing.T) {
	b := newBed(t)
	g := b.start(nil)
	var senders sync.WaitGroup
	for range 8 {
		senders.Add(1)
		go func() {
			defer senders.Done()
			for range 25 {
				assert.Equal(t, http.StatusUnauthorized, g.send(huaweisim.Event{Fault: "unknown-kid"}).Status)
			}
		}()
	}
	senders.Wait()
	require.Equal(t, 1, b.sim.EventAnnouncements())
}

func TestAttacks_keysOutOfReachInviteAnotherDeliveryAndAreLogged(t *testing.T) {
	b := newBed(t)
	shut := httptest.NewServer(http.NotFoundHandler())
	shut.Close()
	g := b.start(options{"events": options{"path": eventsPath, "configURL": shut.URL}})
	token := newToken()
	g.know(token)
	require.Equal(t, http.StatusServiceUnavailable, g.send(huaweisim.Event{Token: token}).Status)
	g.requireKnown(token)
	assert.Contains(t, g.Log(), "the keys of account events are out of reach")
}

func TestAttacks_eventsForUnknownUsersCostNoCall(t *testing.T) {
	b := newBed(t)
	g := b.start(nil)
	token := newToken()
	g.know(token)
	g.send(huaweisim.Event{OpenID: "warm"})
	before := b.sim.Stats().Calls
	for range 100 {
		require.Equal(t, http.StatusOK, g.send(huaweisim.Event{Token: newToken()}).Status)
	}
	require.Equal(t, before, b.sim.Stats().Calls)
	g.requireKnown(token)
}
