package secrets

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// kinds are users with numbers of every shape that is long enough to be told from any other number.
var kinds = []string{"mainland", "hongkong", "russia", "overseas-mainland", "nocc", "legacy", "nounion", "nophone"}

// go through every outcome.
func (j *journal) everyOutcome(t *testing.T) {
	j.verified(t)
	j.refused(t)
	j.unfit(t)
	j.sources(t)
	j.outages(t)
	j.talkative(t)
}

func (j *journal) verified(t *testing.T) {
	for _, kind := range kinds {
		for _, to := range []string{"enforce", "optional", "report", "every", "removing"} {
			p := newPerson(kind)
			j.known(t, to+": "+kind, request{to: to, lines: []string{bearer(p)}}, p)
			j.known(t, to+": "+kind+", a hit", request{to: to, lines: []string{bearer(p)}}, p)
		}
	}
	p := newPerson("mainland")
	j.known(t, "audience", request{to: "audience", lines: []string{bearer(p)}}, p)
	p = newPerson("mainland")
	j.known(t, "the whole header", request{to: "whole", lines: []string{"X-Token: " + p.token}}, p)
	p = newPerson("mainland")
	j.known(t, "a path", request{to: "enforce", target: "/planted", lines: []string{bearer(p)}}, p)
	p = newPerson("mainland")
	j.visit(t, "the backend is down", request{to: "no-server", lines: []string{bearer(p)}}, http.StatusBadGateway, "forwarded", p)
}

// refusals by the kind of token that brings them about, where Huawei is asked.
var refusals = []struct {
	kind   string
	status int
	code   string
}{
	{"expired", 401, "token_invalid"}, {"invalid", 401, "token_invalid"}, {"revoked", 401, "token_invalid"},
	{"forbidden", 403, "permission_denied"}, {"http/403", 403, "permission_denied"}, {"nsp/5", 403, "permission_denied"},
	{"nsp/503", 503, "huawei_throttled"}, {"http/429", 503, "huawei_throttled"},
	{"nsp/500", 502, "huawei_unavailable"}, {"http/500", 502, "huawei_unavailable"}, {"nsp/70001402", 502, "huawei_unavailable"},
	{"http/504", 504, "huawei_timeout"},
	{"nsp/105", 502, "huawei_misconfigured"}, {"http/404", 502, "huawei_misconfigured"}, {"http/302", 502, "huawei_misconfigured"},
	{"body/error", 502, "huawei_malformed"}, {"body/html", 502, "huawei_malformed"}, {"body/crlfphone", 502, "huawei_malformed"},
	{"body/longopenid", 502, "huawei_malformed"}, {"body/truncated", 502, "huawei_malformed"}, {"nspgood/6", 401, "token_invalid"},
}

func (j *journal) refused(t *testing.T) {
	for _, row := range refusals {
		for _, to := range []string{"enforce", "optional", "report"} {
			p := newPerson(row.kind)
			status, code := row.status, row.code
			if to == "report" {
				status, code = http.StatusNoContent, "forwarded"
			}
			for _, when := range []string{"", ", again"} {
				j.visit(t, to+": "+row.kind+when, request{to: to, lines: []string{bearer(p)}}, status, code, p)
			}
			// A success, so that the failures do not open the breaker: it is for a visit of its own.
			j.settle(t, to, row.kind)
		}
	}
	p := newPerson("nophone")
	j.visit(t, "no phone", request{to: "requiring", lines: []string{bearer(p)}}, 403, "phone_required", p)
	for _, kind := range []string{"foreign", "apptoken", "mismatch", "mismatch-union"} {
		p := newPerson(kind)
		j.visit(t, "audience: "+kind, request{to: "audience", lines: []string{bearer(p)}}, 401, "token_foreign", p)
	}
	for _, kind := range []string{"tinfo/nsp/102", "tinfo/nsp/31204", "expires/0"} {
		p := newPerson(kind)
		j.visit(t, "audience: "+kind, request{to: "audience", lines: []string{bearer(p)}}, 401, "token_invalid", p)
	}
	for _, kind := range []string{"tinfo/body/noclient", "tinfo/body/html"} {
		p := newPerson(kind)
		j.visit(t, "audience: "+kind, request{to: "audience", lines: []string{bearer(p)}}, 502, "huawei_malformed", p)
	}
	p = newPerson("slow/2s")
	j.visit(t, "Huawei is slow", request{to: "hasty", lines: []string{bearer(p)}}, 504, "huawei_timeout", p)
	p = newPerson("mainland")
	j.visit(t, "Huawei refuses connections", request{to: "no-huawei", lines: []string{bearer(p)}}, 502, "huawei_unavailable", p)
	p = newPerson("mainland")
	j.visit(t, "the proxy refuses connections", request{to: "no-proxy", lines: []string{bearer(p)}}, 502, "huawei_unavailable", p)
}

func (j *journal) settle(t *testing.T, to, after string) {
	t.Helper()
	p := newPerson("mainland")
	j.known(t, to+": after "+after, request{to: to, lines: []string{bearer(p)}}, p)
}

// unfit are tokens that nobody is asked about, and requests that have none or too many.
func (j *journal) unfit(t *testing.T) {
	for _, to := range []string{"enforce", "optional", "report", "whole"} {
		status := func(status int, code string) (int, string) {
			if to == "report" {
				return http.StatusNoContent, "forwarded"
			}
			return status, code
		}
		header := "Authorization: Bearer "
		if to == "whole" {
			header = "X-Token: "
		}
		for name, add := range map[string]func(token string) string{
			"a space":    func(token string) string { return token[:20] + " " + token[20:] },
			"an umlaut":  func(token string) string { return token + "ü" },
			"a tab":      func(token string) string { return token + "\tx" },
			"too long":   func(token string) string { return token + strings.Repeat("a", 3000) },
			"in quotes":  func(token string) string { return `"` + token + `" x` },
			"with a NUL": nil,
		} {
			p := newPerson("mainland")
			if add == nil {
				// Traefik itself refuses such a request.
				j.visit(t, to+": "+name, request{to: to, lines: []string{header + p.token + "\x00"}}, 400, "", p)
				continue
			}
			wrong := personWith(add(p.token))
			want, code := status(401, "token_invalid")
			j.visit(t, to+": "+name, request{to: to, lines: []string{header + wrong.token}}, want, code, p, wrong)
		}
		p, q := newPerson("mainland"), newPerson("mainland")
		want, code := status(400, "token_repeated")
		j.visit(t, to+": two tokens", request{to: to, lines: []string{header + p.token, header + q.token}}, want, code, p, q)
		want, code = status(401, "token_missing")
		if to == "optional" {
			want, code = http.StatusNoContent, "forwarded"
		}
		j.visit(t, to+": none", request{to: to}, want, code)
		if to != "whole" {
			j.visit(t, to+": another scheme", request{to: to, lines: []string{"Authorization: Basic " + p.token}}, want, code, p)
		}
	}
}

// sources other than the header. What a client writes into a URL, Traefik writes into its access log.
func (j *journal) sources(t *testing.T) {
	for _, to := range []string{"sources", "removing", "optional", "report"} {
		p := newPerson("mainland")
		j.known(t, to+": cookie", request{to: to, lines: []string{cookie(p)}}, p)
		p = newPerson("expired")
		q := newPerson("mainland")
		status, invalid, repeated := 401, "token_invalid", 400
		if to == "report" {
			status, invalid, repeated = 204, "forwarded", 204
		}
		j.visit(t, to+": cookie, bad", request{to: to, lines: []string{cookie(p)}}, status, invalid, p)
		j.visit(t, to+": two cookies", request{to: to, lines: []string{cookie(p), cookie(q)}}, repeated, "", p, q)

		p = newPerson("mainland")
		j.byQuery[p.token] = true
		j.known(t, to+": query", request{to: to, target: "/q?a=b&access_token=" + url.QueryEscape(p.token)}, p)
		p, q = newPerson("expired"), newPerson("mainland")
		j.byQuery[p.token], j.byQuery[q.token] = true, true
		j.visit(t, to+": query, bad", request{to: to, target: "/q?access_token=" + url.QueryEscape(p.token)}, status, invalid, p)
		j.visit(t, to+": two in the query", request{to: to, target: "/q?access_token=" + url.QueryEscape(p.token) + "&access_token=" + url.QueryEscape(q.token)},
			repeated, "", p, q)
	}
}

// outages: stale answers, an open breaker, and more to ask than may be asked at once.
func (j *journal) outages(t *testing.T) {
	ailing := j.bed.ailing
	defer ailing.SetFaults()
	p, stranger := newPerson("mainland"), newPerson("mainland")
	j.known(t, "before the outage", request{to: "stale", lines: []string{bearer(p)}}, p)
	time.Sleep(1100 * time.Millisecond)
	ailing.SetFaults(huaweisim.Fault{Kind: "reset"})
	j.known(t, "stale", request{to: "stale", lines: []string{bearer(p)}}, p)
	require.Contains(t, j.answers["stale"], "detail=stale")
	j.visit(t, "a stranger in the outage", request{to: "stale", lines: []string{bearer(stranger)}}, 502, "huawei_unavailable", stranger)

	// Each for a client address of its own, since one address's unknown tokens do not open the breaker.
	for n, row := range []struct {
		fault  huaweisim.Fault
		status int
		code   string
	}{
		{huaweisim.Fault{Kind: "resetMidBody"}, 502, "huawei_unavailable"},
		{huaweisim.Fault{Kind: "http", Status: 502}, 502, "huawei_unavailable"},
		{huaweisim.Fault{Kind: "nsp", NSP: "503"}, 503, "huawei_throttled"},
		{huaweisim.Fault{Kind: "reset"}, 502, "huawei_unavailable"},
		{huaweisim.Fault{Kind: "http", Status: 503, RetryAfter: "30"}, 503, "huawei_throttled"},
	} {
		ailing.SetFaults(row.fault)
		p := newPerson("mainland")
		j.visit(t, "failing: "+row.fault.Kind+row.fault.NSP+http.StatusText(row.fault.Status),
			request{to: "breaker", lines: []string{bearer(p), fmt.Sprintf("X-Forwarded-For: 192.0.2.%d", n+1)}}, row.status, row.code, p)
	}
	p = newPerson("mainland")
	j.visit(t, "the breaker is open", request{to: "breaker", lines: []string{bearer(p)}}, 503, "overloaded", p)
	j.busy(t)
}

// busy has one lookup under way, which is all that its route allows.
func (j *journal) busy(t *testing.T) {
	slow, other := newPerson("slow/2s"), newPerson("mainland")
	var wg sync.WaitGroup
	first := ""
	wg.Go(func() { first, _ = j.exchange(t, request{to: "busy", lines: []string{bearer(slow)}}) })
	require.Eventually(t, func() bool { return j.bed.huawei.TokenCalls(huaweisim.GetInfo, slow.token) > 0 }, patience, 5*time.Millisecond)
	j.visit(t, "one lookup too many", request{to: "busy", lines: []string{bearer(other)}}, 503, "overloaded", other)
	wg.Wait()
	j.answers["the one lookup"] = first
	j.people = append(j.people, slow)
}

// talkative asks a Huawei that says too much.
func (j *journal) talkative(t *testing.T) {
	for i, says := range sayings {
		p := newPerson("mainland")
		j.bed.talkative.of(p, says)
		status := says.status
		if status == http.StatusOK {
			status = http.StatusNoContent
		}
		j.visit(t, "Huawei says "+says.name, request{to: talkativeRoute(i), lines: []string{bearer(p)}}, status, says.code, p)
	}
}
