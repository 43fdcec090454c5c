package huaweiid

import "net/http"

// CORS preflights: the questions that a browser asks before a request, without any credentials.

// isPreflight tells a preflight from other OPTIONS requests, as the Fetch standard does. One with a body is none: browsers send
// none, and the application might read it.
func isPreflight(req *http.Request) bool {
	return req.Method == http.MethodOptions && len(req.Header["Origin"]) > 0 &&
		len(req.Header["Access-Control-Request-Method"]) > 0 && req.ContentLength == 0
}

// overridingNames are headers that have frameworks take a request for one of another method.
var overridingNames = []string{inList("X-HTTP-Method-Override"), inList("X-Method-Override"), inList("X-HTTP-Method")}

// stripPreflight takes off what would make more of a preflight than a question: another method, and an upgrade.
func stripPreflight(h http.Header) {
	delete(h, "Upgrade")
	names, folded := namesIn(h)
	removeNames(overridingNames, ordinary, h, names, folded)
}
