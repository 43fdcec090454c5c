package secrets

import (
	"encoding/base64"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// outcomes are all codes of refusals, and what is none.
var outcomes = []string{
	"forwarded", "token_missing", "token_repeated", "token_invalid", "token_foreign", "permission_denied", "phone_required",
	"huawei_throttled", "huawei_unavailable", "huawei_timeout", "huawei_misconfigured", "huawei_malformed", "overloaded",
}

func TestSecrets_reachTheBackendAndNobodyElse(t *testing.T) {
	j := newJournal(newBed(t))
	j.everyOutcome(t)
	for _, outcome := range outcomes {
		assert.True(t, j.codes[outcome], "no visit ended with %s", outcome)
	}
	assert.Empty(t, j.bed.huawei.Stats().Rejected, "Huawei got calls that are none")
	places := j.places(t)
	j.checkThereIsSomethingToFind(t, places)

	s := searchFor(j.people)
	inAccessLog := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(places)) {
		told := map[string]bool{}
		for _, f := range s.in(places[name]) {
			if name == accessLog && f.isToken && j.byQuery[f.owner] {
				inAccessLog[f.owner] = true
				continue
			}
			if line := lineAt(places[name], f.at); !told[line] {
				told[line] = true
				t.Errorf("%s of %s (%s) is in %s: %.600s", f.what, f.owner, f.form.name, name, line)
			}
		}
	}
	t.Logf("%d people in %d visits, searched for in %d places", len(j.people), len(j.answers), len(places))

	for token := range j.byQuery {
		// So it is with every access log: the request line is in it, and what a client puts there is as well.
		assert.True(t, inAccessLog[token], "the token %s, from a URL, is not in the access log", token)
	}
}

// checkThereIsSomethingToFind sees that identities are where they belong, that the plugin did write lines, and that Traefik
// shows what it is known to show: a plugin's options, in its log at DEBUG and at its API.
func (j *journal) checkThereIsSomethingToFind(t *testing.T, places map[string]string) {
	backend := j.bed.noted(&j.bed.backend)
	for _, p := range j.forwarded {
		assert.Contains(t, backend, p.user.OpenID, "the backend did not get to know %s", p.token)
		assert.Contains(t, backend, p.user.PurePhoneNumber, "the backend did not get the number of %s", p.token)
	}
	for _, code := range outcomes[1:] {
		assert.Contains(t, places[ownLines], "code="+code, "the plugin wrote no line about it")
	}
	for _, place := range []string{otherLines, middlewaresPath, "/api/rawdata"} {
		assert.Contains(t, places[place], planted, "%s does not show a plugin's options any more", place)
		assert.Contains(t, places[place], plantedPassword, "%s does not show a plugin's options any more", place)
	}
	for name, text := range places {
		if !slices.Contains([]string{otherLines, middlewaresPath, "/api/rawdata"}, name) {
			assert.NotContains(t, text, plantedPassword, "%s shows the password of a proxy's URL", name)
		}
	}
	assert.Contains(t, places[accessLog], "GET /planted HTTP/1.1")
	if j.bed.redis != nil {
		assert.Contains(t, places[inRedis], "huaweiid:{", "nothing was shared")
	}
	for _, place := range []string{ownLines, accessLog, inRedis} {
		assert.NotContains(t, places[place], plantedSecret, "%s shows what seals a shared cache", place)
	}
}

// lineAt is the line at a place of a text.
func lineAt(text string, at int) string {
	begin := strings.LastIndex(text[:at], "\n") + 1
	line, _, _ := strings.Cut(text[begin:], "\n")
	return line
}

// The search has to be able to find something.
func TestSearch_findsEveryFormOfWhatIsPlanted(t *testing.T) {
	p, other := newPerson("russia"), newPerson("russia")
	s := searchFor([]person{p})
	for _, secret := range p.secrets {
		for _, form := range secret.forms {
			finds := s.in("before " + form.text + " after")
			require.NotEmpty(t, finds, "%s, %s", secret.what, form.name)
			assert.Equal(t, p.token, finds[0].owner)
		}
	}
	for _, value := range []string{p.token, p.user.OpenID, p.user.UnionID, p.user.MobileNumber, p.user.PurePhoneNumber} {
		for _, before := range []string{"", "a", "ab", "abc"} {
			text := []byte(before + value + " and more")
			assert.NotEmpty(t, s.in(base64.StdEncoding.EncodeToString(text)))
			assert.NotEmpty(t, s.in(base64.URLEncoding.EncodeToString(text)))
			assert.NotEmpty(t, s.in(hex.EncodeToString(text)))
		}
		assert.NotEmpty(t, s.in(`{"value":"`+inJSON(value)+`"}`))
	}
	assert.NotEmpty(t, s.in(p.token[:30]), "the first half of a token")
	assert.NotEmpty(t, s.in(p.token[20:]), "the second half of a token")
	assert.Empty(t, s.in(other.all()), "another person")
}
