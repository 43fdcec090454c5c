package attacks

// mutant is the plugin without one of its defences, by a change as package mutate makes it.
type mutant struct {
	without string
	in      string // the function that has the defence
	take    string // what is taken out of it; "" = all that is in it
	put     string // in its place
	noticed
}

// noticed says by what a mutant is.
type noticed struct {
	classes []*class // all of which notice
	lapse   *lapse   // of Traefik, without which one may not notice; nil = they always do
}

// mutants take out every defence that a class is about.
var mutants = []mutant{
	{"stripping", "stripForged", "", "return nil",
		by(&aliasNames, &repeatedIdentity, &absentMembers, &modes, &upgrades, &spellings, &targets, &framing, &lifetimes,
			&errorPages, &otherApps, &sharedState, &strangeAnswers, &smuggledParameters, &trailers)},
	{"stripping where the mode is optional",
		"handlers", "stripAndTell(p, h)", "if p.settings.mode != modeOptional { stripAndTell(p, h) }", by(&modes)},
	{"stripping where the mode is report",
		"handlers", "stripAndTell(p, h)", "if p.settings.mode != modeReport { stripAndTell(p, h) }", by(&modes)},
	{"stripping of preflights", "forwardPreflight", "stripAndTell(p, h)", "", by(&preflights)},
	{"stripping without Authorization", "handlers", "stripAndTell(p, h)", `if h.Get("Authorization") != "" { stripAndTell(p, h) }`,
		by(&modes)},
	{"folding of all but hyphens and underscores", "namesIn", "listing.Replace(names)",
		`strings.NewReplacer("[", " ", "]", " ", "-", "_").Replace(strings.ToUpper(names))`, by(&aliasNames)},
	{"folding of all but hyphens", "namesIn", "listing.Replace(names)",
		`strings.NewReplacer("[", " ", "]", " ", "-", "_", "_", "*").Replace(strings.ToUpper(names))`, by(&aliasNames)},
	{"the protected names among the suspects", "newGuard", `suspects = append(suspects, inList(n), "")`, "", by(&aliasNames)},
	{"Connection among the suspects", "newGuard", `inList("Connection")`, `inList("Nothing")`, by(&connectionLists)},
	// Without Connection, which is a suspect itself, Upgrade offers nothing.
	{"Connection and Upgrade among the suspects",
		"newGuard", `[]string{inList("Connection"), "", inList("Upgrade"), "", inList("Http2-Settings"), ""}`, "[]string{}",
		by(&upgrades)},
	{"Connection and Upgrade among the unusual headers",
		"ordinaryHeaders", "strings.Fields(s)", `append(strings.Fields(s), "Connection", "Upgrade", "Http2-Settings")`,
		by(&upgrades)},
	{"Connection among the unusual headers", "ordinaryHeaders", "strings.Fields(s)", `append(strings.Fields(s), "Connection")`,
		by(&connectionLists)},
	{"exactness of stripping", "stripForged", "", `for name := range h { if strings.Contains(fold(name), "USER") { delete(h, name) } }; return nil`,
		by(&nearNames)},
	{"stripping of a phone that Huawei does not give", "removeNames", "delete(h, names[from+i+1:end])",
		"if name != inList(defaultPhoneHeader) { delete(h, names[from+i+1:end]) }", by(&absentMembers)},
	{"the default names where others are configured", "protectedNames", "defaultNames", "[]string{}", by(&spellings)},
	{"the status header among the protected names", "newBlueprint", "headerNames(s.headers)",
		"headerNames(headerSettings{openID: s.headers.openID, unionID: s.headers.unionID, phone: s.headers.phone})", by(&modes)},
	{"cleaning of Connection", "cleanConnection", "", "", by(&connectionLists)},
	{"folding of the names in Connection",
		"withoutProtected", "g.protected[fold(strings.TrimSpace(n))]", "n == defaultOpenIDHeader", by(&connectionLists)},
	{"reading of Unicode's spaces in Connection", "withoutProtected", "fold(strings.TrimSpace(n))", `fold(strings.Trim(n, " \t"))`,
		by(&connectionLists)},
	{"the refusal without a token", "serveWithoutToken", "p.settings.mode == modeOptional", "p.settings.mode != modeReport",
		by(&modes, &preflights, &upgrades, &targets)},
	{"the refusal of bad tokens where the mode is optional",
		"reject", "p.watcher != nil", "p.settings.mode != modeEnforce", by(&modes)},
	{"the look at a preflight's Origin", "isPreflight", `len(r.Header["Origin"]) > 0`, "true", by(&preflights)},
	{"the look at a preflight's method", "isPreflight", "r.Method == http.MethodOptions", "true", by(&preflights)},
	{"the look at a preflight's body", "isPreflight", "r.ContentLength == 0", "true", by(&preflights)},
	{"taking other methods off a preflight", "stripPreflight", "removeNames(overridingNames, ordinary, h, names, folded)",
		"_, _ = names, folded", by(&preflights)},
	{"taking an upgrade off a preflight", "stripPreflight", `delete(h, "Upgrade")`, "", by(&preflights)},
	{"the copy without trailers", "forwardCopy", "p.next.ServeHTTP(w, bare)", "p.next.ServeHTTP(w, req)",
		by(&trailers, &preflights).where(&forwardedTrailers)},
	{"the look at trailers that are there already", "forward", "r.Trailer != nil", "false", by(&trailers)},
	{"the look at trailers of those without identity", "forward", "r.ContentLength < 0 || r.Trailer != nil", "false",
		by(&preflights).where(&forwardedTrailers)},
	{"the look at trailers on the way of a hit", "handlers", "r.Trailer != nil", "false", by(&trailers)},
	{"forbidding a tunnel", "keepWebSocket", "", "", by(&upgrades).where(&tunnelOffers)},
	{"stripping of repeated headers", "removeNames", "delete(h, names[from+i+1:end])",
		"if len(h[names[from+i+1:end]]) == 1 { delete(h, names[from+i+1:end]) }",
		by(&repeatedIdentity)},
	{"the check for repeated tokens", "theOne", "other != token", "false && other != token", by(&repeatedTokens)},
	{"the bound on the places of a token", "maxOccurrences", "", "1 << 20", by(&repeatedTokens)},
	{"the check of a token's bytes", "unfit", `strings.TrimLeft(v, tokenCharacters) != ""`, "false", by(&unfitTokens)},
	{"the look for JWTs", "unfit", "isJWT(v)", "false", by(&unfitTokens)},
	{"the narrow notion of space", "blanks", "", `" \t\u00a0\u2003"`, by(&unfitTokens)},
	{"the check of a token's length", "maxToken", "", "1 << 20", by(&unfitTokens)},
	{"the scheme where the fast way ends", "serveCredentials", "ok && isToken(t)", "isToken(t)", by(&unfitTokens)},
	{"the check of a token's bytes where the fast way ends", "serveCredentials", "ok && isToken(t)", "ok", by(&unfitTokens)},
	{"escaping of a token", "lookUp", "url.QueryEscape(t)", "t", by(&smuggledParameters)},
	{"the check of a value's bytes", "newIdentity", "isVisible(v)", "true", by(&unfitValues)},
	{"the check of a value's length", "maxValue", "", "1 << 20", by(&unfitValues)},
	{"the refusal to follow redirects", "post", "transportOf(c).RoundTrip(r)", "(&http.Client{Transport: transportOf(c)}).Do(r)",
		by(&strangeAnswers)},
	{"the look at NSP_STATUS", "judge", "len(v) == 0", "true", by(&strangeAnswers)},
	{"the look at the HTTP status", "judge", "s != http.StatusOK", "s < 0", by(&strangeAnswers)},
	{"the look at error in an answer", "getInfo", "u.Error != nil", "false", by(&strangeAnswers)},
	{"the canonical spelling of the token's header", "tokenHeader", "http.CanonicalHeaderKey(h)", "h", by(&spellings)},
	{"the check of client_id", "getTokenInfo", "c.clientIDs[i]", `i != ""`, by(&otherApps)},
	{"the check of the token's type", "getTokenInfo", "*i.Type == 0", "*i.Type >= 0", by(&otherApps)},
	{"the check of the token's life", "getTokenInfo", "*i.ExpireIn > 0", "true", by(&otherApps)},
	{"the comparison of openIDs", "identifyAs", "same(i.OpenID, u)", "true", by(&otherApps)},
	{"the comparison of unionIDs", "identifyAs", "same(i.UnionID, u)", "true", by(&otherApps)},
	{"the question before the answer", "ask", "len(c.clientIDs) == 0", "true", by(&otherApps)},
	{"the upstream in the key", "newUpstream", "string(i[:saltLength])", `""`, by(&sharedState)},
	{"the URLs in the shared state's key",
		"key", `fmt.Sprintf("%#v", s)`, `fmt.Sprintf("%#v%#v%#v", s.audience, s.cache, s.huawei.timeout)`, by(&sharedState)},
	{"the client IDs in the shared state's key",
		"key", `fmt.Sprintf("%#v", s)`, `fmt.Sprintf("%#v%#v", s.huawei, s.cache)`, by(&sharedState)},
	{"an instance's own rules at a hit",
		"forwardIdentified", "p.settings.phone.require", "from != fromCache && p.settings.phone.require", by(&sharedState)},
	{"the end of an answer by a refusal", "forget", "", "", by(&lifetimes)},
	{"the end of an answer with its token", "keepIdentity", "left > 0", "left < 0", by(&lifetimes)},
	{"the end of answers on the way of a hit", "handlers", "since(epoch) < e.refresh", "true", by(&lifetimes)},
	{"the end of answers", "decide", "now < e.expires || now < e.retry", "true", by(&lifetimes)},
	{"the room of good answers", "keepRefusal", "keep(u, u.refused, e, now)", "keep(u, u.good, e, now)", by(&lifetimes)},
	{"the signature of account events", "checkSigner", "!verified(t, k)", "false", by(&accountEvents)},
	{"the issuer of account events", "checkSigner", "t.issuer != issuer", "false", by(&accountEvents)},
	{"the audience of account events", "checkClaims", "c[id]", "true || c[id]", by(&accountEvents)},
	{"the audience in account events' bodies", "parseEvent", `c == ""`, "false", by(&accountEvents)},
	{"the end of account events", "checkClaims", "*t.expires <= s", "false", by(&accountEvents)},
	{"the look at account events from the future", "checkClaims", "t.issued > s", "false", by(&accountEvents)},
	{"the age of account events", "checkClaims", "t.issued < s", "false", by(&accountEvents)},
	{"the look for ID tokens among account events", "checkClaims", "t.idToken", "false", by(&accountEvents)},
	{"the look at extensions of account events", "parseJWT", "h.Crit != nil", "false", by(&accountEvents)},
	{"the refusal of one bad event among good ones", "parseEvents", "return nil, refusal", "continue", by(&accountEvents)},
	{"the memory of account events", "takeEvents", "!r.seen.has(e)", "true", by(&accountEvents)},
	{"the method of account events", "receiveEvents", "r.Method != http.MethodPost", "false", by(&accountEvents)},
	{"the bound on account events", "maxEventBody", "", "1 << 20", by(&accountEvents)},
	{"the bound on calls for keys", "look", "n >= k.next", "true", by(&accountEvents)},
	{"the forgetting of users", "forgetUser", "", "return 0", by(&accountEvents)},
	{"the forgetting of what lookups bring", "keepGood", "isForgotten(x, e)", "false", by(&accountEvents)},
	{"the look at what an event ended meanwhile", "resolveAnew", "!endedSince(u, a.entry)", "true", by(&accountEvents)},
	{"the forgetting in states without client IDs", "sharesClientID", "len(u.client.clientIDs) == 0", "false", by(&accountEvents)},
	{"taking the token off", "forwardChanged", "withoutToken(s, r, w)", "r", by(&errorPages)},
}

func by(classes ...*class) noticed { return noticed{classes: classes} }

func (n noticed) where(l *lapse) noticed {
	n.lapse = l
	return n
}
