package behaviour

import "net/http"

// A request's way: strip, read the token, resolve it, enrich and forward or refuse.

func wayRows() []row {
	return []row{
		{
			name:  "a good token's user reaches the backend in three headers",
			steps: []step{{bearer("{mainland}"), forwards("{mainland}").asking(1)}},
		},
		{
			name:  "no token is refused before the backend and Huawei hear of it",
			steps: []step{{get(), refuses(401, "token_missing")}},
		},
		{
			name:  "a bad token is refused before the backend hears of it",
			steps: []step{{bearer("{invalid}"), refuses(401, "token_invalid").asking(1)}},
		},
		{
			name: "each token brings its own user",
			steps: []step{
				{bearer("{mainland#1}"), forwards("{mainland#1}").asking(1)},
				{bearer("{hongkong#2}"), forwards("{hongkong#2}").asking(1)},
				{bearer("{mainland#3}"), forwards("{mainland#3}").asking(1)},
				{bearer("{hongkong#2}"), forwards("{hongkong#2}")},
				{bearer("{mainland#1}"), forwards("{mainland#1}")},
			},
		},
		{
			name: "a user without a union ID has no header for it",
			steps: []step{
				{bearer("{nounion}", "X-User-UnionID: forged"), forwards("{nounion}").asking(1)},
			},
		},
		{
			name:  "IDs of an app from before 2023 pass byte for byte",
			steps: []step{{bearer("{legacy}"), forwards("{legacy}").asking(1)}},
		},
		{
			name:  "members that nobody knows change nothing",
			steps: []step{{bearer("{unknownkeys}"), forwards("{unknownkeys}").asking(1)}},
		},
		{
			name:  "method, path and query reach the backend as they came",
			steps: []step{{bearer("{mainland}").as(http.MethodDelete).to("/a/b.c?x=1&y=%20z&x=2"), forwards("{mainland}").asking(1)}},
		},
		{
			name: "a body reaches the backend whole",
			steps: []step{
				{bearer("{mainland}").as(http.MethodPost).sending("name=value\n\x00\xff"), forwards("{mainland}").asking(1)},
				{bearer("{mainland}").as(http.MethodPut).inChunks("a body whose length nobody told"), forwards("{mainland}")},
			},
		},
		{
			name: "an answer to HEAD comes without a body",
			steps: []step{
				{bearer("{mainland}").as(http.MethodHead), forwards("{mainland}").asking(1)},
				{get().as(http.MethodHead), refuses(401, "token_missing")},
				{bearer("{nsp/403}").as(http.MethodHead), refuses(403, "permission_denied").asking(1)},
			},
		},
		{
			name: "a refusal does not depend on the method",
			steps: []step{
				{get().as(http.MethodPost).sending("x=1"), refuses(401, "token_missing")},
				{get().as(http.MethodPut).inChunks("in pieces"), refuses(401, "token_missing")},
				{get().as(http.MethodOptions), refuses(401, "token_missing")},
				{get().as("PROPFIND"), refuses(401, "token_missing")},
			},
		},
		{
			name:   "a preflight passes where preflights are allowed, without identity and without a call",
			config: "allowPreflight: true",
			steps: []step{
				{preflight("X-User-OpenID: forged"), anonymous()},
				{preflight("Authorization: Bearer {mainland}"), anonymous()},
				{bearer("{mainland}"), forwards("{mainland}").asking(1)},
				{preflight("Authorization: Bearer {mainland}"), anonymous()},
				{bearer("{mainland}"), forwards("{mainland}")},
			},
		},
		{
			name:   "a preflight that is forwarded asks for nothing more",
			config: "allowPreflight: true",
			steps: []step{
				{preflight("X-HTTP-Method-Override: DELETE"), anonymous().seeing("X-Http-Method-Override")},
				{preflight("X-Method-Override: DELETE", "X_Http-Method.Override: DELETE"),
					anonymous().seeing("X-Method-Override").seeing("X_http-Method.override")},
				{preflight("X-HTTP-Method: DELETE"), anonymous().seeing("X-Http-Method")},
				{preflight("Connection: Upgrade", "Upgrade: websocket"), anonymous().and(noUpgrade)},
			},
		},
		{
			name:  "a preflight is a request as any other where they are not allowed",
			steps: []step{{preflight(), refuses(401, "token_missing")}},
		},
		{
			name:   "what is no preflight needs a token where preflights are allowed",
			config: "allowPreflight: true",
			steps: []step{
				{get("Origin: https://app.example").as(http.MethodOptions), refuses(401, "token_missing")},
				{get("Access-Control-Request-Method: PUT").as(http.MethodOptions), refuses(401, "token_missing")},
				{preflight().as(http.MethodGet), refuses(401, "token_missing")},
				{preflight().sending("a body"), refuses(401, "token_missing")},
				{preflight().inChunks("a body"), refuses(401, "token_missing")},
				{preflight("Authorization: Bearer {mainland}").as(http.MethodGet), forwards("{mainland}").asking(1)},
			},
		},
	}
}

// preflight is what a browser asks before it asks across origins.
func preflight(lines ...string) request {
	return get(append([]string{"Origin: https://app.example", "Access-Control-Request-Method: PUT"}, lines...)...).
		as(http.MethodOptions)
}
