package huaweiid

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

const eventsPath = "/huawei/events"

// newEventsInstance makes an instance that receives events, with a simulator that announces keys for it.
func newEventsInstance(t *testing.T, change func(*Config)) (http.Handler, *plugin, *huaweisim.Sim) {
	t.Helper()
	next := http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) { rw.WriteHeader(http.StatusTeapot) })
	p, sim := newInstance(t, next, func(config *Config) {
		config.Events.Path = eventsPath
		config.Events.ConfigURL = strings.Replace(config.Huawei.GetInfoURL, huaweisim.GetInfoPath+"&", huaweisim.EventConfigPath+"?", 1)
		config.Audience.ClientIDs = []string{huaweisim.ClientID}
		if change != nil {
			change(config)
		}
	})
	return p.besideEvents(p.handler()), p, sim
}

func deliver(t *testing.T, handler http.Handler, sim *huaweisim.Sim, e huaweisim.Event) *httptest.ResponseRecorder {
	t.Helper()
	e.Receiver = "http://gateway.example" + eventsPath
	req, err := sim.NewDelivery(context.Background(), e)
	require.NoError(t, err)
	rec := httptest.NewRecorder()
	handler.ServeHTTP(rec, req)
	return rec
}

func errOf(t *testing.T, rec *httptest.ResponseRecorder) string {
	t.Helper()
	var body struct{ Err, Description string }
	require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &body), rec.Body)
	require.NotEmpty(t, body.Description)
	require.Equal(t, "application/json", rec.Header().Get("Content-Type"))
	return body.Err
}

func TestEvents_areTakenByTheKeysType(t *testing.T) {
	t.Parallel()
	handler, _, sim := newEventsInstance(t, nil)
	for _, alg := range []string{"RS256", "PS256", "ES256"} {
		for _, kind := range []string{huaweisim.TokensRevoked, huaweisim.AccountPurged, huaweisim.PhoneModified, "unknown"} {
			rec := deliver(t, handler, sim, huaweisim.Event{Token: "mainland/1", Alg: alg, Type: kind})
			assert.Equal(t, http.StatusOK, rec.Code, "%s %s: %s", alg, kind, rec.Body)
			assert.Empty(t, rec.Body.String())
		}
	}
	assert.Equal(t, 1, sim.EventAnnouncements(), "keys are kept")
}

func TestEvents_refusalsForgetNothing(t *testing.T) {
	t.Parallel()
	handler, p, sim := newEventsInstance(t, nil)
	obeyed := 0
	p.receiver.obey = func([]accountEvent, *logger) error { obeyed++; return nil }
	wanted := map[string]string{
		"no-jwt": eventUnauthentic, "garbage": eventUnauthentic, "alg-none": eventUnauthentic, "hs256": eventUnauthentic,
		"no-kid": eventUnauthentic, "unknown-kid": eventInvalidKey, "other-key": eventUnauthentic, "crit": eventUnauthentic,
		"wrong-issuer": eventInvalidIssuer, "wrong-audience": eventInvalidAud, "other-app": eventInvalidAud, "expired": eventUnauthentic, "future": eventUnauthentic,
		"old": eventUnauthentic, "no-iat": eventUnauthentic, "id-token": eventUnauthentic, "body-audience": eventInvalidAud, "no-events": eventInvalidRequest,
		"bad-event": eventInvalidAud + eventInvalidRequest, "no-event": eventInvalidRequest, "no-json": eventInvalidRequest,
		"oversize": eventInvalidRequest, "get": "",
	}
	for _, fault := range huaweisim.EventFaults() {
		want, ok := wanted[fault]
		require.True(t, ok, "%s: a fault of the simulator's without a row", fault)
		rec := deliver(t, handler, sim, huaweisim.Event{Token: "mainland/1", Fault: fault})
		if fault == "get" {
			assert.Equal(t, http.StatusMethodNotAllowed, rec.Code)
			assert.Equal(t, "POST", rec.Header().Get("Allow"))
			continue
		}
		assert.Contains(t, want, errOf(t, rec), fault)
		if want == eventUnauthentic || want == eventInvalidKey {
			assert.Equal(t, http.StatusUnauthorized, rec.Code, fault)
		} else {
			assert.Equal(t, http.StatusBadRequest, rec.Code, fault)
		}
	}
	assert.Zero(t, obeyed)
}

func TestEvents_theSameAgainIsAnsweredAndIgnored(t *testing.T) {
	t.Parallel()
	handler, p, sim := newEventsInstance(t, nil)
	obeyed := 0
	p.receiver.obey = func(events []accountEvent, _ *logger) error { obeyed += len(events); return nil }
	for i := 0; i < 3; i++ {
		require.Equal(t, http.StatusOK, deliver(t, handler, sim, huaweisim.Event{Token: "mainland/1", JTI: "one"}).Code)
	}
	require.Equal(t, 1, obeyed)
	for i := 0; i < maxSeen; i++ {
		p.receiver.seen.add(accountEvent{kind: "tokens-revoked", clientID: huaweisim.ClientID, jti: fmt.Sprint(i)})
	}
	require.Len(t, p.receiver.seen.ids, maxSeen)
	require.Equal(t, http.StatusOK, deliver(t, handler, sim, huaweisim.Event{Token: "mainland/1", JTI: "one"}).Code)
	require.Equal(t, 2, obeyed, "only the last thousand are remembered")
}

func TestEvents_whatFailedCanComeAgain(t *testing.T) {
	t.Parallel()
	handler, p, sim := newEventsInstance(t, nil)
	obey := p.receiver.obey
	p.receiver.obey = func([]accountEvent, *logger) error { return errEventList }
	rec := deliver(t, handler, sim, huaweisim.Event{Token: "mainland/1", JTI: "one"})
	require.Equal(t, http.StatusServiceUnavailable, rec.Code)
	require.Equal(t, "30", rec.Header().Get("Retry-After"))
	calls := 0
	p.receiver.obey = func(events []accountEvent, log *logger) error { calls++; return obey(events, log) }
	require.Equal(t, http.StatusOK, deliver(t, handler, sim, huaweisim.Event{Token: "mainland/1", JTI: "one"}).Code)
	require.Equal(t, 1, calls)
}

// unsigned is a JWT that could count, if its signature did.
func unsigned(t *testing.T, claims map[string]any) *eventJWT {
	t.Helper()
	all := map[string]any{"iss": "a", "aud": "1", "iat": time.Now().Unix()}
	for name, claim := range claims {
		all[name] = claim
	}
	encoded, err := json.Marshal(all)
	require.NoError(t, err)
	encode := base64.RawURLEncoding.EncodeToString
	parsed := parseJWT(encode([]byte(`{"alg":"RS256","kid":"k"}`)) + "." + encode(encoded) + ".AA")
	require.NotNil(t, parsed)
	return parsed
}

// Should Huawei announce for events what it signs ID tokens with, then every user has a JWT that is signed as an event's.
func TestEvents_anIDTokenIsNone(t *testing.T) {
	t.Parallel()
	ours := map[string]bool{"1": true}
	require.Nil(t, checkClaims(unsigned(t, map[string]any{"jti": "a", "sub": "union"}), ours, time.Now()))
	for _, claim := range []string{"at_hash", "azp", "nonce"} {
		refusal := checkClaims(unsigned(t, map[string]any{claim: "a"}), ours, time.Now())
		require.NotNil(t, refusal, claim)
		require.Equal(t, eventUnauthentic, refusal.code)
		require.Contains(t, refusal.description, "ID token")
	}
}

// A stranger chooses how many there are, and loops cost the interpreter.
func TestEvents_anAudienceOfManyIsNotLookedThrough(t *testing.T) {
	t.Parallel()
	ours := map[string]bool{"1": true}
	many := make([]string, maxAudience)
	many[maxAudience-1] = "1"
	require.Nil(t, checkClaims(unsigned(t, map[string]any{"aud": many}), ours, time.Now()))
	many = append(many, "1")
	refusal := checkClaims(unsigned(t, map[string]any{"aud": many}), ours, time.Now())
	require.NotNil(t, refusal)
	require.Equal(t, eventInvalidAud, refusal.code)

	body, err := json.Marshal(map[string]any{"aud": many, "events": map[string]any{}})
	require.NoError(t, err)
	_, refusal = parseEvents(body, []string{"1"})
	require.NotNil(t, refusal)
	require.Equal(t, eventInvalidAud, refusal.code)
}

func TestEvents_aboutNobodyAreAnsweredAndIgnored(t *testing.T) {
	t.Parallel()
	handler, p, sim := newEventsInstance(t, nil)
	p.receiver.obey = func([]accountEvent, *logger) error { t.Error("obeyed"); return nil }
	for _, e := range []huaweisim.Event{{}, {OpenID: "not an ID", UnionID: strings.Repeat("x", maxValue+1)}} {
		require.Equal(t, http.StatusOK, deliver(t, handler, sim, e).Code)
	}
}

func TestEvents_whatADeliverySaysTwiceIsObeyedOnce(t *testing.T) {
	t.Parallel()
	_, p, _ := newEventsInstance(t, nil)
	var obeyed []accountEvent
	p.receiver.obey = func(events []accountEvent, _ *logger) error { obeyed = append(obeyed, events...); return nil }
	first := accountEvent{kind: "tokens-revoked", clientID: "1", jti: "first", openID: "open"}
	again, purged, other := first, first, first
	again.jti = "again"
	purged.kind = "account-purged"
	other.openID = "open-2"
	require.NoError(t, takeEvents(p.receiver, []accountEvent{first, again, purged, other, other}, p.log))
	require.Equal(t, []accountEvent{first, purged, other}, obeyed)
	require.NoError(t, takeEvents(p.receiver, []accountEvent{again}, p.log))
	require.Len(t, obeyed, 3, "its jti was taken")
}

func TestEvents_otherPathsGoOn(t *testing.T) {
	t.Parallel()
	handler, _, _ := newEventsInstance(t, nil)
	for _, path := range []string{"/", eventsPath + "/", "/HUAWEI/events"} {
		req := httptest.NewRequest(http.MethodPost, path, nil)
		req.Header.Set("Authorization", "Bearer mainland/1")
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, req)
		require.Equal(t, http.StatusTeapot, rec.Code, path)
	}
}

func TestEventKeys_areAskedForOnceAMinuteWhoeverSendsWhat(t *testing.T) {
	t.Parallel()
	handler, p, sim := newEventsInstance(t, nil)
	c := &clock{now: time.Hour}
	p.receiver.keys.since = c.since
	flood := func() {
		var senders sync.WaitGroup
		for i := 0; i < 20; i++ {
			senders.Add(1)
			go func() {
				defer senders.Done()
				assert.Equal(t, http.StatusUnauthorized, deliver(t, handler, sim, huaweisim.Event{Fault: "unknown-kid"}).Code)
			}()
		}
		senders.Wait()
	}
	flood()
	flood()
	require.Equal(t, 1, sim.EventAnnouncements())
	c.advance(time.Minute)
	flood()
	require.Equal(t, 2, sim.EventAnnouncements())
	c.advance(24 * time.Hour)
	require.Equal(t, http.StatusOK, deliver(t, handler, sim, huaweisim.Event{Token: "mainland/1"}).Code)
	require.Equal(t, 3, sim.EventAnnouncements(), "after a day even known keys are asked for again")
}

func TestEventKeys_causeNoCallForWhatCannotCount(t *testing.T) {
	t.Parallel()
	handler, _, sim := newEventsInstance(t, nil)
	for _, fault := range []string{"no-jwt", "garbage", "alg-none", "hs256", "no-kid", "crit", "wrong-audience", "expired", "future", "old", "id-token", "get"} {
		deliver(t, handler, sim, huaweisim.Event{Token: "mainland/1", Fault: fault})
	}
	require.Zero(t, sim.EventAnnouncements())
}

func TestEventKeys_outOfReachInviteAnotherDelivery(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(rw http.ResponseWriter, req *http.Request){
		"an error":   func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusInternalServerError) },
		"a redirect": func(rw http.ResponseWriter, req *http.Request) { http.Redirect(rw, req, "/", http.StatusFound) },
		"no JSON":    func(rw http.ResponseWriter, _ *http.Request) { fmt.Fprint(rw, "<html>") },
		"no issuer":  func(rw http.ResponseWriter, _ *http.Request) { fmt.Fprint(rw, `{"jwks_uri":"http://127.0.0.1:1/"}`) },
		"a file": func(rw http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(rw, `{"issuer":"a","jwks_uri":"file:///etc/passwd"}`)
		},
		"nobody": func(rw http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(rw, `{"issuer":"a","jwks_uri":"http://127.0.0.1:1/"}`)
		},
		"a large answer": func(rw http.ResponseWriter, _ *http.Request) { fmt.Fprint(rw, strings.Repeat(" ", 65<<10)) },
	} {
		announcer := httptest.NewServer(http.HandlerFunc(answer))
		handler, p, sim := newEventsInstance(t, func(config *Config) { config.Events.ConfigURL = announcer.URL + "/a" })
		c := &clock{now: time.Hour}
		p.receiver.keys.since = c.since
		require.Equal(t, http.StatusServiceUnavailable, deliver(t, handler, sim, huaweisim.Event{Token: "mainland/1"}).Code, name)
		_, _, err := p.receiver.keys.find("any")
		require.ErrorIs(t, err, errEventKeys, name)
		announcer.Close()
	}
}

// http:// may be announced only where huawei.allowHTTP says so.
func TestEventKeys_areNotTakenOverHTTP(t *testing.T) {
	t.Parallel()
	handler, p, sim := newEventsInstance(t, nil)
	p.receiver.keys.allowHTTP = false
	require.Equal(t, http.StatusServiceUnavailable, deliver(t, handler, sim, huaweisim.Event{Token: "mainland/1"}).Code)
}

func TestReadKey_refusesWeakKeysAndOthersThanForSignatures(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a secret":        `{"kty":"oct","kid":"a","k":"AAAA"}`,
		"512 bits":        `{"kty":"RSA","kid":"a","e":"AQAB","n":"` + strings.Repeat("_", 86) + `"}`,
		"16384 bits":      `{"kty":"RSA","kid":"a","e":"AQAB","n":"` + strings.Repeat("_", 2731) + `"}`,
		"exponent one":    `{"kty":"RSA","kid":"a","e":"AQ","n":"` + strings.Repeat("_", 342) + `"}`,
		"for encryption":  `{"kty":"RSA","kid":"a","use":"enc","e":"AQAB","n":"` + strings.Repeat("_", 342) + `"}`,
		"without kid":     `{"kty":"RSA","e":"AQAB","n":"` + strings.Repeat("_", 342) + `"}`,
		"off the curve":   `{"kty":"EC","crv":"P-256","kid":"a","x":"AQ","y":"AQ"}`,
		"another curve":   `{"kty":"EC","crv":"P-521","kid":"a","x":"AQ","y":"AQ"}`,
		"no JSON object":  `[]`,
		"a number as kid": `{"kty":"EC","kid":1}`,
	} {
		_, k := readKey(json.RawMessage(text))
		assert.Nil(t, k, name)
	}
	_, k := readKey(json.RawMessage(`{"kty":"RSA","kid":"a","e":"AQAB","n":"` + strings.Repeat("_", 342) + `"}`))
	assert.NotNil(t, k)
}

func TestEvents_aKeyIsUsedForItsOwnAlgorithmOnly(t *testing.T) {
	t.Parallel()
	sim := huaweisim.New()
	defer sim.Close()
	server := httptest.NewServer(sim)
	defer server.Close()
	handler, p, _ := newEventsInstance(t, func(config *Config) { config.Events.ConfigURL = server.URL + huaweisim.EventConfigPath })
	require.Equal(t, http.StatusOK, deliver(t, handler, sim, huaweisim.Event{Alg: "PS256"}).Code)
	for _, k := range p.receiver.keys.byID {
		k.alg = "RS256"
	}
	require.Equal(t, http.StatusUnauthorized, deliver(t, handler, sim, huaweisim.Event{Alg: "PS256"}).Code)
	require.Equal(t, http.StatusOK, deliver(t, handler, sim, huaweisim.Event{Alg: "RS256"}).Code)
}

func TestEvents_sayNothingOfTheUserInTheLog(t *testing.T) {
	t.Parallel()
	handler, p, sim := newEventsInstance(t, nil)
	info, warnings := record(&p.log.plain), record(&p.log.urgent)
	deliver(t, handler, sim, huaweisim.Event{Token: "mainland/1"})
	deliver(t, handler, sim, huaweisim.Event{Token: "mainland/1", Fault: "other-key"})
	require.Contains(t, info.String(), `msg="account event: the user's answers are forgotten" type=tokens-revoked`)
	require.Contains(t, warnings.String(), `msg="account event refused" err=authentication_failed`)
	user, _ := huaweisim.UserOf("mainland/1")
	for _, id := range []string{user.OpenID, user.UnionID} {
		require.NotContains(t, info.String()+warnings.String(), id)
	}
}

func serveTo(handler http.Handler, req *http.Request) int {
	rec := httptest.NewRecorder()
	handler.ServeHTTP(rec, req)
	return rec.Code
}

// Other tests count at the same time, so that each figure grows by one at least.
func TestEvents_areCountedByTypeAndResult(t *testing.T) {
	t.Parallel()
	handler, p, sim := newEventsInstance(t, nil)
	for result, delivery := range map[string]huaweisim.Event{
		"tokens-revoked " + eventTaken: {Token: "mainland/1", Type: huaweisim.TokensRevoked},
		"account-purged " + eventTaken: {Token: "mainland/1", Type: huaweisim.AccountPurged},
		"none " + eventUnauthentic:     {Token: "mainland/1", Fault: "alg-none"},
		"none " + eventInvalidIssuer:   {Token: "mainland/1", Fault: "wrong-issuer"},
	} {
		before := valueIn(processMetrics.events, result)
		deliver(t, handler, sim, delivery)
		require.Greater(t, valueIn(processMetrics.events, result), before, result)
	}
	p.receiver.obey = func([]accountEvent, *logger) error { return errEventList }
	before := valueIn(processMetrics.events, "none "+eventUnreachable)
	deliver(t, handler, sim, huaweisim.Event{Token: "mainland/1"})
	require.Greater(t, valueIn(processMetrics.events, "none "+eventUnreachable), before)
}
