package huaweisim

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// received is what a receiver of events was sent.
type received struct {
	method, authorization string
	body                  []byte
}

func startEvents(t *testing.T) (sim *Sim, base, receiver string, got chan received) {
	t.Helper()
	sim, got = New(), make(chan received, 100)
	server := httptest.NewServer(sim)
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- received{r.Method, r.Header.Get("Authorization"), body}
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(sim.Close)
	t.Cleanup(server.Close)
	t.Cleanup(listener.Close)
	return sim, server.URL, listener.URL, got
}

func answerTo(t *testing.T, address, kind, body string) (int, string) {
	t.Helper()
	resp, err := http.Post(address, kind, strings.NewReader(body))
	require.NoError(t, err)
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode, string(text)
}

func TestEvents_areSentOnDemandWithEveryFault(t *testing.T) {
	t.Parallel()
	_, base, receiver, got := startEvents(t)
	sent := map[string]bool{}
	for _, fault := range append(EventFaults(), "") {
		status, text := answerTo(t, base+"/sim/events", jsonType, `{"receiver":"`+receiver+`","token":"mainland/1","jti":"one","fault":"`+fault+`"}`)
		require.Equal(t, http.StatusOK, status, text)
		require.JSONEq(t, `{"status":202,"body":""}`, text)
		r := <-got
		sent[r.method+r.authorization+string(r.body)] = true
		if fault == "" {
			user, _ := UserOf("mainland/1")
			var body struct {
				Events map[string]struct{ Subject struct{ Sub, Extra string } }
			}
			require.NoError(t, json.Unmarshal(r.body, &body))
			subject := body.Events[eventURIs[TokensRevoked]].Subject
			assert.Equal(t, user.UnionID, subject.Sub)
			assert.Equal(t, user.OpenID, subject.Extra)
		}
	}
	assert.Len(t, sent, len(EventFaults())+1, "each is another delivery")
}

func TestEvents_followARevocationWhereTheyAreWanted(t *testing.T) {
	t.Parallel()
	sim, base, receiver, got := startEvents(t)
	const form = "application/x-www-form-urlencoded"
	status, _ := answerTo(t, base+"/sim/revoke", form, "token=mainland/1")
	require.Equal(t, http.StatusNoContent, status)
	require.Empty(t, got)
	status, _ = answerTo(t, base+"/sim/revoke", form, "token=mainland/2&receiver="+receiver)
	require.Equal(t, http.StatusOK, status)
	require.Len(t, got, 1)
	sim.SendEventsTo(receiver)
	status, _ = answerTo(t, base+"/sim/revoke", form, "token=mainland/3")
	require.Equal(t, http.StatusOK, status)
	require.Len(t, got, 2)
}

func TestEvents_mistakesNameTheRemedy(t *testing.T) {
	t.Parallel()
	_, base, receiver, got := startEvents(t)
	for body, want := range map[string]string{
		`{}`:             "name the URL",
		`{"receiver":1}`: "send one event in JSON",
		`{"receiver":"` + receiver + `","fault":"x"}`:       "alg-none",
		`{"receiver":"` + receiver + `","type":"x"}`:        "tokens-revoked",
		`{"receiver":"` + receiver + `","alg":"HS256"}`:     "ES256",
		`{"receiver":"` + receiver + `","token":"expired"}`: "no user's",
	} {
		status, text := answerTo(t, base+"/sim/events", jsonType, body)
		assert.GreaterOrEqual(t, status, 400)
		assert.Contains(t, text, want)
	}
	assert.Empty(t, got)
}

func TestEvents_keysAreAnnouncedUnderTheHostThatWasAsked(t *testing.T) {
	t.Parallel()
	sim, base, _, _ := startEvents(t)
	var announced struct {
		Issuer string
		JWKS   string `json:"jwks_uri"`
	}
	get := func(address string, into any) {
		resp, err := http.Get(address)
		require.NoError(t, err)
		defer resp.Body.Close()
		require.NoError(t, json.NewDecoder(resp.Body).Decode(into))
	}
	get(base+EventConfigPath, &announced)
	require.Equal(t, EventIssuer, announced.Issuer)
	require.Equal(t, base+eventKeysPath, announced.JWKS)
	require.Equal(t, 1, sim.EventAnnouncements())
	var set struct{ Keys []map[string]string }
	get(announced.JWKS, &set)
	require.Len(t, set.Keys, 2)
}
