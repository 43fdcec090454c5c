package events

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
	"github.com/traefik-huaweiid/huaweiid/internal/redistest"
)

func sharing(server *redistest.Server) options {
	return options{"redis": options{"address": server.Address, "secret": "0123456789abcdef0123456789abcdef", "timeout": "1s"}}
}

// requireRefused waits for a revocation to arrive. Two seconds are promised; a busy machine gets more.
func (g *gateway) requireRefused(token string) {
	g.t.Helper()
	require.Eventually(g.t, func() bool {
		status, _ := g.ask(token)
		return status == http.StatusUnauthorized
	}, patience, 10*time.Millisecond)
}

func TestFleet_hearsOfAnEventThatOneTraefikReceived(t *testing.T) {
	server := redistest.Start(t)
	b := newBed(t)
	first, second := b.start(sharing(server)), b.start(sharing(server))
	token, other := newToken(), newToken()
	for _, g := range []*gateway{first, second} {
		g.know(token)
		g.know(other)
	}
	b.sim.Revoke(token)
	second.requireKnown(token)
	require.Equal(t, http.StatusOK, first.send(huaweisim.Event{Token: token}).Status)
	first.requireRefused(token)
	second.requireRefused(token)
	second.requireKnown(other)
	user, _ := huaweisim.UserOf(token)
	assert.NotContains(t, string(server.Dump()), user.OpenID)

	// One that starts now finds the user's older answer in Redis, and does not take it.
	token = newToken()
	first.know(token)
	require.Equal(t, http.StatusOK, first.send(huaweisim.Event{Token: token, Type: huaweisim.PhoneModified}).Status)
	third := b.start(sharing(server))
	_, how := third.ask(token)
	require.NotContains(t, how, "hit")
	_, how = third.ask(other)
	require.Contains(t, how, "hit", "others are taken from Redis")
}

// An inner Traefik, which Huawei cannot reach, has a router that nobody reaches.
func TestFleet_hearsOfAnEventByAnInstanceThatNobodyReaches(t *testing.T) {
	server := redistest.Start(t)
	b := newBed(t)
	outer, inner, deaf := b.start(sharing(server)), b.startWith("Host(`nobody.invalid`)", sharing(server)), b.startWith("", sharing(server))
	token := newToken()
	for _, g := range []*gateway{outer, inner, deaf} {
		g.know(token)
	}
	b.sim.Revoke(token)
	require.Equal(t, http.StatusOK, outer.send(huaweisim.Event{Token: token}).Status)
	outer.requireRefused(token)
	inner.requireRefused(token)
	deaf.requireKnown(token)
	const warning = "this Traefik hears of no account events"
	assert.Contains(t, deaf.Log(), warning)
	assert.NotContains(t, inner.Log(), warning)
	assert.NotContains(t, outer.Log(), warning)
}

func TestFleet_anEventThatCannotBePassedOnIsNotTaken(t *testing.T) {
	server := redistest.Start(t)
	b := newBed(t)
	first, second := b.start(sharing(server)), b.start(sharing(server))
	token := newToken()
	first.know(token)
	second.know(token)
	b.sim.Revoke(token)
	server.Kill()
	event := huaweisim.Event{Token: token, JTI: "one"}
	require.Equal(t, http.StatusServiceUnavailable, first.send(event).Status)
	first.requireRefused(token)
	second.requireKnown(token)
	server.Restart()
	require.Eventually(t, func() bool { return first.send(event).Status == http.StatusOK }, patience, 100*time.Millisecond)
	second.requireRefused(token)
}
