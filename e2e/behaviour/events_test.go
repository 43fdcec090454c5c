package behaviour

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/events/answers"
	"github.com/traefik-huaweiid/huaweiid/e2e/rawhttp"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// Account events: what ends answers before their time, and what does not.

const eventsPath = "/huawei/events"

// rememberingAnHour has answers that nothing but an event ends, and a receiver beside it.
func rememberingAnHour(name string, script func(*testing.T, *visit)) row {
	return row{
		name:   name,
		config: `{audience: {clientIDs: "101234567"}, cache: {ttl: 1h}, debugHeader: true}`,
		others: map[string]string{"events": `{audience: {clientIDs: "101234567"}, events: {path: ` + eventsPath + `, configURL: "{eventConfigURL}"}}`},
		script: script,
	}
}

func eventRows() []row {
	return []row{
		rememberingAnHour("an account event ends an answer that counts for an hour, whatever algorithm signs it", func(t *testing.T, v *visit) {
			user := 0
			for _, kind := range []string{huaweisim.TokensRevoked, huaweisim.AccountPurged} {
				for _, alg := range []string{"RS256", "PS256", "ES256"} {
					user++
					token, other := fmt.Sprintf("{mainland#%d}", user), fmt.Sprintf("{mainland#%d}", user+100)
					v.know(t, token)
					v.know(t, other)
					v.huawei.Revoke(v.expand(token))
					v.requireKnown(t, token)
					v.requireTaken(t, huaweisim.Event{Token: v.expand(token), Type: kind, Alg: alg})
					v.step(t, step{bearer(token), refuses(401, "token_invalid").askingTokenInfo(1).cached(missed)})
					v.requireKnown(t, other)
				}
			}
			assert.Equal(t, 1, v.huawei.EventAnnouncements(), "the keys are kept")
		}),
		rememberingAnHour("after a changed number, Huawei is asked for the new one", func(t *testing.T, v *visit) {
			v.know(t, "{mainland}")
			v.requireTaken(t, huaweisim.Event{Token: v.expand("{mainland}"), Type: huaweisim.PhoneModified})
			v.know(t, "{mainland}")
		}),
		rememberingAnHour("a user is forgotten by OpenID or by UnionID alone, and by no empty ID", func(t *testing.T, v *visit) {
			user, _ := huaweisim.UserOf(v.expand("{mainland}"))
			v.know(t, "{nounion}")
			for _, e := range []huaweisim.Event{{OpenID: user.OpenID}, {UnionID: user.UnionID}} {
				v.know(t, "{mainland}")
				v.requireTaken(t, e)
				v.requireKnown(t, "{nounion}")
			}
			v.know(t, "{mainland}")
			v.requireTaken(t, huaweisim.Event{})
			v.requireKnown(t, "{mainland}")
			v.requireKnown(t, "{nounion}")
		}),
		rememberingAnHour("what is no event of Huawei's, or not for this app, is refused and forgets nobody", func(t *testing.T, v *visit) {
			v.know(t, "{mainland}")
			for _, fault := range huaweisim.EventFaults() {
				g := v.deliver(t, huaweisim.Event{Token: v.expand("{mainland}"), Fault: fault})
				want, ok := answers.ToFaults[fault]
				require.True(t, ok, "%s has no place in the table", fault)
				assert.Equal(t, want.Status, g.status, fault)
				if want.Err == "" {
					continue
				}
				var refusal map[string]string
				require.NoError(t, json.Unmarshal(g.body, &refusal), "%s: %s", fault, g.body)
				assert.Equal(t, want.Err, refusal["err"], fault)
				assert.NotEmpty(t, refusal["description"], fault)
				assert.Len(t, refusal, 2, fault)
				assert.Equal(t, "application/json", g.header.Get("Content-Type"), fault)
				assert.Equal(t, "no-store", g.header.Get("Cache-Control"), fault)
			}
			v.requireKnown(t, "{mainland}")
		}),
		rememberingAnHour("events are received by POST, on their path alone", func(t *testing.T, v *visit) {
			for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
				g := v.send(t, get().as(method).to(eventsPath).through("events"))
				assert.Equal(t, http.StatusMethodNotAllowed, g.status, method)
				assert.Equal(t, http.MethodPost, g.header.Get("Allow"), method)
				assert.Empty(t, g.arrivals, method)
			}
			v.step(t, step{get().as(http.MethodPost).to("/other").through("events").sending("x"), refuses(401, "token_missing")})
			v.step(t, step{bearer("{mainland}").to("/other").through("events"), forwards("{mainland}").asking(1).askingTokenInfo(1)})
		}),
		rememberingAnHour("an event that comes again is taken and does nothing", func(t *testing.T, v *visit) {
			event := huaweisim.Event{Token: v.expand("{mainland}"), JTI: "one"}
			v.know(t, "{mainland}")
			v.requireTaken(t, event)
			v.know(t, "{mainland}")
			v.requireTaken(t, event)
			v.requireKnown(t, "{mainland}")
			v.requireTaken(t, huaweisim.Event{Token: v.expand("{mainland}"), Type: "unknown"})
			v.requireKnown(t, "{mainland}")
		}),
		rememberingAnHour("what a lookup brings that was under way when the event came is not kept", func(t *testing.T, v *visit) {
			v.requireTaken(t, huaweisim.Event{}) // the keys are there
			v.huawei.SetFaults(huaweisim.Fault{Kind: "hang", API: huaweisim.GetInfo})
			wait := v.beginWaiting(t, bearer("{mainland}"))
			v.requireTaken(t, huaweisim.Event{Token: v.expand("{mainland}")})
			v.huawei.SetFaults()
			wait()
			v.know(t, "{mainland}")
		}),
		{
			name:   "where the keys are out of reach, events are invited to come again and forget nobody",
			config: `{audience: {clientIDs: "101234567"}, cache: {ttl: 1h}, debugHeader: true}`,
			others: map[string]string{"events": `{audience: {clientIDs: "101234567"}, events: {path: ` + eventsPath + `, configURL: "{closed}"}}`},
			script: func(t *testing.T, v *visit) {
				v.know(t, "{mainland}")
				for range 3 {
					g := v.deliver(t, huaweisim.Event{Token: v.expand("{mainland}")})
					assert.Equal(t, http.StatusServiceUnavailable, g.status)
					assert.Equal(t, "30", g.header.Get("Retry-After"))
				}
				v.requireKnown(t, "{mainland}")
			},
		},
	}
}

// know has a user looked up, and then known.
func (v *visit) know(t *testing.T, token string) {
	t.Helper()
	before := v.send(t, bearer(token))
	require.Equal(t, http.StatusOK, before.status)
	require.Equal(t, 1, before.calls, "Huawei is asked")
	v.requireKnown(t, token)
}

func (v *visit) requireKnown(t *testing.T, token string) {
	t.Helper()
	v.step(t, step{bearer(token), forwards(token).cached(`huaweiid; hit; ttl=3\d\d\d`)})
}

// deliver has Huawei deliver an event. It never reaches the backend.
func (v *visit) deliver(t *testing.T, e huaweisim.Event) *got {
	t.Helper()
	e.Receiver = "http://gateway.example" + eventsPath
	delivery, err := v.huawei.NewDelivery(context.Background(), e)
	require.NoError(t, err)
	body, err := io.ReadAll(delivery.Body)
	require.NoError(t, err)
	r := get().as(delivery.Method).to(eventsPath).through("events").sending(string(body))
	for name := range delivery.Header {
		r.lines = append(r.lines, name+": "+delivery.Header.Get(name))
	}
	g := v.send(t, r)
	assert.Empty(t, g.arrivals)
	assert.Zero(t, g.calls+g.infoCalls, "no event has Huawei asked about anybody")
	return g
}

func (v *visit) requireTaken(t *testing.T, e huaweisim.Event) {
	t.Helper()
	g := v.deliver(t, e)
	require.Equal(t, http.StatusOK, g.status, "%s", g.body)
	require.Empty(t, g.body)
}

// beginWaiting sends a request and returns when Huawei has been asked about it; wait returns when it has been served.
func (v *visit) beginWaiting(t *testing.T, r request) (wait func()) {
	t.Helper()
	before := v.huawei.Stats().Calls[huaweisim.GetInfo]
	conn, err := rawhttp.Dial(v.host.address, answerTimeout)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	_, err = io.WriteString(conn, r.expanded(v).write(v.hostname(r.via)))
	require.NoError(t, err)
	require.Eventually(t, func() bool { return v.huawei.Stats().Calls[huaweisim.GetInfo] > before }, answerTimeout, time.Millisecond)
	return func() {
		resp, err := http.ReadResponse(conn.Reader, nil)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusOK, resp.StatusCode)
	}
}
