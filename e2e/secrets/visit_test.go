package secrets

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httputil"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/rawhttp"
)

// patience bounds one visit.
const patience = 30 * time.Second

// journal keeps who came and what was answered.
type journal struct {
	bed       *bed
	people    []person
	byQuery   map[string]bool   // tokens that clients wrote into URLs themselves
	answers   map[string]string // to clients, by visit, to the byte
	codes     map[string]bool   // of all refusals, and "forwarded"
	forwarded []person          // whose identity the backend has to have got
}

func newJournal(b *bed) *journal {
	return &journal{bed: b, byQuery: map[string]bool{}, answers: map[string]string{}, codes: map[string]bool{}}
}

// request is what a client sends; a person comes with it unless it says nobody's token.
type request struct {
	to     string
	target string // "" = /
	lines  []string
}

func (r request) String() string {
	return rawhttp.Request{Target: r.target, Host: r.to, Lines: append([]string{"Connection: close"}, r.lines...)}.String()
}

// visit sends a request and wants a status, and a code where that is a refusal.
func (j *journal) visit(t *testing.T, name string, r request, status int, code string, who ...person) {
	t.Helper()
	text, resp := j.exchange(t, r)
	_, again := j.answers[name]
	require.False(t, again, "two visits are called %q", name)
	j.answers[name] = text
	j.people = append(j.people, who...)

	assert.Equal(t, status, resp.StatusCode, "%s: %s", name, text)
	got := "forwarded"
	if resp.Header.Get("Content-Type") == "application/problem+json" {
		var problem struct{ Code string }
		_, body, _ := strings.Cut(text, "\r\n\r\n")
		require.NoError(t, json.Unmarshal([]byte(body), &problem), name)
		got = problem.Code
	}
	if code != "" {
		assert.Equal(t, code, got, name)
	}
	j.codes[got] = true
}

// known is a visit of a person whom the backend gets to know.
func (j *journal) known(t *testing.T, name string, r request, p person) {
	t.Helper()
	if r.to == "report" { // which waits for nobody, and so has to know them before
		j.known(t, name+", before", request{to: "enforce", lines: []string{bearer(p)}}, p)
	}
	j.visit(t, name, r, http.StatusNoContent, "forwarded", p)
	j.forwarded = append(j.forwarded, p)
}

// exchange returns the answer to the byte, as text and read.
func (j *journal) exchange(t *testing.T, r request) (string, *http.Response) {
	t.Helper()
	resp, body, err := rawhttp.Do(j.bed.proxy.Addr(), patience, r.String())
	require.NoError(t, err, "%s", r)
	head, err := httputil.DumpResponse(resp, false)
	require.NoError(t, err, "%s", r)
	return string(head) + body, resp
}

func bearer(p person) string { return "Authorization: Bearer " + p.token }

func cookie(p person) string { return fmt.Sprintf("Cookie: a=b; sid=%s", p.token) }
