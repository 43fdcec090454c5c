package behaviour

// Identity headers: forged ones go, in every mode and on every outcome; true ones come under the configured names.

// forged has every default name, plainly.
var forged = []string{"X-User-OpenID: forged", "X-User-UnionID: forged", "X-User-Phone: +8613800000000"}

// defaultsAway takes the default names off what the backend is told.
var defaultsAway = told{"X-User-OpenID": nil, "X-User-UnionID": nil, "X-User-Phone": nil}

func headerRows() []row {
	return append(renamedRows(), []row{
		{
			name:  "forged identity headers give way to the true ones",
			steps: missAndHit(bearer("{mainland}", forged...), forwards("{mainland}")),
		},
		{
			name: "a forged header goes whatever its case",
			steps: missAndHit(
				bearer("{mainland}", "x-user-openid: forged", "X-USER-UNIONID: forged", "x-uSER-pHONE: forged"),
				forwards("{mainland}"),
			),
		},
		{
			name: "a forged header goes however often it stands",
			steps: missAndHit(
				bearer("{mainland}", "X-User-OpenID: one", "x-user-openid: two", "X_User_OpenID: three", "X-User-OpenID:"),
				forwards("{mainland}"),
			),
		},
		{
			name: "a user without phone has none, whatever the client says",
			steps: missAndHit(
				bearer("{nophone}", "X-User-Phone: +8613800000000", "X_USER_PHONE: 1", "x-user.phone: 2"),
				forwards("{nophone}"),
			),
		},
		{
			name: "forged headers go from the answer of the cache too",
			steps: []step{
				{bearer("{nophone}"), forwards("{nophone}").asking(1)},
				{bearer("{nophone}", forged...), forwards("{nophone}")},
				{bearer("{nophone}", "X_User_Phone: 1"), forwards("{nophone}")},
				{bearer("{nophone}", "x~user~unionid: 1"), forwards("{nophone}")},
			},
		},
		{
			name:  "binary values go with a forged header and stay with the client's own",
			steps: missAndHit(bearer("{nophone}", "X-User-Phone: \x80\xfe\xff", "X-Blob: \x80\xfe\xff \xc3\xa9"), forwards("{nophone}")),
		},
		{
			name:  "a forged header without a value goes too",
			steps: missAndHit(bearer("{nophone}", "X-User-Phone:", "X_User_UnionID:"), forwards("{nophone}")),
		},
		{
			name: "headers that only look alike stay",
			steps: missAndHit(
				bearer("{mainland}", "X-User-OpenIDs: a", "X-User-Open-ID: b", "XX-User-OpenID: c", "X-UserOpenID: d", "X-User--OpenID: e",
					"User-OpenID: f", "X-User-Phone2: g", "X-User-Phon: h", "X-User: i", "X-User-Open1D: j"),
				forwards("{mainland}"),
			),
		},
		{
			name: "headers of the client stay in their order and number",
			steps: missAndHit(
				bearer("{mainland}", "X-List: b", "X-List: a", "x-list: c, d", "Accept: text/html", "User-Agent: app/1.0", "X_Odd.Name: 1",
					"Content-Language: zh", "X-Empty:"),
				forwards("{mainland}"),
			),
		},
		{
			name: "a browser's request passes with nothing added but the identity",
			steps: missAndHit(
				bearer("{mainland}", browser...),
				forwards("{mainland}"),
			),
		},
		{
			name: "a forged header does not hide among a browser's",
			steps: append(
				missAndHit(bearer("{nophone#1}", append(browser, "X-User-Phone: 1")...), forwards("{nophone#1}")),
				missAndHit(bearer("{nophone#2}", append(browser, "x_user_phone: 1")...), forwards("{nophone#2}"))...,
			),
		},
		{
			name:   "an alias of the token's header is neither the token nor an identity",
			config: `token: {header: X-Token, scheme: ""}`,
			steps:  missAndHit(get("X-Token: {mainland}", "X_Token: other"), forwards("{mainland}")),
		},
	}...)
}

// browser has what browsers send.
var browser = []string{
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36", "Accept: text/html,*/*;q=0.8", "Accept-Language: zh-CN,zh;q=0.9",
	"Accept-Encoding: gzip, deflate, br", "Cache-Control: no-cache", "Pragma: no-cache", "Referer: https://app.example/", "Dnt: 1",
	"Origin: https://app.example", "Sec-Fetch-Mode: cors", "Sec-Fetch-Site: same-origin", "Sec-Fetch-Dest: empty",
	`Sec-Ch-Ua: "Browser";v="1"`, "Sec-Ch-Ua-Mobile: ?0", "Upgrade-Insecure-Requests: 1", "If-None-Match: \"x\"", "Cookie: a=1; b=2",
	"X-Requested-With: XMLHttpRequest", "Priority: u=1",
}

// renamedRows are about names that are not the default ones.
func renamedRows() []row {
	return []row{
		{
			name: "an identity comes under the configured names",
			config: "headers: {openID: x-who-id, unionID: X_Who_Union, phone: X-Who.Phone, phoneCountryCode: X-Who-CC, " +
				"phoneNational: X-Who-National}",
			steps: missAndHit(bearer("{hongkong}"), forwards("{hongkong}").telling(defaultsAway).telling(told{
				"X-Who-Id": openID, "X_who_union": unionID, "X-Who.phone": asGiven, "X-Who-Cc": countryCode, "X-Who-National": national,
			})),
		},
		{
			name: "configured names are protected as they fold",
			config: "mode: optional\nheaders: {openID: X-Who-ID, phoneCountryCode: X_Who_CC, phoneNational: x.who.national, " +
				"status: X-Who-Status}",
			steps: []step{{
				get("X_WHO_ID: forged", "x.who~id: forged", "X-Who-CC: forged", "X-Who-National: forged", "X|Who!National: forged",
					"X_Who_Status: verified"),
				anonymous().telling(told{"X-Who-Status": says("anonymous")}),
			}},
		},
		{
			name:   "default names stay protected when configured away",
			config: "headers: {openID: X-Who-ID, unionID: \"\", phone: \"\"}",
			steps: missAndHit(
				bearer("{mainland}", append(forged, "X_User_OpenID: forged", "X.User.UnionID: forged")...),
				forwards("{mainland}").telling(defaultsAway).telling(told{"X-Who-ID": openID}),
			),
		},
		{
			name: "names in which applications look for a user are taken off and set, and others that begin so stay",
			config: "headers: {openID: X-Forwarded-User, unionID: X-Original-User, phone: X-Forwarded-Preferred-Username, " +
				"phoneCountryCode: X-Forwarded-Login, phoneNational: Remote-User}",
			steps: missAndHit(
				bearer("{hongkong}", "X-Forwarded-User: forged", "x_original_user: forged", "X-Forwarded_Preferred.Username: forged",
					"X-FORWARDED-LOGIN: forged", "Remote_User: forged", "X-Forwarded-Groups: own", "X-Original-URL: /own"),
				forwards("{hongkong}").telling(defaultsAway).telling(told{
					"X-Forwarded-User": openID, "X-Original-User": unionID, "X-Forwarded-Preferred-Username": asGiven,
					"X-Forwarded-Login": countryCode, "Remote-User": national,
				}),
			),
		},
		{
			name:   "headers that are configured away are not injected",
			config: `headers: {openID: "", unionID: "", phone: ""}`,
			steps:  missAndHit(bearer("{mainland}"), forwards("{mainland}").telling(defaultsAway)),
		},
		{
			name:   "a name that clients use every day is protected where it is configured, and its aliases are",
			config: "mode: optional\nheaders: {openID: X-Request-ID, phone: X-Device-ID}",
			steps: append(
				missAndHit(
					bearer("{nophone}", "X-Device-ID: forged", "X-Request-ID: forged"),
					forwards("{nophone}").telling(defaultsAway).telling(told{"X-Request-ID": openID, "X-User-UnionID": unionID}),
				),
				step{get("X-Device-ID: forged"), anonymous()},
				step{get("X-Request-ID: forged", "X_Device_ID: forged"), anonymous()},
			),
		},
		{
			name:   "two names may change places",
			config: "headers: {openID: X-User-UnionID, unionID: X-User-OpenID}",
			steps: append(
				missAndHit(bearer("{nounion}", forged...), forwards("{nounion}").telling(told{"X-User-OpenID": nil, "X-User-UnionID": openID})),
				missAndHit(bearer("{mainland}"), forwards("{mainland}").telling(told{"X-User-OpenID": unionID, "X-User-UnionID": openID}))...,
			),
		},
	}
}
