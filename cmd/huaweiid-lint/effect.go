package main

import (
	"net/http"
	"slices"
	"strings"
)

// effect is what a middleware that is not this plugin's does to requests, as far as the checks go by it.
type effect struct {
	kind    string   // rateLimit, headers …; "" where it is none that has to be named
	sets    []string // request headers that it sets or takes off, in canonical form
	answers bool     // it may answer requests by itself, before it sets those headers
	late    bool     // it may do so when it has set them
	copies  bool     // it hands on a copy, on which Traefik's metrics and access log do not see headers that are set
	https   passing  // it redirects to https
	unknown bool     // it is known elsewhere only
}

// passing says which requests get past a redirection to https; "" where there is none.
type passing string

const (
	trusted   passing = "that a proxy in forwardedHeaders.trustedIPs gave an X-Forwarded-Proto: https, which its redirectScheme lets pass"
	unmatched passing = "whose URL its redirectRegex does not match"
)

// handOn are the kinds, in lower case, that hand every request on to the next handler as it is, or with another path. Any other, and
// any that a later Traefik may have, can answer by itself.
var handOn = map[string]bool{
	"addprefix": true, "chain": true, "compress": true, "contenttype": true, "errors": true, "passtlsclientcert": true,
	"replacepath": true, "replacepathregex": true, "stripprefix": true, "stripprefixregex": true,
}

func effectOf(options map[string]any) effect {
	var e effect
	for kind, value := range options {
		of, _ := value.(map[string]any)
		switch kindOf := strings.ToLower(kind); {
		case handOn[kindOf]:
			continue
		case kindOf == "headers":
			e.addHeaders(of)
		case kindOf == "retry":
			e.copies = true
		default:
			e.answers = true
		}
		e.kind = kind
		switch {
		case strings.EqualFold(kind, "redirectScheme") && strings.EqualFold(text(get(of, "scheme")), "https"):
			e.https = trusted
		case strings.EqualFold(kind, "redirectRegex") && ofAllHTTP(text(get(of, "regex"))):
			e.https = unmatched
		}
	}
	return e
}

// addHeaders looks at a headers middleware. With options of CORS it answers preflights before it does anything else; hosts that it
// does not allow, and those that it redirects, it answers behind that.
func (e *effect) addHeaders(options map[string]any) {
	headers, _ := section(options, "customRequestHeaders")
	for name := range headers {
		e.sets = append(e.sets, http.CanonicalHeaderKey(name))
	}
	for option := range options {
		option = strings.ToLower(option)
		e.answers = e.answers || strings.HasPrefix(option, "accesscontrol") || option == "addvaryheader"
		e.late = e.late || strings.HasPrefix(option, "ssl") || option == "allowedhosts"
	}
}

// ofAllHTTP tells whether an expression is one of the usual that match all URLs that begin with http://.
func ofAllHTTP(expression string) bool {
	rest, found := strings.CutPrefix(expression, "^http://")
	return found && slices.Contains([]string{"", ".*", ".+"}, strings.Trim(rest, "()?:$"))
}
