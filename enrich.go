package huaweiid

import "net/http"

// Identity headers: their names, their values, and how they are set. guard.go takes the forged ones off.

// Default names. They stay protected even where the configuration names others: a backend may still read them.
const (
	defaultOpenIDHeader  = "X-User-OpenID"
	defaultUnionIDHeader = "X-User-UnionID"
	defaultPhoneHeader   = "X-User-Phone"
)

// identityHeader is a header that tells the backend something about the user.
type identityHeader struct {
	option string // under headers
	name   string // as configured, canonical; "" = not injected
	// value is the header's for an identity that was come by as from says; "" = no header.
	value func(id *identity, phoneFormat, from string) string
}

// identityHeaders is the one table of the options under headers.
func identityHeaders(s headerSettings) []identityHeader {
	return []identityHeader{
		{"openID", s.openID, func(id *identity, _, _ string) string { return id.openID }},
		{"unionID", s.unionID, func(id *identity, _, _ string) string { return id.unionID }},
		{"phone", s.phone, func(id *identity, format, _ string) string { return phoneIn(id, format) }},
		{"phoneCountryCode", s.phoneCountryCode, func(id *identity, _, _ string) string { return id.countryCode }},
		{"phoneNational", s.phoneNational, func(id *identity, _, _ string) string { return id.national }},
		{"status", s.status, func(_ *identity, _, from string) string { return statusOf(from) }},
	}
}

// injected leaves out the headers that are not.
func injected(headers []identityHeader) []identityHeader {
	var named []identityHeader
	for _, header := range headers {
		if header.name != "" {
			named = append(named, header)
		}
	}
	return named
}

// headerNames are the configured names.
func headerNames(s headerSettings) []string {
	var names []string
	for _, header := range injected(identityHeaders(s)) {
		names = append(names, header.name)
	}
	return names
}

// Values of the status header that are not a code.
const (
	statusVerified  = "verified"
	statusStale     = "stale"
	statusAnonymous = "anonymous"
	statusPending   = "pending" // in report mode: being looked up
)

// enricher sets the headers that a configuration asks for.
type enricher struct {
	headers     []identityHeader // those that are injected
	phoneFormat string

	// Canonical names; "" = not injected.
	openID  string
	unionID string
	phone   string
	status  string

	plain bool // openID, unionID and phone as Huawei gives them, and no others but status: what most configurations ask for
}

func newEnricher(s headerSettings, phoneFormat string) *enricher {
	e := &enricher{
		headers:     injected(identityHeaders(s)),
		phoneFormat: phoneFormat,
		openID:      s.openID,
		unionID:     s.unionID,
		phone:       s.phone,
		status:      s.status,
	}
	others := s.phoneCountryCode != "" || s.phoneNational != ""
	e.plain = e.openID != "" && e.unionID != "" && e.phone != "" && !others && phoneFormat == phoneRaw
	return e
}

// enrich sets an identity's headers, one value each. What Huawei did not say has no header. Every request gets slices of its
// own, since shared ones could be written to further down the chain.
func enrich(e *enricher, h http.Header, id *identity, from string) {
	if e.plain && id.whole { // what the table comes to then, without its calls
		h[e.openID] = []string{id.openID}
		h[e.unionID] = []string{id.unionID}
		h[e.phone] = []string{id.phone}
		if e.status != "" {
			h[e.status] = []string{statusOf(from)}
		}
		return
	}
	enrichByTable(e, h, id, from)
}

func enrichByTable(e *enricher, h http.Header, id *identity, from string) {
	for _, header := range e.headers {
		if value := header.value(id, e.phoneFormat, from); value != "" {
			h[header.name] = []string{value}
		}
	}
}

// statusOf says whether an identity came of a fresh answer.
func statusOf(from string) string {
	if from == fromStale {
		return statusStale
	}
	return statusVerified
}

// enrichAnonymous sets what a request without an identity gets, a refused one for Traefik to see.
func enrichAnonymous(e *enricher, h http.Header, status string) {
	if e.status != "" {
		h[e.status] = []string{status}
	}
}
