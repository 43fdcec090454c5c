package behaviour

import (
	"fmt"
	"net/url"
	"strings"
)

// Bad input from clients: what is no token, and what is more than one.

// longest is the length of the longest token that there may be.
const longest = 2048

func badTokenRows() []row {
	rows := []row{
		{
			name:   "a token that is empty is refused without a call",
			config: everySource,
			steps: []step{
				{get("Authorization: Bearer"), refuses(401, "token_invalid")},
				{get("Authorization: Bearer  "), refuses(401, "token_invalid")},
				{get("Cookie: hwtoken="), refuses(401, "token_invalid")},
				{get().to("/?access_token="), refuses(401, "token_invalid")},
			},
		},
		{
			name:   "a cookie or parameter without a value is no token",
			config: everySource,
			steps: []step{
				{get("Cookie: hwtoken; a=b"), refuses(401, "token_missing")},
				{get().to("/?access_token"), refuses(401, "token_missing")},
			},
		},
		{
			name:   "a token of 2048 bytes is asked for",
			config: everySource,
			steps: []step{
				{bearer(sized("mainland#1", longest)), forwards(sized("mainland#1", longest)).asking(1)},
				{get("Cookie: hwtoken=" + sized("mainland#2", longest)), forwards(sized("mainland#2", longest)).asking(1)},
				{get().to("/?access_token=" + sized("mainland#3", longest)), forwards(sized("mainland#3", longest)).asking(1)},
			},
		},
		{
			name:   "a token of 2049 bytes is refused without a call",
			config: everySource,
			steps: []step{
				{bearer(sized("mainland", longest+1)), refuses(401, "token_invalid")},
				{get("Cookie: hwtoken=" + sized("mainland", longest+1)), refuses(401, "token_invalid")},
				{get().to("/?access_token=" + sized("mainland", longest+1)), refuses(401, "token_invalid")},
			},
		},
		{
			name:  "a token of 100000 bytes is refused without a call",
			steps: []step{{bearer(sized("mainland", 100_000)), refuses(401, "token_invalid")}},
		},
		{
			name:   "the same token twice in one source counts once",
			config: everySource,
			steps: []step{
				{bearer("{mainland}", "Authorization: Bearer {mainland}"), forwards("{mainland}").asking(1)},
				{bearer("{mainland}", "Authorization: bearer  {mainland}"), forwards("{mainland}")},
				{get("Cookie: hwtoken={mainland}; hwtoken={mainland}"), forwards("{mainland}")},
				{get("Cookie: hwtoken={mainland};hwtoken={mainland}", `Cookie: a=b; hwtoken="{mainland}"`),
					forwards("{mainland}").seeing("Cookie", `hwtoken={mainland};hwtoken={mainland}`, `a=b; hwtoken="{mainland}"`)},
				{get().to("/?access_token={mainland}&x&access_token={mainland}"), forwards("{mainland}")},
				{get().to("/?access_token={mainland}&access%5Ftoken={mainland}"), forwards("{mainland}")},
				{bearer("{invalid}", "Authorization: Bearer {invalid}"), refuses(401, "token_invalid").asking(1)},
			},
		},
		{
			name:   "sixteen places of a token are read, and seventeen are not",
			config: everySource,
			steps: []step{
				{get(repeated(16, "Authorization: Bearer {mainland}")...), forwards("{mainland}").asking(1)},
				{get(repeated(17, "Authorization: Bearer {mainland}")...), refuses(400, "token_unreadable")},
				{bearer("{mainland}", repeated(16, "Authorization: Basic dXNlcjpwYXNz")...), refuses(400, "token_unreadable")},
				{get("Cookie: " + strings.Join(repeated(16, "hwtoken={mainland}"), "; ")), forwards("{mainland}")},
				{get("Cookie: " + strings.Join(repeated(17, "hwtoken={mainland}"), "; ")), refuses(400, "token_unreadable")},
				{get().to("/?" + strings.Join(repeated(16, "access_token={mainland}"), "&")), forwards("{mainland}")},
				{get().to("/?" + strings.Join(repeated(17, "access_token={mainland}"), "&")), refuses(400, "token_unreadable")},
			},
		},
		{
			name:   "a token among 200 cookies or 500 parameters is found, and all of them reach the backend",
			config: everySource,
			steps: []step{
				{get("Cookie: " + strings.Repeat("my_hwtoken=0123456789012345678901234567890123456789012345678901234567; ", 200) + "hwtoken={mainland}"),
					forwards("{mainland}").asking(1)},
				{get().to("/?access_token={mainland}" + strings.Repeat("&my_access_token=1%20", 500)), forwards("{mainland}")},
			},
		},
		{
			name: "what looks like an attack on somebody's log or database is refused without a call",
			steps: []step{
				{bearer("{mainland}${jndi:ldap://x/a}"), refuses(401, "token_invalid")},
				{bearer("{mainland}'/**/union/**/select"), refuses(401, "token_invalid")},
				{bearer("{mainland}<script>"), refuses(401, "token_invalid")},
			},
		},
		{
			name:   "a JWT is another issuer's, and Huawei is not asked",
			config: everySource,
			steps: []step{
				{bearer("eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl"), refuses(401, "token_foreign").and(detailed("JWT"))},
				{bearer("eyJhbGciOiJub25lIn0.eyJpc3MiOiJ4In0."), refuses(401, "token_foreign")},
				{get("Cookie: hwtoken=eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl"), refuses(401, "token_foreign")},
				{get().to("/?access_token=eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl"), refuses(401, "token_foreign")},
			},
		},
		{
			name: "two tokens are one too many, even if one of them is empty or bad",
			steps: []step{
				{bearer("{mainland#1}", "Authorization: Bearer {mainland#2}"), refuses(400, "token_repeated")},
				{bearer("{mainland#1}", "authorization: bearer {mainland#2}"), refuses(400, "token_repeated")},
				{bearer("{mainland}", "Authorization: Bearer"), refuses(400, "token_repeated")},
				{bearer("{mainland}", "Authorization: Bearer a b"), refuses(400, "token_repeated")},
				{bearer("{mainland}", "Authorization: Basic dXNlcjpwYXNz", "Authorization: Bearer {invalid}"), refuses(400, "token_repeated")},
			},
		},
		{
			name:   "a token that is known is one too many beside another",
			config: everySource,
			steps: []step{
				{bearer("{mainland}"), forwards("{mainland}").asking(1)},
				{bearer("{mainland}", "Authorization: bearer {invalid}"), refuses(400, "token_repeated")},
				{get("Cookie: hwtoken={mainland}; hwtoken={invalid}"), refuses(400, "token_repeated")},
				{get().to("/?access_token={mainland}&access_token={invalid}"), refuses(400, "token_repeated")},
			},
		},
		{
			name:   "two tokens without a scheme are one too many",
			config: `token: {scheme: ""}`,
			steps:  []step{{get("Authorization: {mainland#1}", "Authorization: {mainland#2}"), refuses(400, "token_repeated")}},
		},
		{
			name:   "two cookies of the name are one too many",
			config: everySource,
			steps: []step{
				{get("Cookie: hwtoken={mainland#1}; a=1; hwtoken={mainland#2}"), refuses(400, "token_repeated")},
				{get("Cookie: hwtoken={mainland#1}", "Cookie: hwtoken={mainland#2}"), refuses(400, "token_repeated")},
				{get("Cookie: hwtoken={mainland#1};hwtoken={mainland#1};hwtoken={mainland#2}"), refuses(400, "token_repeated")},
				{get("Cookie: hwtoken=; hwtoken={mainland#1}"), refuses(400, "token_repeated")},
			},
		},
		{
			name:   "two query parameters of the name are one too many",
			config: everySource,
			steps: []step{
				{get().to("/?access_token={mainland#1}&x=1&access_token={mainland#2}"), refuses(400, "token_repeated")},
				{get().to("/?access_token={mainland#1}&access%5Ftoken={mainland#2}"), refuses(400, "token_repeated")},
				{get().to("/?access_token=&access_token={mainland#1}"), refuses(400, "token_repeated")},
			},
		},
		{
			name:  "two tokens in one value are none",
			steps: []step{{bearer("{mainland#1}, Bearer {mainland#2}"), refuses(401, "token_invalid")}},
		},
		{
			name:  "a token that goes on in the next line is none",
			steps: []step{{bearer("{mainland}\r\n more"), refuses(401, "token_invalid")}},
		},
		{
			name: "a token that Huawei does not know is invalid",
			steps: []step{
				{bearer("nobodys{mainland}"), refuses(401, "token_invalid").asking(1)},
				{bearer("nobodys{mainland}"), refuses(401, "token_invalid")},
			},
		},
		{
			name: "a token that means something in a form is one value to Huawei, or none",
			steps: []step{
				{bearer("{mainland#1}+access_token=y"), forwards("{mainland#1}+access_token=y").asking(1)},
				{bearer("{mainland#2}&nsp_svc=x&access_token=y"), refuses(401, "token_invalid")},
				{bearer("{mainland#3}%2B%00"), refuses(401, "token_invalid")},
			},
		},
		{
			name:   "a bad escape in the query is no token",
			config: everySource,
			steps: []step{
				{get().to("/?access_token={invalid#1}%zz"), refuses(401, "token_invalid")},
				{get().to("/?access_token={invalid#2}%2"), refuses(401, "token_invalid")},
			},
		},
	}

	for _, junk := range []string{" ", "\t", "\x80", "\xff", "\xc3\xa9", "\xf0\x9f\x98\x80"} {
		rows = append(rows, row{
			name:   fmt.Sprintf("a token with %q in it is refused without a call", junk),
			config: everySource,
			steps: []step{
				{bearer("{mainland}" + junk + "x"), refuses(401, "token_invalid")},
				{bearer("x" + junk + "{mainland}"), refuses(401, "token_invalid")},
				{get("Cookie: hwtoken={mainland}" + junk + "x"), refuses(401, "token_invalid")},
				{get().to("/?access_token={mainland}" + url.PathEscape(junk)), refuses(401, "token_invalid")},
			},
		})
	}
	for _, control := range []string{"\x00", "\x01", "\x0b", "\x1f", "\x7f"} {
		rows = append(rows, row{
			name:   fmt.Sprintf("a token with %q in it does not get past the server in front, or past the token's check", control),
			config: everySource,
			steps: []step{
				{bearer("{mainland}" + control), serverRefuses()},
				{get("Cookie: hwtoken={mainland}" + control), serverRefuses()},
				{get().to("/?access_token={mainland}" + url.QueryEscape(control)), refuses(401, "token_invalid")},
			},
		})
	}
	for _, breaking := range []string{"\n", "\r\n", "\r\nX-User-OpenID: forged\r\n", "\r"} {
		rows = append(rows, row{
			name:   fmt.Sprintf("a token with %q in it, from the query, is refused without a call", breaking),
			config: everySource,
			steps:  []step{{get().to("/?access_token={mainland}" + url.QueryEscape(breaking)), refuses(401, "token_invalid")}},
		})
	}
	return rows
}

func repeated(n int, text string) []string {
	var all []string
	for range n {
		all = append(all, text)
	}
	return all
}

// sized is the placeholder of a token of that length.
func sized(kind string, length int) string { return fmt.Sprintf("{%s*%d}", kind, length) }
