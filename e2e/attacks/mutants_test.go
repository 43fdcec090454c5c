package attacks

// mutant is the plugin without one of its defences.
type mutant struct {
	without string
	file    string
	text    string // stands in the file once
	instead string
	noticed
}

// noticed says by what a mutant is.
type noticed struct {
	classes []*class // all of which notice
	lapse   *lapse   // of Traefik, without which one may not notice; nil = they always do
}

// mutants take out every defence that a class is about. A text that is not found any more has to be brought up to date.
var mutants = []mutant{
	{"stripping", "plugin.go", "stripForged(guard, h)", "_ = guard", by(&aliasNames, &repeatedIdentity, &absentMembers, &modes, &upgrades, &spellings,
		&targets, &framing, &lifetimes, &errorPages, &otherApps, &sharedState, &strangeAnswers, &smuggledParameters, &trailers)},
	{"stripping where the mode is optional", "plugin.go", "stripForged(guard, h)", "if p.settings.mode != modeOptional { stripForged(guard, h) }", by(&modes)},
	{"stripping where the mode is report", "plugin.go", "stripForged(guard, h)", "if p.settings.mode != modeReport { stripForged(guard, h) }", by(&modes)},
	{"stripping of preflights", "plugin.go", "stripForged(p.guard, req.Header)", "_ = p.guard", by(&preflights)},
	{"stripping without Authorization", "plugin.go", "stripForged(guard, h)", `if h.Get("Authorization") != "" { stripForged(guard, h) }`, by(&modes)},
	{"folding of all but hyphens and letters", "guard.go", "g.protected[fold(name)] {", "g.protected[strings.ToUpper(strings.ReplaceAll(name, \"-\", \"_\"))] {", by(&aliasNames)},
	{"folding", "guard.go", "g.protected[fold(name)] {", "g.protected[fold(name)] && name == http.CanonicalHeaderKey(strings.ReplaceAll(name, \"_\", \"-\")) {", by(&aliasNames)},
	{"folding of unusual headers in one piece", "guard.go", "g.cuts.Replace(folding.Replace(text))", "g.cuts.Replace(text)", by(&aliasNames, &connectionLists)},
	{"the protected names among what unusual headers are searched for", "guard.go", "cuts = append(cuts, name, \"\")", "_ = cuts", by(&aliasNames, &connectionLists)},
	{"the tunnel among what unusual headers are searched for", "guard.go", "cuts := []string{fold(tunnel), \"\", fold(tunnelSettings), \"\"}", "var cuts []string", by(&upgrades).where(&tunnelOffers)},
	{"Upgrade among the unusual headers", "guard.go", "Uber-Trace-Id Upgrade-Insecure-Requests", "Uber-Trace-Id Upgrade Upgrade-Insecure-Requests", by(&upgrades).where(&tunnelOffers)},
	{"Connection among the unusual headers", "guard.go", "Cf-Visitor Content-Encoding", "Cf-Visitor Connection Content-Encoding", by(&connectionLists)},
	{"exactness of stripping", "guard.go", "g.protected[fold(name)] {", `strings.Contains(fold(name), "USER") {`, by(&nearNames)},
	{"stripping of a phone that Huawei does not give", "guard.go", "g.protected[fold(name)] {", "g.protected[fold(name)] && fold(name) != fold(defaultPhoneHeader) {", by(&absentMembers)},
	{"the default names where others are configured", "guard.go", "names := map[string]bool{}\n\tfor _, name := range defaultNames {\n\t\tnames[name] = true\n\t}", "names := map[string]bool{}", by(&spellings)},
	{"the status header among the protected names", "guard.go", "for _, name := range configured {\n\t\tif name != \"\" {", "for i, name := range configured {\n\t\tif name != \"\" && i != statusHeader {", by(&modes)},
	{"cleaning of Connection", "guard.go", "setOrDelete(h, \"Connection\", withoutProtected(g, lines))", "_ = lines", by(&connectionLists)},
	{"folding of the names in Connection", "guard.go", "g.protected[fold(strings.TrimSpace(option))]", "option == defaultOpenIDHeader", by(&connectionLists)},
	{"reading of Unicode's spaces in Connection", "guard.go", "fold(strings.TrimSpace(option))", `fold(strings.Trim(option, " \t"))`, by(&connectionLists)},
	{"the refusal without a token", "plugin.go", "if p.settings.mode == modeOptional {", "if p.settings.mode != modeReport {", by(&modes, &preflights, &upgrades, &targets)},
	{"the refusal of bad tokens where the mode is optional", "plugin.go", "if p.settings.mode == modeReport {\n\t\tforwardAnonymous", "if p.settings.mode != modeEnforce {\n\t\tforwardAnonymous", by(&modes)},
	{"the look at a preflight's Origin", "plugin.go", " && len(req.Header[\"Origin\"]) > 0", "", by(&preflights)},
	{"the look at a preflight's method", "plugin.go", "req.Method == http.MethodOptions && ", "", by(&preflights)},
	{"the copy without trailers", "plugin.go", "p.next.ServeHTTP(rw, bare)", "p.next.ServeHTTP(rw, req)", by(&trailers, &preflights).where(&forwardedTrailers)},
	{"the look at trailers that are there already", "plugin.go", "enrichMore(e, h, id, from)\n\t}\n\tif req.ContentLength < 0 || req.Trailer != nil {", "enrichMore(e, h, id, from)\n\t}\n\tif req.ContentLength < 0 {", by(&trailers)},
	{"the look at trailers of those without identity", "plugin.go", "req.Header, status)\n\tif req.ContentLength < 0 || req.Trailer != nil {", "req.Header, status)\n\tif false {", by(&preflights).where(&forwardedTrailers)},
	{"the look at trailers on the way of a hit", "plugin.go", "\t\tif req.Trailer != nil {\n\t\t\t\t\t\t\tforwardCopy", "\t\tif false {\n\t\t\t\t\t\t\tforwardCopy", by(&trailers)},
	{"forbidding a tunnel", "guard.go", "\t\tforbidTunnel(h)", "", by(&upgrades).where(&tunnelOffers)},
	{"stripping of repeated headers", "guard.go", "g.protected[fold(name)] {", "g.protected[fold(name)] && len(h[name]) == 1 {", by(&repeatedIdentity)},
	{"the check for repeated tokens", "plugin.go", "if len(tokens) != 1 || ", "if len(tokens) == 0 || ", by(&repeatedTokens)},
	{"the check of a token's bytes", "token.go", "len(value) <= maxToken && isVisible(value)", "len(value) <= maxToken", by(&unfitTokens)},
	{"the check of a token's length", "token.go", "const maxToken = 2048", "const maxToken = 1 << 20", by(&unfitTokens)},
	{"the scheme where the fast way ends", "plugin.go", "if ok && isToken(token) {", "if (ok || true) && isToken(token) {", by(&unfitTokens)},
	{"the check of a token's bytes where the fast way ends", "plugin.go", "if ok && isToken(token) {", "if ok {", by(&unfitTokens)},
	{"escaping of a token", "huawei.go", "\"access_token=\" + url.QueryEscape(token)", "\"access_token=\" + token", by(&smuggledParameters)},
	{"the check of a value's bytes", "identity.go", "!isVisible(all)", "false", by(&unfitValues)},
	{"the check of a value's length", "identity.go", "const maxValue = 256", "const maxValue = 1 << 20", by(&unfitValues)},
	{"the refusal to follow redirects", "huawei.go", "c.transport.RoundTrip(req)", "(&http.Client{Transport: c.transport}).Do(req)", by(&strangeAnswers)},
	{"the look at NSP_STATUS", "status.go", "if len(values) == 0 {", "if true {", by(&strangeAnswers)},
	{"the look at the HTTP status", "status.go", "if status != http.StatusOK {", "if status < 0 {", by(&strangeAnswers)},
	{"the look at error in an answer", "huawei.go", " || user.Error != nil", "", by(&strangeAnswers)},
	{"the canonical spelling of the token's header", "check.go", "s.header = http.CanonicalHeaderKey(s.header)", "_ = s", by(&spellings)},
	{"the check of client_id", "huawei.go", "!c.clientIDs[string(info.ClientID)]", "info.ClientID == nil", by(&otherApps)},
	{"the check of the token's type", "huawei.go", "info.Error != nil || info.Type != 0 || ", "info.Error != nil || info.Type < 0 || ", by(&otherApps)},
	{"the check of the token's life", "huawei.go", "info.ExpireIn <= 0 || ", "", by(&otherApps)},
	{"the comparison of openIDs", "huawei.go", "!same(info.OpenID, user.openID) || ", "", by(&otherApps)},
	{"the comparison of unionIDs", "huawei.go", " || !same(info.UnionID, user.unionID)", "", by(&otherApps)},
	{"the question before the answer", "huawei.go", "if len(c.clientIDs) == 0 {", "if true {", by(&otherApps)},
	{"the upstream in the key", "upstream.go", "string(identity[:saltLength])", "string(identity[:0])", by(&sharedState)},
	{"the URLs in the shared state's key", "registry.go", "s.getInfoURL, s.tokenInfoURL, s.clientIDs, s.timeout,", "\"\", \"\", s.clientIDs, s.timeout,", by(&sharedState)},
	{"the client IDs in the shared state's key", "registry.go", "s.getInfoURL, s.tokenInfoURL, s.clientIDs, s.timeout,", "s.getInfoURL, s.tokenInfoURL, \"\", s.timeout,", by(&sharedState)},
	{"an instance's own rules at a hit", "plugin.go", "if p.settings.phoneRequired {", "if from != fromCache && p.settings.phoneRequired {", by(&sharedState)},
	{"the end of an answer by a refusal", "upstream.go", "removeEntry(u.good, e)", "_ = e", by(&lifetimes)},
	{"the end of an answer with its token", "upstream.go", "if left > 0 && ", "if left < 0 && ", by(&lifetimes)},
	{"the end of answers on the way of a hit", "plugin.go", "if since(epoch) < e.refresh {", "if true || since(epoch) < e.refresh {", by(&lifetimes)},
	{"the end of answers", "upstream.go", "if now < e.expires {\n\t\t\treturn hit", "if true {\n\t\t\treturn hit", by(&lifetimes)},
	{"the room of good answers", "upstream.go", "putEntry(u.refused, &entry{key: k,", "putEntry(u.good, &entry{key: k,", by(&lifetimes)},
	{"taking the token off", "plugin.go", "req = withoutToken(p.source, req, where)", "_ = where", by(&errorPages)},
	{"taking the token off on the way of a hit", "plugin.go", "withoutCredentials(p.source, req), id,", "req, id,", by(&errorPages)},
	{"taking the token off where the fast way ends", "plugin.go", "req = withoutCredentials(p.source, req)", "_ = req", by(&errorPages)},
}

func by(classes ...*class) noticed { return noticed{classes: classes} }

func (n noticed) where(l *lapse) noticed {
	n.lapse = l
	return n
}
