package behaviour

// Connection and trailers: two ways past a middleware to the headers that it sets.

func connectionRows() []row {
	lists := []struct {
		name  string
		lines []string
	}{
		{"one name", []string{"Connection: X-User-OpenID"}},
		{"after close", []string{"Connection: close, X-User-OpenID, X-User-UnionID, X-User-Phone"}},
		{"before keep-alive", []string{"Connection: X-User-OpenID, keep-alive"}},
		{"in odd case", []string{"connection: x-USER-openid , X-uSeR-PHONE"}},
		{"on several lines", []string{"Connection: keep-alive", "Connection: X-User-OpenID", "CONNECTION: X-User-Phone"}},
		{"twice", []string{"Connection: X-User-OpenID, X-User-OpenID", "Connection: X-User-OpenID"}},
		{"among empty elements", []string{"Connection: , ,X-User-OpenID,,", "Connection:", "Connection: ,"}},
		{"beside an alias", []string{"Connection: X_User_OpenID, x.user.phone, X-User-UnionID"}},
		{"without spaces", []string{"Connection: keep-alive,X-User-OpenID,X-User-Phone"}},
		{"between tabs", []string{"Connection: keep-alive\t,\tX-User-OpenID\t,\tX-User-Phone"}},
	}
	var rows []row
	for _, list := range lists {
		rows = append(rows, row{
			name: "Connection cannot drop an identity header: " + list.name,
			steps: append(
				missAndHit(bearer("{mainland#1}", list.lines...), forwards("{mainland#1}")),
				missAndHit(bearer("{mainland#2}", append(list.lines, "X-User-OpenID: forged")...), forwards("{mainland#2}"))...,
			),
		})
	}
	return append(append(rows, trailerRows()...),
		row{
			name:   "Connection cannot drop a header under a configured name",
			config: "headers: {openID: X-Who, status: X-Who-Status}",
			steps: missAndHit(
				bearer("{mainland}", "Connection: x-who, X-Who-Status, X-User-OpenID"),
				forwards("{mainland}").telling(told{"X-User-OpenID": nil, "X-Who": openID, "X-Who-Status": says("verified")}),
			),
		},
		row{
			name: "what else Connection lists is dropped as HTTP wants it",
			steps: missAndHit(
				bearer("{mainland}", "Connection: X-Hop, X-User-OpenID, X-Leap", "X-Hop: 1", "X-Leap: 2", "X-Stay: 3"),
				forwards("{mainland}"),
			),
		},
	)
}

func trailerRows() []row {
	const body = "a body in more than one chunk"
	plain := []string{"X-User-Phone: +8613800000000", "X-User-OpenID: forged"}
	aliases := []string{"X_User_Phone: 1", "x.user.openid: forged"}
	post := bearer("{nophone}").as("POST").inChunks(body)
	announced := bearer("{nophone}", "Trailer: X-User-Phone, X-User-OpenID, X_User_Phone, x.user.openid").as("POST").inChunks(body)
	nobody := get("Trailer: X-User-OpenID, X-User-Phone").as("POST").inChunks(body)
	return []row{
		{
			name:  "an identity header in the trailers does not reach the backend, and the body does",
			steps: missAndHit(announced.trailing(plain...), forwards("{nophone}")),
		},
		{
			name:  "an alias in the trailers does not reach the backend",
			steps: missAndHit(announced.trailing(aliases...), forwards("{nophone}")),
		},
		{
			name:  "trailers that nobody announced do not reach the backend",
			steps: missAndHit(post.trailing(plain...), forwards("{nophone}")),
		},
		{
			name:  "a trailer after no body does not reach the backend",
			steps: missAndHit(announced.inChunks("").trailing(plain...), forwards("{nophone}")),
		},
		{
			name:   "trailers do not reach the backend of an anonymous request either",
			config: "mode: optional",
			steps:  []step{{nobody.trailing(plain...), anonymous()}},
		},
		{
			name:   "trailers do not reach the backend in report mode either",
			config: "mode: report",
			steps:  []step{{nobody.trailing(plain...), anonymous()}, {post.trailing(plain...), anonymous().askingBeside(1, 0)}},
		},
		{
			name:   "trailers do not reach the backend when the token is removed either",
			config: "token: {remove: true}",
			steps:  missAndHit(announced.trailing(plain...), forwards("{nophone}").seeing("Authorization")),
		},
	}
}
