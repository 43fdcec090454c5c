package huaweiid

import (
	"net/http"
	"strings"
)

// Identity headers: which names are protected, how forged ones go, and how the true ones are set.

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

// reservedHeaders mean something to HTTP, proxies or browsers; a trailing hyphen stands for all names that begin so.
// An identity there would be overwritten, believed for something else, or would break the request.
var reservedHeaders = strings.Fields(`Accept Accept- Access-Control- Age Allow Alt-Svc Authorization Cache-Control
	Connection Content- Cookie Cookie2 Date Dnt Early-Data Etag Expect Expires Forwarded From Grpc- Host Http2-Settings
	If- Keep-Alive Last-Modified Link Location Max-Forwards Origin Pragma Priority Proxy- Range Referer Retry-After Sec-
	Server Set-Cookie Strict-Transport-Security Te Trailer Transfer-Encoding Upgrade User-Agent Vary Via Warning
	Www-Authenticate X-Forwarded- X-Http-Method X-Http-Method-Override X-Original- X-Real-Ip X-Rewrite-Url`)

// meaningOf tells what a header name already stands for; "" is nothing.
func meaningOf(name string) string {
	folded := fold(name)
	for _, reserved := range reservedHeaders {
		if folded == fold(reserved) || strings.HasSuffix(reserved, "-") && strings.HasPrefix(folded, fold(reserved)) {
			return "HTTP and proxies"
		}
	}
	return ""
}

const (
	letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	digits  = "0123456789"
)

// folding makes equal what CGI, WSGI, PHP and Rack cannot tell apart: letters upper-cased, all else but digits to "_".
// It keeps the length. Every pair is one byte to one byte, so that Replace is a compiled table look-up.
var folding = newFolding()

func newFolding() *strings.Replacer {
	var pairs []string
	for i := 0; i < 256; i++ {
		from := string([]byte{byte(i)})
		to := "_"
		if strings.Contains(letters+digits, from) {
			to = strings.ToUpper(from)
		}
		pairs = append(pairs, from, to)
	}
	return strings.NewReplacer(pairs...)
}

func fold(name string) string { return folding.Replace(name) }

// protectedNames returns the folded names that no client may send.
func protectedNames(configured []string) map[string]bool {
	names := map[string]bool{
		fold(defaultOpenIDHeader):  true,
		fold(defaultUnionIDHeader): true,
		fold(defaultPhoneHeader):   true,
	}
	for _, name := range configured {
		if name != "" {
			names[fold(name)] = true
		}
	}
	return names
}

// guard takes forged identity headers off requests.
type guard struct {
	protected map[string]bool // folded
	shortest  int             // bytes, of the protected names
	longest   int
}

func newGuard(configured []string) guard {
	g := guard{protected: protectedNames(configured)}
	for name := range g.protected {
		if g.shortest == 0 || len(name) < g.shortest {
			g.shortest = len(name)
		}
		if len(name) > g.longest {
			g.longest = len(name)
		}
	}
	return g
}

// strip removes every header whose name folds to a protected one, and those names from Connection: a proxy drops what
// Connection lists, and would drop ours (RFC 9110 §7.6.1).
func (g *guard) strip(h http.Header) {
	shortest, longest, protected := g.shortest, g.longest, g.protected
	for name := range h {
		// Folding keeps the length, and comparing that is the cheapest interpreted test there is.
		if n := len(name); n < shortest || n > longest {
			continue
		}
		if protected[folding.Replace(name)] {
			delete(h, name)
		}
	}
	if lines := h["Connection"]; len(lines) > 0 {
		setOrDelete(h, "Connection", g.withoutProtected(lines))
	}
}

// withoutProtected returns Connection's lines without protected names. A line that lists none stays as it is.
func (g *guard) withoutProtected(lines []string) []string {
	var kept []string
	for _, line := range lines {
		var options []string
		dropped := false
		for _, option := range strings.Split(line, ",") {
			if g.protected[fold(strings.Trim(option, " \t"))] {
				dropped = true
				continue
			}
			options = append(options, option)
		}
		if dropped {
			line = strings.TrimSpace(strings.Join(options, ","))
		}
		if line != "" || !dropped {
			kept = append(kept, line)
		}
	}
	return kept
}

// withoutTrailers returns a shallow copy that no trailer reaches. Trailers arrive after the headers were stripped: the
// server puts them into the original request when it has read the body, and a proxy would forward them.
func withoutTrailers(req *http.Request) *http.Request {
	bare := req.WithContext(req.Context())
	bare.Trailer = nil
	return bare
}

// enrich sets the identity's headers, one value each; what Huawei did not say has no header.
func (p *plugin) enrich(h http.Header, id *identity, status string) {
	names := p.headers
	p.set(h, names[openIDHeader], id.openID)
	p.set(h, names[unionIDHeader], id.unionID)
	p.set(h, names[phoneHeader], id.phone(p.phoneFormat))
	p.set(h, names[phoneCountryCodeHeader], id.countryCode)
	p.set(h, names[phoneNationalHeader], id.national)
	p.set(h, names[statusHeader], status)
}

func (p *plugin) set(h http.Header, name, value string) {
	if name != "" && value != "" {
		h[name] = []string{value}
	}
}
