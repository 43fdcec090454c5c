package behaviour

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// The cache as it shows from outside: who is asked for again, and who is not.

const (
	missed = `huaweiid; fwd=miss`
	hit    = `huaweiid; hit; ttl=([1-9]|[1-5]\d|60)`
)

func cacheRows() []row {
	return append(sharingRows(), []row{
		{
			name:   "a good answer is asked for once, and Cache-Status tells",
			config: "debugHeader: true",
			steps: []step{
				{bearer("{mainland}"), forwards("{mainland}").asking(1).cached(missed)},
				{bearer("{mainland}"), forwards("{mainland}").cached(hit)},
				{bearer("{mainland}").as("POST").to("/other").sending("x"), forwards("{mainland}").cached(hit)},
			},
		},
		{
			name:   "a refusal is asked for once, and Cache-Status tells",
			config: "debugHeader: true",
			steps: []step{
				{bearer("{expired}"), refuses(401, "token_invalid").asking(1).cached(missed)},
				{bearer("{expired}"), refuses(401, "token_invalid").cached(`huaweiid; hit; ttl=(\d|10)(; .+)?`)},
			},
		},
		{
			name:   "with a ttl of zero every request asks",
			config: "cache: {ttl: 0s}",
			steps:  times(3, step{bearer("{mainland}"), forwards("{mainland}").asking(1)}),
		},
		{
			name:   "with a negativeTTL of zero every refused request asks",
			config: "cache: {negativeTTL: 0s}",
			steps:  times(3, step{bearer("{expired}"), refuses(401, "token_invalid").asking(1)}),
		},
		{
			name:   "with a negativeTTL of zero a good answer is remembered all the same",
			config: "cache: {negativeTTL: 0}",
			steps:  []step{{bearer("{mainland}"), forwards("{mainland}").asking(1)}, {bearer("{mainland}"), forwards("{mainland}")}},
		},
		{
			name: "what becomes of the token or of Huawei does not matter while the answer counts",
			script: func(t *testing.T, v *visit) {
				v.step(t, step{bearer("{mainland}"), forwards("{mainland}").asking(1)})
				v.huawei.Revoke(v.expand("{mainland}"))
				v.step(t, step{bearer("{mainland}"), forwards("{mainland}")})
				v.huawei.SetFaults(huaweisim.Fault{Kind: "http", Status: 503})
				v.step(t, step{bearer("{mainland}"), forwards("{mainland}")})
			},
		},
		{
			name:   "an answer that is not cached is not stale either: a revoked token is refused at once",
			config: "cache: {ttl: 0s}",
			script: func(t *testing.T, v *visit) {
				v.step(t, step{bearer("{mainland}"), forwards("{mainland}").asking(1)})
				v.huawei.SetFaults(huaweisim.Fault{Kind: "http", Status: 503})
				v.step(t, step{bearer("{mainland}"), refuses(503, "huawei_throttled").asking(1)})
				v.huawei.SetFaults()
				v.huawei.Revoke(v.expand("{mainland}"))
				v.step(t, step{bearer("{mainland}"), refuses(401, "token_invalid").asking(1)})
			},
		},
		{
			name:   "at most maxEntries good answers are kept",
			config: "cache: {maxEntries: 1}",
			steps: []step{
				{bearer("{mainland#1}"), forwards("{mainland#1}").asking(1)},
				{bearer("{mainland#1}"), forwards("{mainland#1}")},
				{bearer("{mainland#2}"), forwards("{mainland#2}").asking(1)},
				{bearer("{mainland#2}"), forwards("{mainland#2}")},
				{bearer("{mainland#1}"), forwards("{mainland#1}").asking(1)},
			},
		},
		{
			name:   "refusals do not push out good answers",
			config: "cache: {maxEntries: 4}",
			steps: []step{
				{bearer("{mainland}"), forwards("{mainland}").asking(1)},
				{bearer("{expired#1}"), refuses(401, "token_invalid").asking(1)},
				{bearer("{expired#2}"), refuses(401, "token_invalid").asking(1)},
				{bearer("{expired#3}"), refuses(401, "token_invalid").asking(1)},
				{bearer("{expired#4}"), refuses(401, "token_invalid").asking(1)},
				{bearer("{expired#5}"), refuses(401, "token_invalid").asking(1)},
				{bearer("{expired#5}"), refuses(401, "token_invalid")},
				{bearer("{mainland}"), forwards("{mainland}")},
			},
		},
		{
			name:   "twenty requests at once ask once",
			config: "cache: {ttl: 0s}",
			script: together("{slow/2s}", forwards("{slow/2s}")),
		},
		{
			name:   "twenty requests at once with a bad token ask once",
			config: "cache: {negativeTTL: 0s}",
			faults: []huaweisim.Fault{{Kind: "latency", Latency: "2s"}},
			script: together("{expired}", refuses(401, "token_invalid")),
		},
		{
			name:   "twenty requests at once share a failure",
			config: withoutRetries,
			faults: []huaweisim.Fault{{Kind: "latency", Latency: "2s"}},
			script: together("{http/502}", refuses(502, "huawei_unavailable")),
		},
		{
			name: "a lookup goes on when the client that started it leaves",
			script: func(t *testing.T, v *visit) {
				leave := v.begin(t, bearer("{slow/1s}"))
				leave()
				g := v.send(t, bearer("{slow/1s}"))
				g.calls += v.huawei.TokenCalls(huaweisim.GetInfo, v.expand("{slow/1s}")) - 1
				v.verify(t, g, forwards("{slow/1s}"))
			},
		},
	}...)
}

// together sends twenty requests with one token at once, the others when the first one's lookup is under way, and checks
// that there was one lookup.
func together(token string, each want) func(*testing.T, *visit) {
	return func(t *testing.T, v *visit) {
		leave := v.begin(t, bearer(token))
		defer leave()
		answers := make([]*got, 19)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() { answers[i] = v.send(t, bearer(token)) })
		}
		all.Wait()
		for _, g := range answers {
			require.NotNil(t, g)
			// Requests that run at the same time cannot tell their arrivals and calls apart.
			g.arrivals, g.calls = only(g.arrivals), 0
			v.verify(t, g, each)
		}
		assert.Equal(t, 1, v.huawei.Stats().Calls[huaweisim.GetInfo], "calls of getInfo")
	}
}

// only is the first of several arrivals that are alike.
func only(arrivals []arrival) []arrival {
	return arrivals[:min(1, len(arrivals))]
}

// sharingRows are about several middlewares in one process.
func sharingRows() []row {
	const other = "other"
	return []row{
		{
			name: "middlewares with the same upstream share answers, each by its own rules",
			others: map[string]string{
				"masked":   "headers: {openID: X-Who}\nphone: {format: masked}",
				"strict":   "phone: {require: true}",
				"optional": "mode: optional\ntoken: {remove: true}",
				"report":   "mode: report\nphone: {require: true}\n" + withStatus,
			},
			steps: []step{
				{bearer("{mainland}"), forwards("{mainland}").asking(1)},
				{bearer("{mainland}").through("masked"), forwards("{mainland}").
					telling(told{"X-User-OpenID": nil, "X-Who": openID, "X-User-Phone": masked})},
				{bearer("{mainland}").through("strict"), forwards("{mainland}")},
				{bearer("{mainland}").through("optional"), forwards("{mainland}").seeing("Authorization")},
				{bearer("{mainland}").through("report"), forwards("{mainland}").telling(status("verified"))},
				{bearer("{nophone}"), forwards("{nophone}").asking(1)},
				{bearer("{nophone}").through("strict"), refuses(403, "phone_required")},
				{bearer("{nophone}").through("report"), anonymous().telling(status("phone_required"))},
				{bearer("{nophone}").through("masked"), forwards("{nophone}").telling(told{"X-User-OpenID": nil, "X-Who": openID})},
				{bearer("{expired}"), refuses(401, "token_invalid").asking(1)},
				{bearer("{expired}").through("optional"), refuses(401, "token_invalid")},
				{bearer("{expired}").through("report"), anonymous().telling(status("token_invalid"))},
			},
		},
		{
			name:   "middlewares with different getInfo URLs share nothing",
			others: map[string]string{other: `huawei: {getInfoURL: "{getInfoURL}&other=1"}`},
			steps:  apart(other),
		},
		{
			name:   "middlewares with different getTokenInfo URLs share nothing",
			others: map[string]string{other: `huawei: {tokenInfoURL: "{tokenInfoURL}&other=1"}`},
			steps:  apart(other),
		},
		{
			name:   "middlewares with different cache options share nothing",
			others: map[string]string{other: `cache: {ttl: 59s}`},
			steps:  apart(other),
		},
		{
			name:   "a good answer without an audience is none for an audience",
			others: map[string]string{other: ourApp},
			steps: []step{
				{bearer("{foreign}"), forwards("{foreign}").asking(1)},
				{bearer("{foreign}").through(other), refuses(401, "token_foreign").askingTokenInfo(1)},
				{bearer("{foreign}"), forwards("{foreign}")},
				{bearer("{foreign}").through(other), refuses(401, "token_foreign")},
			},
		},
		{
			name:   "a refusal by an audience is none for another",
			config: ourApp,
			others: map[string]string{other: "audience: {clientIDs: [\"" + huaweisim.ForeignClientID + "\"]}"},
			steps: []step{
				{bearer("{foreign}"), refuses(401, "token_foreign").askingTokenInfo(1)},
				{bearer("{foreign}").through(other), forwards("{foreign}").askingTokenInfo(1).asking(1)},
				{bearer("{mainland}"), forwards("{mainland}").askingTokenInfo(1).asking(1)},
				{bearer("{mainland}").through(other), refuses(401, "token_foreign").askingTokenInfo(1)},
				{bearer("{foreign}"), refuses(401, "token_foreign")},
				{bearer("{foreign}").through(other), forwards("{foreign}")},
			},
		},
	}
}

// apart asks for the same tokens through a row's two middlewares, which are to share nothing.
func apart(other string) []step {
	return []step{
		{bearer("{mainland}"), forwards("{mainland}").asking(1)},
		{bearer("{mainland}").through(other), forwards("{mainland}").asking(1)},
		{bearer("{expired}").through(other), refuses(401, "token_invalid").asking(1)},
		{bearer("{expired}"), refuses(401, "token_invalid").asking(1)},
		{bearer("{mainland}").through(other), forwards("{mainland}")},
		{bearer("{expired}").through(other), refuses(401, "token_invalid")},
	}
}
