package huaweiid

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"strings"
)

// The guard: which names of headers are protected, and how forged identity headers go.

// reservedHeaders mean something to HTTP, proxies or browsers; a trailing hyphen stands for all names that begin so.
// An identity there would be overwritten, believed for something else, or would break the request.
var reservedHeaders = strings.Fields(`Accept Accept- Access-Control- Age Allow Alt-Svc Authorization Baggage Cache-Control
	Connection Content- Cookie Cookie2 Date Dnt Early-Data Etag Expect Expires Forwarded From Grpc- Host Http2-Settings
	If- Keep-Alive Last-Event-Id Last-Modified Link Location Max-Forwards Origin Pragma Priority Proxy Proxy- Range Referer
	Retry-After Sec- Server Set-Cookie Strict-Transport-Security Te Traceparent Tracestate Trailer Transfer-Encoding Upgrade
	Upgrade-Insecure-Requests User-Agent Vary Via Warning Www-Authenticate X-Forwarded- X-Http-Method X-Http-Method-Override
	X-Original- X-Real-Ip X-Rewrite-Url`)

const (
	letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	digits  = "0123456789"
)

// folding makes equal what CGI, WSGI, PHP and Rack cannot tell apart: letters upper-cased, all else but digits to "_".
// It keeps the length. Every pair is one byte to one byte, so that Replace is a compiled table look-up.
var folding = newFolding("")

// newFolding takes the characters that it makes spaces of.
func newFolding(spaces string) *strings.Replacer {
	var pairs []string
	for i := 0; i < 256; i++ {
		from := string([]byte{byte(i)})
		to := "_"
		if strings.Contains(letters+digits, from) {
			to = strings.ToUpper(from)
		}
		if strings.Contains(spaces, from) {
			to = " "
		}
		pairs = append(pairs, from, to)
	}
	return strings.NewReplacer(pairs...)
}

func fold(name string) string { return folding.Replace(name) }

// Folded once: New runs for every router on every configuration change, on the goroutine that applies it.
var (
	reservedNames    = map[string]bool{}
	reservedPrefixes []string
	ordinaryNames    = map[string]bool{}
	defaultNames     = []string{fold(defaultOpenIDHeader), fold(defaultUnionIDHeader), fold(defaultPhoneHeader)}
)

func init() {
	for _, reserved := range reservedHeaders {
		if strings.HasSuffix(reserved, "-") {
			reservedPrefixes = append(reservedPrefixes, fold(reserved))
		} else {
			reservedNames[fold(reserved)] = true
		}
	}
	for _, name := range ordinaryHeaders {
		ordinaryNames[fold(name)] = true
	}
}

// isReserved tells whether a header name already means something.
func isReserved(name string) bool {
	folded := fold(name)
	if reservedNames[folded] {
		return true
	}
	for _, prefix := range reservedPrefixes {
		if strings.HasPrefix(folded, prefix) {
			return true
		}
	}
	return false
}

// protectedNames returns the folded names that no client may send.
func protectedNames(configured []string) map[string]bool {
	names := map[string]bool{}
	for _, name := range defaultNames {
		names[name] = true
	}
	for _, name := range configured {
		if name != "" {
			names[fold(name)] = true
		}
	}
	return names
}

// guard takes off requests what a client forged.
type guard struct {
	protected map[string]bool   // folded
	listed    []string          // the same, as they stand in a list of names
	names     map[string]string // canonical, by how they are listed
	ordinary  map[string]bool   // canonical names that need no second look

	// suspects shortens a list of names if one of them is protected, or is of a header whose value has to be read.
	suspects *strings.Replacer
}

// newGuard takes the names of the identity headers and that of the token's.
func newGuard(configured []string, token string) *guard {
	g := &guard{protected: protectedNames(configured), names: map[string]string{}, ordinary: ordinary}
	for _, name := range append([]string{defaultOpenIDHeader, defaultUnionIDHeader, defaultPhoneHeader}, configured...) {
		g.names[inList(name)] = http.CanonicalHeaderKey(name)
	}
	suspects := []string{inList("Connection"), "", inList("Upgrade"), "", inList("Http2-Settings"), ""}
	for name := range g.protected {
		g.listed = append(g.listed, inList(name))
		suspects = append(suspects, inList(name), "")
		if ordinaryNames[name] {
			g.ordinary = ordinaryBeside(g.protected)
		}
	}
	g.suspects = strings.NewReplacer(suspects...)
	// Most requests have the token's header. A reserved name may be one of those that have to be read.
	if token != "" && !g.ordinary[token] && !isReserved(token) {
		g.ordinary = ordinaryBeside(g.protected)
		g.ordinary[token] = true
	}
	return g
}

// ordinaryHeaders are names that clients, browsers and Traefik send all the time. A request that has no others needs one compiled
// call; any other name costs a search of all names. Connection and Upgrade are not in the list, since their values have to be read.
var ordinaryHeaders = strings.Fields(`Accept Accept-Charset Accept-Encoding Accept-Language Accept-Datetime
	Access-Control-Request-Headers Access-Control-Request-Method Authorization Baggage B3 Cache-Control Cdn-Loop
	Cf-Connecting-Ip Cf-Ipcountry Cf-Ray Cf-Visitor Content-Encoding Content-Language Content-Length Content-Type Cookie
	Correlation-Id Date Device-Memory Dnt Downlink Dpr Early-Data Ect Expect Forwarded From Grpc-Accept-Encoding
	Grpc-Encoding Grpc-Timeout Host Idempotency-Key If-Match If-Modified-Since If-None-Match If-Range
	If-Unmodified-Since Keep-Alive Last-Event-Id Max-Forwards Origin Pragma Priority Purpose Range Referer Rtt Save-Data
	Sec-Ch-Ua Sec-Ch-Ua-Arch Sec-Ch-Ua-Bitness Sec-Ch-Ua-Full-Version-List Sec-Ch-Ua-Mobile Sec-Ch-Ua-Model
	Sec-Ch-Ua-Platform Sec-Ch-Ua-Platform-Version Sec-Fetch-Dest Sec-Fetch-Mode Sec-Fetch-Site Sec-Fetch-Storage-Access
	Sec-Fetch-User Sec-Gpc Sec-Websocket-Extensions Sec-Websocket-Key Sec-Websocket-Protocol Sec-Websocket-Version
	Soapaction Te Traceparent Tracestate True-Client-Ip Uber-Trace-Id Upgrade-Insecure-Requests User-Agent Via
	Viewport-Width X-Amzn-Trace-Id X-Api-Key X-Api-Version X-B3-Parentspanid X-B3-Sampled X-B3-Spanid X-B3-Traceid
	X-Client-Version X-Cloud-Trace-Context X-Correlation-Id X-Csrf-Token X-Device-Id X-Forwarded-For X-Forwarded-Host
	X-Forwarded-Port X-Forwarded-Prefix X-Forwarded-Proto X-Forwarded-Server X-Forwarded-Tls-Client-Cert
	X-Original-Forwarded-For X-Real-Ip X-Request-Id X-Requested-With X-Trace-Id X-Xsrf-Token`)

// ordinary is ordinaryHeaders as a set.
var ordinary = ordinaryBeside(nil)

// ordinaryBeside leaves out the names that are protected: someone may call an identity header X-Device-Id.
func ordinaryBeside(protected map[string]bool) map[string]bool {
	names := map[string]bool{}
	for _, name := range ordinaryHeaders {
		if !protected[fold(name)] {
			names[name] = true
		}
	}
	return names
}

// unwritable refuses every write. Header.WriteSubset writes all but the names that it is given, so it fails if a header has any
// others: one compiled call tells. A file that is not open is a writer that fails, and takes strings without a conversion.
var unwritable io.Writer = (*os.File)(nil)

// listing folds a list of names as fmt prints it, "[A B]": each name stands between spaces then.
var listing = newFolding(" []")

// inList is how a name stands in such a list.
func inList(name string) string { return " " + fold(name) + " " }

// namesIn returns the names of a header as a list, and the same list folded, with every name at the same place. A client may send
// 130 000 names, so compiled code makes the list: fmt prints the value that a reflect.Value holds.
func namesIn(h http.Header) (names, folded string) {
	names = fmt.Sprint(reflect.ValueOf(h).MapKeys())
	return names, listing.Replace(names)
}

// stripForged takes off every header whose name folds to a protected one, those names in Connection, and offers to upgrade the
// connection to anything but WebSocket. It returns the protected names that headers were forged of.
func stripForged(g *guard, h http.Header) (forged []string) {
	names, folded := namesIn(h)
	if len(g.suspects.Replace(folded)) == len(folded) {
		return nil
	}
	cleanConnection(g, h)
	keepWebSocket(h)
	for _, listed := range removeNames(g.listed, g.ordinary, h, names, folded) {
		forged = append(forged, g.names[listed])
	}
	return forged
}

// maxSpellings bounds the headers that are taken off one by one. The default names have 675 spellings that net/http lets through.
const maxSpellings = 1000

// removeNames takes off the headers whose folded names are listed, and returns those of the list that it found. A request with more
// than maxSpellings of them is left with its ordinary headers only, so that no client chooses how long the loop is.
func removeNames(listed []string, ordinary map[string]bool, h http.Header, names, folded string) (found []string) {
	removed := 0
	for _, name := range listed {
		from := 0
		for {
			i := strings.Index(folded[from:], name)
			if i < 0 {
				break
			}
			if from == 0 {
				found = append(found, name)
			}
			end := from + i + len(name) - 1 // of the space behind it, which may be the one before the next
			delete(h, names[from+i+1:end])
			from = end
			if removed++; removed > maxSpellings {
				keepOrdinary(ordinary, h)
				return found
			}
		}
	}
	return found
}

// keepOrdinary takes off all headers but the ordinary ones. Clear is a compiled call.
func keepOrdinary(ordinary map[string]bool, h http.Header) {
	kept := http.Header{}
	for name := range ordinary {
		if values, ok := h[name]; ok {
			kept[name] = values
		}
	}
	reflect.ValueOf(h).Clear()
	for name, values := range kept {
		h[name] = values
	}
}
