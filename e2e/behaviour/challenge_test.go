package behaviour

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// What a refusal says beside its code: challenge, instance, Retry-After.

func challengeRows() []row {
	return []row{
		{
			name:   "the realm stands in every challenge",
			config: "realm: my app\nphone: {require: true}",
			steps: []step{
				{get(), refuses(401, "token_missing").inRealm("my app")},
				{bearer("{invalid}"), refuses(401, "token_invalid").asking(1).inRealm("my app")},
				{bearer("{nophone}"), refuses(403, "phone_required").asking(1).inRealm("my app")},
				{bearer("{invalid#1}", "Authorization: Bearer {invalid#2}"), refuses(400, "token_repeated").inRealm("my app")},
			},
		},
		{
			name:   "quotes and backslashes of the realm are escaped",
			config: `realm: 'my "own" \ app'`,
			steps: []step{
				{get(), refuses(401, "token_missing").inRealm(`my \"own\" \\ app`)},
				{bearer("{invalid}"), refuses(401, "token_invalid").asking(1).inRealm(`my \"own\" \\ app`)},
			},
		},
		{
			name:   "the instance names a token to its upstream, and is not the same for two",
			others: map[string]string{"same": "realm: other", "another": `huawei: {getInfoURL: "{getInfoURL}&other=1"}`},
			script: func(t *testing.T, v *visit) {
				instanceOf := func(sent request) string {
					p := parseProblem(t, v.send(t, sent).body)
					require.Regexp(t, instance, p.Instance)
					return p.Instance
				}
				one := instanceOf(bearer("{invalid#1}"))
				assert.NotEqual(t, one, instanceOf(bearer("{invalid#2}")), "another token")
				assert.Equal(t, one, instanceOf(bearer("{invalid#1}")), "the same when the refusal is remembered")
				assert.Equal(t, one, instanceOf(bearer("{invalid#1}").through("same")), "the same to a middleware with the same upstream")
				assert.NotEqual(t, one, instanceOf(bearer("{invalid#1}").through("another")), "the same token to another upstream")
			},
		},
		{
			name:   "Huawei's Retry-After is passed on",
			faults: []huaweisim.Fault{{Kind: "http", Status: 503, RetryAfter: "7"}},
			steps:  []step{{bearer("{mainland}"), refuses(503, "huawei_throttled").asking(1).and(retryAfter("7"))}},
		},
		{
			name:   "Huawei's Retry-After is passed on with an NSP_STATUS too",
			faults: []huaweisim.Fault{{Kind: "nsp", NSP: "1302", RetryAfter: "11"}},
			steps:  []step{{bearer("{mainland}"), refuses(503, "huawei_throttled").asking(1).and(retryAfter("11"))}},
		},
		{
			name:   "nobody has to wait longer than a minute",
			faults: []huaweisim.Fault{{Kind: "http", Status: 429, RetryAfter: "86400"}},
			steps:  []step{{bearer("{mainland}"), refuses(503, "huawei_throttled").asking(1).and(retryAfter("60"))}},
		},
		{
			name:   "Huawei's Retry-After may be a date",
			faults: []huaweisim.Fault{{Kind: "http", Status: 429, RetryAfter: "Wed, 21 Oct 2099 07:28:00 GMT"}},
			steps:  []step{{bearer("{mainland}"), refuses(503, "huawei_throttled").asking(1).and(retryAfter("60"))}},
		},
		{
			name:   "a Retry-After that says nothing useful does not reach the client",
			faults: []huaweisim.Fault{{Kind: "http", Status: 503, RetryAfter: "-1 soon"}},
			steps:  []step{{bearer("{mainland}"), refuses(503, "huawei_throttled").asking(1)}},
		},
	}
}

func retryAfter(seconds string) func(*testing.T, *got) {
	return func(t *testing.T, g *got) {
		t.Helper()
		assert.Equal(t, seconds, g.header.Get("Retry-After"))
	}
}
