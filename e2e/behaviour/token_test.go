package behaviour

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// How a token is read from the header where it stands by default.

func tokenRows() []row {
	return []row{
		{
			name: "the scheme is read whatever its case",
			steps: []step{
				{get("Authorization: bearer {mainland#1}"), forwards("{mainland#1}").asking(1)},
				{get("Authorization: BEARER {mainland#2}"), forwards("{mainland#2}").asking(1)},
				{get("authORIZATION: bEaReR {mainland#3}"), forwards("{mainland#3}").asking(1)},
			},
		},
		{
			name:  "several spaces may be between scheme and token",
			steps: []step{{get("Authorization: Bearer   {mainland}  "), forwards("{mainland}").asking(1)}},
		},
		{
			name: "another scheme is no token",
			steps: []step{
				{get("Authorization: Basic dXNlcjpwYXNz"), refuses(401, "token_missing")},
				{get("Authorization: Token {mainland}"), refuses(401, "token_missing")},
				{get("Authorization:"), refuses(401, "token_missing")},
			},
		},
		{
			name: "who writes the header in another form is told how to write it",
			steps: []step{
				{get("Authorization: {mainland}"), refuses(401, "token_missing").and(detailed("Authorization: Bearer TOKEN"))},
				{get("Authorization: Bearer: {mainland}"), refuses(401, "token_missing").and(detailed("Authorization: Bearer TOKEN"))},
				{get("Authorization: Bearer{mainland}"), refuses(401, "token_missing").and(detailed("Authorization: Bearer TOKEN"))},
			},
		},
		{
			name:   "who writes a header of one's own in another form is told how to write it",
			config: "token: {header: x-huawei-token, scheme: Token}",
			steps: []step{
				{get("X-Huawei-Token: {mainland}"), refuses(401, "token_missing").challenging("Token").and(detailed("X-Huawei-Token: Token TOKEN"))},
			},
		},
		{
			name:  "credentials of another scheme stand beside the token and reach the backend",
			steps: []step{{bearer("{mainland}", "Authorization: Basic dXNlcjpwYXNz"), forwards("{mainland}").asking(1)}},
		},
		{
			name:   "a scheme of one's own",
			config: "token: {scheme: Huawei-Token}",
			steps: []step{
				{get("Authorization: huawei-token {mainland}"), forwards("{mainland}").asking(1)},
				{bearer("{mainland}"), refuses(401, "token_missing").challenging("Huawei-Token")},
				{get("Authorization: Huawei-Token {invalid}"), refuses(401, "token_invalid").asking(1).challenging("Huawei-Token")},
			},
		},
		{
			name:   "without a scheme the whole value is the token",
			config: `token: {scheme: ""}`,
			steps: []step{
				{get("Authorization: {mainland}"), forwards("{mainland}").asking(1)},
				{bearer("{mainland}"), refuses(401, "token_invalid")},
			},
		},
		{
			name:   "a header of one's own is read instead of Authorization, which passes untouched",
			config: `token: {header: x-huawei-token, scheme: ""}`,
			steps: []step{
				{get("X-HUAWEI-Token: {mainland}", "Authorization: Bearer other"), forwards("{mainland}").asking(1)},
				{bearer("{mainland}"), refuses(401, "token_missing")},
			},
		},
		{
			name: "every character of a b64token may be in a token, in any order, and reaches Huawei as it is",
			steps: []step{
				{bearer("{mainland}=-._~+/" + "AZaz09="), forwards("{mainland}=-._~+/" + "AZaz09=").asking(1)},
			},
		},
		{
			name: "a token that is the beginning of another is not taken for it",
			steps: []step{
				{bearer("{mainland}-long"), forwards("{mainland}-long").asking(1)},
				{bearer("{mainland}"), forwards("{mainland}").asking(1)},
				{bearer("{mainland}-longer"), forwards("{mainland}-longer").asking(1)},
			},
		},
		{
			name: "tokens are told apart by case",
			steps: []step{
				{bearer("{mainland}-a"), forwards("{mainland}-a").asking(1)},
				{bearer("{mainland}-A"), forwards("{mainland}-A").asking(1)},
			},
		},
	}
}

// detailed checks that a refusal's detail says something.
func detailed(part string) func(*testing.T, *got) {
	return func(t *testing.T, g *got) {
		t.Helper()
		assert.Contains(t, parseProblem(t, g.body).Detail, part)
	}
}
