package behaviour

import (
	"fmt"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// audience.clientIDs: whose tokens count.

// withoutPhone asks for no phone number in any form.
const withoutPhone = ourApp + "\nheaders: {phone: \"\"}"

// ourApp accepts the tokens of the app that the simulator's users signed in to.
const ourApp = "audience: {clientIDs: [" + huaweisim.ClientID + "]}"

func audienceRows() []row {
	rows := []row{
		{
			name:  "any app's token counts where no audience is configured, and nobody asks whose it is",
			steps: []step{{bearer("{foreign}"), forwards("{foreign}").asking(1)}},
		},
		{
			name:   "our app's token is asked for twice, and remembered",
			config: ourApp,
			steps: []step{
				{bearer("{mainland}"), forwards("{mainland}").askingTokenInfo(1).asking(1)},
				{bearer("{mainland}"), forwards("{mainland}")},
			},
		},
		{
			name:   "a client ID that Huawei gives as a number is the same client ID",
			config: ourApp,
			steps:  []step{{bearer("{numericclient}"), forwards("{numericclient}").askingTokenInfo(1).asking(1)}},
		},
		{
			name:   "the token of another app is refused before anyone asks whose it is, and that is remembered",
			config: ourApp,
			steps: []step{
				{bearer("{foreign}"), refuses(401, "token_foreign").askingTokenInfo(1)},
				{bearer("{foreign}"), refuses(401, "token_foreign")},
			},
		},
		{
			name:   "each of several apps' tokens counts",
			config: "audience: {clientIDs: [\"105555555\", \"" + huaweisim.ForeignClientID + "\", \"" + huaweisim.ClientID + "\"]}",
			steps: []step{
				{bearer("{mainland}"), forwards("{mainland}").askingTokenInfo(1).asking(1)},
				{bearer("{foreign}"), forwards("{foreign}").askingTokenInfo(1).asking(1)},
			},
		},
		{
			name:   "client IDs may come as one text with commas",
			config: "audience: {clientIDs: \"105555555 , " + huaweisim.ClientID + "\"}",
			steps: []step{
				{bearer("{mainland}"), forwards("{mainland}").askingTokenInfo(1).asking(1)},
				{bearer("{foreign}"), refuses(401, "token_foreign").askingTokenInfo(1)},
			},
		},
		{
			name:   "a client ID counts as a whole",
			config: "audience: {clientIDs: [\"" + huaweisim.ClientID + "1\", \"" + huaweisim.ClientID[1:] + "\"]}",
			steps:  []step{{bearer("{mainland}"), refuses(401, "token_foreign").askingTokenInfo(1)}},
		},
		{
			name:   "an app's own token is no user's",
			config: ourApp,
			steps: []step{
				{bearer("{apptoken}"), refuses(401, "token_foreign").askingTokenInfo(1)},
				{bearer("{apptoken}"), refuses(401, "token_foreign")},
			},
		},
		{
			name:   "a token without life left is invalid",
			config: ourApp,
			steps: []step{
				{bearer("{expires/0}"), refuses(401, "token_invalid").askingTokenInfo(1)},
				{bearer("{expires/0}"), refuses(401, "token_invalid")},
				{bearer("{expires/-5}"), refuses(401, "token_invalid").askingTokenInfo(1)},
			},
		},
		{
			name:   "no answer is kept for longer than the token lives",
			config: ourApp + "\ncache: {ttl: 1h}\ndebugHeader: true",
			steps: []step{
				{bearer("{expires/30}"), forwards("{expires/30}").askingTokenInfo(1).asking(1).cached(`huaweiid; fwd=\S+.*`)},
				{bearer("{expires/30}"), forwards("{expires/30}").cached(`huaweiid; hit; ttl=([12]\d|30)`)},
			},
		},
		{
			name:   "two answers about one token that name different users are believed for neither",
			config: ourApp,
			steps: []step{
				{bearer("{mismatch}"), refuses(401, "token_foreign").askingTokenInfo(1).asking(1)},
				{bearer("{mismatch}"), refuses(401, "token_foreign")},
				{bearer("{mismatch-union}"), refuses(401, "token_foreign").askingTokenInfo(1).asking(1)},
			},
		},
		{
			name:   "an answer without a union ID contradicts none",
			config: ourApp,
			steps:  []step{{bearer("{nounion}"), forwards("{nounion}").askingTokenInfo(1).asking(1)}},
		},
		{
			name:   "with an audience, a token that expired, was revoked or never was is invalid",
			config: ourApp,
			steps: []step{
				{bearer("{expired}"), refuses(401, "token_invalid").askingTokenInfo(1)},
				{bearer("{revoked}"), refuses(401, "token_invalid").askingTokenInfo(1)},
				{bearer("{invalid}"), refuses(401, "token_invalid").askingTokenInfo(1)},
				{bearer("nobodys{mainland}"), refuses(401, "token_invalid").askingTokenInfo(1)},
			},
		},
		{
			name:   "with an audience, what getInfo refuses is refused",
			config: ourApp,
			steps: []step{
				{bearer("{forbidden}"), refuses(403, "permission_denied").askingTokenInfo(1).asking(1)},
				{bearer("{forbidden}"), refuses(403, "permission_denied")},
			},
		},
		{
			name:   "a retry that follows getTokenInfo's success is a whole one",
			config: ourApp,
			faults: []huaweisim.Fault{{API: huaweisim.GetInfo, Kind: "http", Status: 502, Count: 1}},
			steps:  []step{{bearer("{foreign}"), refuses(401, "token_foreign").askingTokenInfo(1)}},
		},
		{
			name:   "getTokenInfo that never answers is huawei_timeout",
			config: ourApp + "\nhuawei: {timeout: 200ms}",
			faults: []huaweisim.Fault{{API: huaweisim.GetTokenInfo, Kind: "hang"}},
			steps:  []step{{bearer("{mainland}"), refuses(504, "huawei_timeout").askingTokenInfo(1)}},
		},
		{
			name:   "getTokenInfo's refused connection is huawei_unavailable, and getInfo is not asked",
			config: ourApp + "\nhuawei: {tokenInfoURL: \"{closed}\"}",
			steps:  []step{{bearer("{mainland}"), refuses(502, "huawei_unavailable")}},
		},
	}
	rows = append(rows, silentRows()...)
	for _, v := range verdicts {
		for _, token := range v.tokenInfoAnswers() {
			first, second := v.lookups(1)
			sent := bearer("{" + token + "}")
			rows = append(rows, row{
				name:   fmt.Sprintf("getTokenInfo answers %s: %d %s", spoken(token), v.status, v.code),
				config: ourApp,
				steps: []step{
					{sent, v.refusal().askingTokenInfo(first)},
					{sent, v.refusal().askingTokenInfo(second)},
				},
			})
		}
	}
	return rows
}

// silentRows are about what Huawei calls silent sign-in: getTokenInfo says all that is wanted.
func silentRows() []row {
	noPhone := told{"X-User-Phone": nil}
	asksBoth := func(what, config string, more told) row {
		return row{
			name:   "with " + what + " getInfo is asked too",
			config: config,
			steps:  []step{{bearer("{mainland}"), forwards("{mainland}").telling(noPhone).telling(more).askingTokenInfo(1).asking(1)}},
		}
	}
	return []row{
		{
			name:   "where no phone is asked for, getInfo is not asked: getTokenInfo says who it is",
			config: withoutPhone,
			steps: []step{
				{bearer("{mainland}", "X-User-Phone: forged"), forwards("{mainland}").telling(noPhone).askingTokenInfo(1)},
				{bearer("{mainland}", "X-User-Phone: forged"), forwards("{mainland}").telling(noPhone)},
				{bearer("{numericclient}"), forwards("{numericclient}").telling(noPhone).askingTokenInfo(1)},
				{bearer("{legacy}"), forwards("{legacy}").telling(noPhone).askingTokenInfo(1)},
			},
		},
		{
			name:   "where no phone is asked for, the token has to be a user's, of our app and alive all the same",
			config: withoutPhone,
			steps: []step{
				{bearer("{foreign}"), refuses(401, "token_foreign").askingTokenInfo(1)},
				{bearer("{apptoken}"), refuses(401, "token_foreign").askingTokenInfo(1)},
				{bearer("{expires/0}"), refuses(401, "token_invalid").askingTokenInfo(1)},
				{bearer("{revoked}"), refuses(401, "token_invalid").askingTokenInfo(1)},
			},
		},
		{
			name:   "where no phone is asked for, an answer without an OpenID that a header can carry is none",
			config: withoutPhone,
			steps: []step{
				{bearer("{tinfo/body/noopenid}", forged...), refuses(502, "huawei_malformed").askingTokenInfo(1)},
				{bearer("{tinfo/body/crlfopenid}", forged...), refuses(502, "huawei_malformed").askingTokenInfo(1)},
			},
		},
		{
			name:   "where no phone is asked for, the two answers are not compared",
			config: ourApp + "\nheaders: {openID: \"\", phone: \"\"}",
			steps:  []step{{bearer("{mismatch}"), forwards("{mismatch}").telling(told{"X-User-OpenID": nil, "X-User-Phone": nil}).askingTokenInfo(1)}},
		},
		{
			name:   "who asks for a phone gets none of the answers of those who do not",
			config: withoutPhone,
			others: map[string]string{"phone": ourApp},
			steps: []step{
				{bearer("{mainland}"), forwards("{mainland}").telling(noPhone).askingTokenInfo(1)},
				{bearer("{mainland}").through("phone"), forwards("{mainland}").askingTokenInfo(1).asking(1)},
				{bearer("{mainland}"), forwards("{mainland}").telling(noPhone)},
			},
		},
		asksBoth("a header for the country code", ourApp+"\nheaders: {phone: \"\", phoneCountryCode: X-Code}", told{"X-Code": countryCode}),
		asksBoth("a header for the national number", ourApp+"\nheaders: {phone: \"\", phoneNational: X-Number}", told{"X-Number": national}),
		asksBoth("phone.require", withoutPhone+"\nphone: {require: true}", nil),
	}
}

// tokenInfoAnswers are the tokens that bring a code from getTokenInfo.
func (v verdict) tokenInfoAnswers() []string {
	var tokens []string
	for _, code := range v.nsp {
		tokens = append(tokens, "tinfo/nsp/"+code)
	}
	for _, status := range v.http {
		tokens = append(tokens, "tinfo/http/"+status)
	}
	return tokens
}
