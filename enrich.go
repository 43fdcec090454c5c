package huaweiid

import "net/http"

// Identity headers: their names, and how the true ones are set. guard.go takes the forged ones off.

// Default names. They stay protected even where the configuration names others: a backend may still read them.
const (
	defaultOpenIDHeader  = "X-User-OpenID"
	defaultUnionIDHeader = "X-User-UnionID"
	defaultPhoneHeader   = "X-User-Phone"
)

// headerOptions are the options under headers, in the order in which settings and instances hold the names.
var headerOptions = []string{"openID", "unionID", "phone", "phoneCountryCode", "phoneNational", "status"}

// The places of headerOptions.
const (
	openIDHeader = iota
	unionIDHeader
	phoneHeader
	phoneCountryCodeHeader
	phoneNationalHeader
	statusHeader
)

// Values of the status header that are not a code.
const (
	statusVerified  = "verified"
	statusStale     = "stale"
	statusAnonymous = "anonymous"
)

// enricher is which headers a configuration asks for.
type enricher struct {
	// Names, canonical; "" = not injected.
	openID      string
	unionID     string
	phone       string
	countryCode string
	national    string
	status      string

	phoneFormat string
	formatted   bool // the phone is not as Huawei gives it
	more        bool // others than the first three
	plain       bool // the first three and no others, as Huawei gives them: what most configurations ask for
}

func newEnricher(configured []string, phoneFormat string) *enricher {
	e := &enricher{
		openID:      configured[openIDHeader],
		unionID:     configured[unionIDHeader],
		phone:       configured[phoneHeader],
		countryCode: configured[phoneCountryCodeHeader],
		national:    configured[phoneNationalHeader],
		status:      configured[statusHeader],
		phoneFormat: phoneFormat,
		formatted:   phoneFormat != phoneRaw,
	}
	e.more = e.countryCode+e.national+e.status != ""
	e.plain = e.openID != "" && e.unionID != "" && e.phone != "" && !e.formatted && !e.more
	return e
}

// enrichMore sets the headers that few ask for, as forwardIdentified does the others.
func enrichMore(e *enricher, h http.Header, id *entry, from string) {
	if e.countryCode != "" && id.countryCode != "" {
		h[e.countryCode] = []string{id.countryCode}
	}
	if e.national != "" && id.national != "" {
		h[e.national] = []string{id.national}
	}
	if e.status != "" {
		h[e.status] = []string{statusOf(from)}
	}
}

// statusOf says whether an identity came of a fresh answer.
func statusOf(from string) string {
	if from == fromStale {
		return statusStale
	}
	return statusVerified
}

// enrichAnonymous sets what a request without an identity gets.
func enrichAnonymous(e *enricher, h http.Header, status string) {
	if e.status != "" {
		h[e.status] = []string{status}
	}
}
