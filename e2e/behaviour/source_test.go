package behaviour

import "net/url"

// Where a token may stand beside the header, and which source is asked first.

func sourceRows() []row {
	return []row{
		{
			name:   "a cookie carries the token",
			config: "token: {cookie: hwtoken}",
			steps:  []step{{get("Cookie: a=1; hwtoken={mainland}; b=2"), forwards("{mainland}").asking(1)}},
		},
		{
			name:   "a cookie's name is told apart by case and as a whole",
			config: "token: {cookie: hwtoken}",
			steps: []step{
				{get("Cookie: HWTOKEN={mainland}; hwtoken2={mainland}; xhwtoken={mainland}"), refuses(401, "token_missing")},
			},
		},
		{
			name:   "a query parameter carries the token",
			config: "token: {query: access_token}",
			steps: []step{
				{get().to("/?a=1&access_token={mainland#1}&b=2"), forwards("{mainland#1}").asking(1)},
				{get().to("/?access%5Ftoken={mainland#2}"), forwards("{mainland#2}").asking(1)},
			},
		},
		{
			name:   "a token in a cookie or in the query is decoded once, and a plus that is not encoded is a plus",
			config: everySource,
			steps: []step{
				{get().to("/?access_token={mainland#1}" + url.QueryEscape("/+=")), forwards("{mainland#1}/+=").asking(1)},
				{get().to("/?access_token={mainland#2}+b/c=="), forwards("{mainland#2}+b/c==").asking(1)},
				{get("Cookie: hwtoken={mainland#3}a%2Bb%2Fc%3D%3D"), forwards("{mainland#3}a+b/c==").asking(1)},
				{get(`Cookie: hwtoken="{mainland#4}a%2bb"`), forwards("{mainland#4}a+b").asking(1)},
				{get("Cookie: hwtoken={mainland#5}+a"), forwards("{mainland#5}+a").asking(1)},
				{get("Cookie: hwtoken={mainland#6}%252B"), refuses(401, "token_invalid")},
				{get("Cookie: hwtoken={mainland#7}%20"), refuses(401, "token_invalid")},
				{get().to("/?access_token={mainland#8}%252B"), refuses(401, "token_invalid")},
			},
		},
		{
			name:   "only space and tab are taken off a cookie's name",
			config: "token: {cookie: __Host-sid}",
			steps: []step{
				{get("Cookie: a=b; \t __Host-sid={mainland#1}\t; c=d"), forwards("{mainland#1}").asking(1)},
				{get("Cookie: \u2003__Host-sid={mainland#2}"), refuses(401, "token_missing")},
				{get("Cookie: a=b;\u00a0__Host-sid={mainland#2}"), refuses(401, "token_missing")},
				{get("Cookie: a=b;\u0085__Host-sid={mainland#2}"), refuses(401, "token_missing")},
				{get("Cookie: a=b;\u3000__Host-sid={mainland#2}"), refuses(401, "token_missing")},
				{get("Cookie: a=b; __Host-sid ={mainland#2}"), refuses(401, "token_missing")},
			},
		},
		{
			name:   "a query parameter's name is told apart by case and as a whole",
			config: "token: {query: access_token}",
			steps: []step{
				{get().to("/?ACCESS_TOKEN={mainland}&access_token2={mainland}&xaccess_token={mainland}"), refuses(401, "token_missing")},
			},
		},
		{
			name: "a source that is not configured is not read",
			steps: []step{
				{get("Cookie: token={mainland}; access_token={mainland}").to("/?access_token={mainland}&token={mainland}"),
					refuses(401, "token_missing")},
			},
		},
		{
			name:   "without a header to read, Authorization means nothing",
			config: `token: {header: "", cookie: hwtoken}`,
			steps: []step{
				{bearer("{mainland}"), refuses(401, "token_missing")},
				{bearer("{invalid}", "Cookie: hwtoken={mainland}"), forwards("{mainland}").asking(1)},
			},
		},
		{
			name:   "the header goes before the cookie, and the cookie before the query",
			config: everySource,
			steps: []step{
				{bearer("{mainland#1}", "Cookie: hwtoken={invalid}").to("/?access_token={invalid}"), forwards("{mainland#1}").asking(1)},
				{get("Cookie: hwtoken={mainland#2}").to("/?access_token={invalid}"), forwards("{mainland#2}").asking(1)},
				{get().to("/?access_token={mainland#3}"), forwards("{mainland#3}").asking(1)},
			},
		},
		{
			name:   "a bad token in an earlier source is not mended by a good one in a later",
			config: everySource,
			steps: []step{
				{bearer("{invalid#1}", "Cookie: hwtoken={mainland}").to("/?access_token={mainland}"), refuses(401, "token_invalid").asking(1)},
				{get("Cookie: hwtoken={invalid#2}").to("/?access_token={mainland}"), refuses(401, "token_invalid").asking(1)},
			},
		},
		{
			name:   "credentials of another scheme leave the word to the next source",
			config: everySource,
			steps: []step{
				{get("Authorization: Basic dXNlcjpwYXNz", "Cookie: hwtoken={mainland}"), forwards("{mainland}").asking(1)},
			},
		},
	}
}

const everySource = "token: {cookie: hwtoken, query: access_token}"
