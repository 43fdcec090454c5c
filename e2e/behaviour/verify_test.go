package behaviour

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// verify compares what came of a request with what should have.
func (v *visit) verify(t *testing.T, g *got, w want) {
	t.Helper()
	require.Equal(t, w.status, g.status, "status; the body is %q", g.body)
	if w.calls != anyNumber {
		assert.Equal(t, w.calls, g.calls, "calls of getInfo")
	}
	assert.Equal(t, w.infoCalls, g.infoCalls, "calls of getTokenInfo")

	if w.cacheStatus == "" {
		assert.Empty(t, g.header.Values("Cache-Status"))
	} else {
		assert.Regexp(t, "^(?:"+w.cacheStatus+")$", strings.Join(g.header.Values("Cache-Status"), " | "))
	}

	switch {
	case w.byServer:
		assert.Empty(t, g.arrivals, "requests that reached the backend")
		assert.NotContains(t, g.header.Get("Content-Type"), "problem")
	case w.code != "":
		assert.Empty(t, g.arrivals, "requests that reached the backend")
		v.verifyRefusal(t, g, w)
	default:
		assert.Equal(t, "1", g.header.Get("X-Echo"), "the backend has answered")
		assert.Empty(t, g.header.Values("WWW-Authenticate"))
		require.Len(t, g.arrivals, 1, "requests that reached the backend")
		v.verifyArrival(t, g.sent, g.arrivals[0], w)
	}
	if w.check != nil {
		w.check(t, g)
	}
}

// problem is the body of a refusal. Members are told apart to the letter by decoding into a map first.
type problem struct {
	Type, Title, Detail, Code, Instance string
	Status                              int
}

var instance = regexp.MustCompile(`^urn:huaweiid:[0-9a-f]{8}$`)

func (v *visit) verifyRefusal(t *testing.T, g *got, w want) {
	t.Helper()
	assert.Equal(t, []string{"application/problem+json"}, g.header.Values("Content-Type"))
	assert.Equal(t, []string{"no-store"}, g.header.Values("Cache-Control"))
	v.verifyChallenge(t, g, w)
	if g.status == http.StatusServiceUnavailable {
		assert.Regexp(t, `^([1-9]|[1-5]\d|60)$`, g.header.Get("Retry-After"), "seconds to wait, at most 60")
	} else {
		assert.Empty(t, g.header.Values("Retry-After"))
	}
	assert.Empty(t, g.header.Values("X-Echo"))

	if g.sent.method == http.MethodHead {
		assert.Empty(t, g.body)
		return
	}
	p := parseProblem(t, g.body)
	assert.Equal(t, "about:blank", p.Type)
	assert.Equal(t, http.StatusText(g.status), p.Title)
	assert.Equal(t, g.status, p.Status)
	assert.NotEmpty(t, p.Detail)
	if w.silent {
		assert.Contains(t, p.Detail, "gateway", "who has to do something about it")
	}
	assert.Equal(t, w.code, p.Code)
	if w.code == "token_missing" || w.code == "token_unreadable" {
		assert.Empty(t, p.Instance)
	} else {
		assert.Regexp(t, instance, p.Instance)
	}
	v.verifyDiscreet(t, g)
}

func parseProblem(t *testing.T, body []byte) problem {
	t.Helper()
	members := map[string]json.RawMessage{}
	require.NoError(t, json.Unmarshal(body, &members), "the body is %q", body)
	var p problem
	for name, into := range map[string]any{
		"type": &p.Type, "title": &p.Title, "status": &p.Status, "detail": &p.Detail, "code": &p.Code, "instance": &p.Instance,
	} {
		raw, ok := members[name]
		if !ok && name == "instance" {
			continue
		}
		require.NoError(t, json.Unmarshal(raw, into), "member %s of %s", name, body)
		delete(members, name)
	}
	assert.Empty(t, members, "members that no refusal has")
	return p
}

// verifyDiscreet checks that a refusal tells nothing of what was sent, of Huawei's users and of the inside.
func (v *visit) verifyDiscreet(t *testing.T, g *got) {
	t.Helper()
	answer := string(g.body) + " " + strings.Join(g.header.Values("WWW-Authenticate"), " ")
	assert.NotContains(t, answer, v.suffix(), "a token")
	for _, inside := range []string{"AQAx" /* how the simulator's IDs begin */, "127.0.0.1", "rest.php", "panic", ".go:"} {
		assert.NotContains(t, answer, inside)
	}
	for _, token := range v.tokens(g.sent) {
		if user, ok := huaweisim.UserOf(token); ok && user.MobileNumber != "" {
			assert.NotContains(t, answer, user.MobileNumber)
		}
	}
}

// tokens are the simulator's tokens in a request.
func (v *visit) tokens(r request) []string {
	return regexp.MustCompile(`[a-z0-9/-]+`+regexp.QuoteMeta(v.suffix())+`[a-z0-9-]*`).
		FindAllString(strings.Join(append(r.lines, r.target), "\n"), -1)
}

// challenges are the error codes of RFC 6750 by status; what is not here has no challenge.
var challenges = map[int]string{400: "invalid_request", 401: "invalid_token", 403: "insufficient_scope"}

func (v *visit) verifyChallenge(t *testing.T, g *got, w want) {
	t.Helper()
	values := g.header.Values("WWW-Authenticate")
	realm := w.realm
	if realm == "" {
		realm = "huaweiid"
	}
	scheme := w.scheme
	if scheme == "" {
		scheme = "Bearer"
	}
	reason, challenged := challenges[w.status]
	switch {
	case !challenged || w.silent:
		assert.Empty(t, values, "WWW-Authenticate")
	case w.code == "token_missing":
		assert.Equal(t, []string{scheme + ` realm="` + realm + `"`}, values, "WWW-Authenticate")
	default:
		require.Len(t, values, 1, "WWW-Authenticate")
		// The characters of a description are those of RFC 6750 §3.
		assert.Regexp(t, `^`+scheme+` realm="`+regexp.QuoteMeta(realm)+`", error="`+reason+
			`", error_description="[\x20\x21\x23-\x5B\x5D-\x7E]+"$`, values[0], "WWW-Authenticate")
	}
}
