package behaviour

import "testing"

// token.remove: the token goes off the request, and nothing else does.

func removeRows() []row {
	return []row{
		{
			name: "the token reaches the backend unless it is to be removed",
			steps: []step{
				{bearer("{mainland}"), forwards("{mainland}").asking(1).seeing("Authorization", "Bearer {mainland}")},
			},
		},
		{
			name:   "a token in the header is removed",
			config: "token: {remove: true}",
			steps: []step{
				{bearer("{mainland}"), forwards("{mainland}").asking(1).seeing("Authorization")},
				{bearer("{mainland}"), forwards("{mainland}").seeing("Authorization")},
				{bearer("{nophone}"), forwards("{nophone}").asking(1).seeing("Authorization")},
				{bearer("{nophone}"), forwards("{nophone}").seeing("Authorization")},
			},
		},
		{
			name:   "credentials of another scheme stay when the token is removed",
			config: "token: {remove: true}",
			steps: []step{
				{get("Authorization: Basic dXNlcjpwYXNz", "Authorization: Bearer {mainland}"),
					forwards("{mainland}").asking(1).seeing("Authorization", "Basic dXNlcjpwYXNz")},
			},
		},
		{
			name:   "a token in a header of one's own is removed, and Authorization stays",
			config: `token: {header: X-Huawei-Token, scheme: "", remove: true}`,
			steps: []step{
				{get("X-Huawei-Token: {mainland}", "Authorization: Bearer other"),
					forwards("{mainland}").asking(1).seeing("X-Huawei-Token")},
				{get("X-Huawei-Token: {mainland}", "Authorization: Bearer other"), forwards("{mainland}").seeing("X-Huawei-Token")},
			},
		},
		{
			name:   "a token in a cookie is removed, and the other cookies stay",
			config: "token: {cookie: hwtoken, remove: true}",
			steps: []step{
				{get("Cookie: a=1; hwtoken={mainland}; b=2; c=\"3\""),
					forwards("{mainland}").asking(1).seeing("Cookie", `a=1; b=2; c="3"`)},
				{get("Cookie: hwtoken={mainland}; b=2"), forwards("{mainland}").seeing("Cookie", "b=2")},
				{get("Cookie: a=1; hwtoken={mainland}"), forwards("{mainland}").seeing("Cookie", "a=1")},
				{get("Cookie: hwtoken={mainland}"), forwards("{mainland}").seeing("Cookie")},
			},
		},
		{
			name:   "a token in the query is removed, and the rest of the URL stays as it came",
			config: "token: {query: access_token, remove: true}",
			steps: []step{
				{get().to("/p?x=1&access_token={mainland}&y=%20z+&x=%7E"), forwards("{mainland}").asking(1).at("/p?x=1&y=%20z+&x=%7E")},
				{get().to("/p?access_token={mainland}&x"), forwards("{mainland}").at("/p?x")},
				{get().to("/p?x=&access_token={mainland}"), forwards("{mainland}").at("/p?x=")},
				{get().to("/p?access_token={mainland}"), forwards("{mainland}").at("/p")},
			},
		},
		{
			name:   "a token between semicolons is removed, and the rest of the URL stays",
			config: "token: {query: access_token, remove: true}",
			steps: []step{
				{get().to("/p?a=1;access_token={mainland};b=2"), forwards("{mainland}").asking(1).at("/p?a=1&b=2")},
				{get().to("/p?access_token={mainland};b=2"), forwards("{mainland}").at("/p?b=2")},
				{get().to("/p?a=1;access_token={mainland}"), forwards("{mainland}").at("/p?a=1")},
			},
		},
		{
			name:   "a token that stands more than once is removed everywhere in its source",
			config: "token: {cookie: hwtoken, query: access_token, remove: true}",
			steps: []step{
				{bearer("{mainland}", "Authorization: Bearer {mainland}"), forwards("{mainland}").asking(1).seeing("Authorization")},
				{get("Cookie: hwtoken={mainland};hwtoken={mainland}; a=1; hwtoken={mainland}"), forwards("{mainland}").seeing("Cookie", "a=1")},
				{get().to("/?access_token={mainland}&access%5Ftoken={mainland}&x=%26"), forwards("{mainland}").at("/?x=%26")},
			},
		},
		{
			name:   "in report mode a token stays unless it was verified",
			config: withStatus + "mode: report\ntoken: {cookie: hwtoken, query: access_token, remove: true}",
			steps: []step{
				{bearer("{mainland#1}", "Authorization: Bearer {mainland#2}"), anonymous().telling(status("token_repeated"))},
				{bearer("eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln"), anonymous().telling(status("token_foreign"))},
			},
			script: func(t *testing.T, v *visit) {
				pendingThen(bearer("{invalid}"), 1, 0, anonymous().telling(status("token_invalid")))(t, v)
				v.step(t, step{get("Cookie: a=1; hwtoken={invalid}"), anonymous().telling(status("token_invalid"))})
				v.step(t, step{get().to("/?access_token={invalid}&x=1"), anonymous().telling(status("token_invalid"))})
				pendingThen(bearer("{mainland}"), 1, 0,
					forwards("{mainland}").telling(status("verified")).seeing("Authorization"))(t, v)
				v.step(t, step{get("Cookie: a=1; hwtoken={mainland}"),
					forwards("{mainland}").telling(status("verified")).seeing("Cookie", "a=1")})
			},
		},
		{
			name:   "a token goes from preflights too",
			config: "allowPreflight: true\ntoken: {cookie: hwtoken, query: access_token, remove: true}",
			steps: []step{
				{preflight().to("/p?x=1&access_token={mainland}"), anonymous().at("/p?x=1")},
				{preflight("Cookie: a=1; hwtoken={mainland}"), anonymous().seeing("Cookie", "a=1")},
				{preflight("Authorization: Bearer {mainland}"), anonymous().seeing("Authorization")},
				{preflight("Cookie: a=1").to("/p?x=1"), anonymous()},
			},
		},
		{
			name:   "where there is no token, nothing is removed",
			config: "mode: optional\ntoken: {cookie: hwtoken, query: access_token, remove: true}",
			steps: []step{
				{get("Authorization: Basic dXNlcjpwYXNz", "Cookie: a=1").to("/?x=1"), anonymous()},
			},
		},
	}
}
