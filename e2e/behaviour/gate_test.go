package behaviour

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// What keeps Huawei from being asked: the breaker and the bound on calls under way.

// failures are five requests whose lookups fail, each with a token and of a client address of its own.
func failures(kind string, w want) []step {
	var steps []step
	for _, n := range []string{"1", "2", "3", "4", "5"} {
		steps = append(steps, step{bearer("{" + kind + "#" + n + "}").from("192.0.2." + n), w})
	}
	return steps
}

// fromOne makes all steps those of one client address.
func fromOne(steps []step) []step {
	for i := range steps {
		steps[i].send.lines = slices.Clone(steps[i].send.lines[:1])
		steps[i].send = steps[i].send.from("192.0.2.1")
	}
	return steps
}

func overloaded() want { return refuses(503, "overloaded") }

func gateRows() []row {
	unavailable := refuses(502, "huawei_unavailable").asking(1)
	return []row{
		{
			name:  "after five lookups in a row that found Huawei unavailable, nobody is asked",
			steps: append(failures("nsp/500", unavailable), step{bearer("{mainland}"), overloaded().and(waiting(1, 5))}),
		},
		{
			name:   "who is told that nobody is asked, is told so by the debug header too",
			config: "debugHeader: true",
			steps: append(failures("nsp/500", unavailable.cached("huaweiid; fwd=miss")),
				step{bearer("{mainland}"), overloaded().cached("huaweiid; detail=overloaded")}),
		},
		{
			name: "after five lookups in a row that were throttled, nobody is asked",
			steps: append(failures("http/429", refuses(503, "huawei_throttled").asking(1)),
				step{bearer("{mainland}"), overloaded().and(waiting(1, 5))}),
		},
		{
			name:   "after five lookups in a row that timed out, nobody is asked",
			config: withoutRetries,
			steps:  append(failures("http/504", refuses(504, "huawei_timeout").asking(1)), step{bearer("{mainland}"), overloaded()}),
		},
		{
			name:  "retries count as the one lookup that they belong to",
			steps: append(failures("nsp/70001402", refuses(502, "huawei_unavailable").asking(2)), step{bearer("{mainland}"), overloaded()}),
		},
		{
			name:   "nobody is asked for as long as Huawei wants to be left alone",
			faults: []huaweisim.Fault{{Kind: "http", Status: 503, RetryAfter: "40", Count: 2}},
			steps: []step{
				{bearer("{mainland#1}").from("192.0.2.1"), refuses(503, "huawei_throttled").asking(1).and(retryAfter("40"))},
				{bearer("{mainland#2}").from("192.0.2.2"), refuses(503, "huawei_throttled").asking(1).and(retryAfter("40"))},
				{bearer("{mainland#2}"), overloaded().and(waiting(6, 40))},
				{bearer("{mainland#1}"), overloaded().and(waiting(6, 40))},
			},
		},
		{
			name: "what one client's own tokens draw keeps nobody else out",
			steps: append(append(append(fromOne(failures("nsp/500", unavailable)),
				fromOne(failures("nsp/70001401", unavailable))...),
				fromOne(failures("http/429/60", refuses(503, "huawei_throttled").asking(1)))...),
				step{bearer("{mainland}").from("192.0.2.9"), forwards("{mainland}").asking(1)},
				step{bearer("{mainland#1}").from("192.0.2.1"), forwards("{mainland#1}").asking(1)}),
		},
		{
			name: "a lookup that succeeds starts the count of failures anew",
			steps: append(append(append(failures("nsp/500", unavailable)[:4],
				step{bearer("{mainland#1}"), forwards("{mainland#1}").asking(1)}),
				failures("nsp/500/again", unavailable)[:4]...),
				step{bearer("{mainland#2}"), forwards("{mainland#2}").asking(1)}),
		},
		{
			name: "refusals, wrong URLs and malformed answers do not keep others from being asked",
			steps: append(append(append(failures("expired", refuses(401, "token_invalid").asking(1)),
				failures("http/404", refuses(502, "huawei_misconfigured").asking(1))...),
				failures("body/html", refuses(502, "huawei_malformed").asking(1))...),
				step{bearer("{mainland}"), forwards("{mainland}").asking(1)}),
		},
		{
			name: "while nobody is asked, what is known is served",
			steps: append(append([]step{
				{bearer("{mainland}"), forwards("{mainland}").asking(1)},
				{bearer("{expired}"), refuses(401, "token_invalid").asking(1)},
			}, failures("nsp/500", unavailable)...),
				step{bearer("{mainland}"), forwards("{mainland}")},
				step{bearer("{expired}"), refuses(401, "token_invalid")},
				step{bearer("{hongkong}"), overloaded()},
				step{get(), refuses(401, "token_missing")},
			),
		},
		{
			name:   "while one upstream is not asked, another is",
			others: map[string]string{"other": `huawei: {getInfoURL: "{getInfoURL}&other=1"}`},
			steps: append(failures("nsp/500", unavailable),
				step{bearer("{mainland}"), overloaded()},
				step{bearer("{mainland}").through("other"), forwards("{mainland}").asking(1)},
			),
		},
		{
			name:   "report: what is not asked goes through without an identity",
			config: "mode: report\n" + withStatus,
			script: func(t *testing.T, v *visit) {
				pending := anonymous().telling(status("pending"))
				for _, s := range failures("nsp/500", pending.askingBeside(1, 0)) {
					v.step(t, s)
				}
				require.Eventually(t, func() bool {
					return strings.Contains(v.host.log(), "middleware="+routerName(v.number, "")+"@file pause=")
				}, answerTimeout, 5*time.Millisecond, "the breaker opens")
				v.step(t, step{bearer("{mainland}", forged...), pending})
			},
		},
		{
			name:   "no more than maxConcurrent lookups are under way, and what is known is served meanwhile",
			config: "huawei: {maxConcurrent: 1}",
			script: func(t *testing.T, v *visit) {
				v.step(t, step{bearer("{mainland}"), forwards("{mainland}").asking(1)})
				leave := v.begin(t, bearer("{slow/2s}"))
				defer leave()
				v.step(t, step{bearer("{hongkong}"), overloaded()})
				v.step(t, step{bearer("{mainland}"), forwards("{mainland}")})
				assert.Equal(t, 1, v.huawei.Stats().MostUnderWay)
			},
		},
	}
}

// waiting checks that Retry-After is in a range of seconds, below 100.
func waiting(least, most int) func(*testing.T, *got) {
	return func(t *testing.T, g *got) {
		t.Helper()
		value := g.header.Get("Retry-After")
		seconds := 0
		for _, digit := range value {
			seconds = 10*seconds + int(digit-'0')
		}
		assert.True(t, least <= seconds && seconds <= most, "Retry-After: %s is not from %d to %d", value, least, most)
	}
}
