package huaweiid

import (
	"io"
	"net/http"
	"os"
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

// guard takes forged identity headers off requests.
type guard struct {
	protected map[string]bool // folded
	shortest  int             // bytes, of the protected names
	longest   int
	ordinary  map[string]bool   // canonical names that need no second look
	cuts      *strings.Replacer // makes a folded text shorter that has anything in it of which stripForged takes some off
}

// newGuard takes the names of the identity headers and that of the token's.
func newGuard(configured []string, token string) *guard {
	g := &guard{protected: protectedNames(configured), ordinary: ordinary}
	cuts := []string{fold(tunnel), "", fold(tunnelSettings), ""}
	for name := range g.protected {
		cuts = append(cuts, name, "")
		if g.shortest == 0 || len(name) < g.shortest {
			g.shortest = len(name)
		}
		if len(name) > g.longest {
			g.longest = len(name)
		}
		if ordinaryNames[name] {
			g.ordinary = ordinaryBeside(g.protected)
		}
	}
	g.cuts = strings.NewReplacer(cuts...)
	// Every request that matters has the token's header. A name that means something may be one that has to be read.
	if token != "" && !g.ordinary[token] && !isReserved(token) {
		g.ordinary = ordinaryBeside(g.protected)
		g.ordinary[token] = true
	}
	return g
}

// ordinaryHeaders are names that clients, browsers and Traefik send all the time. A request that has no others is
// looked through by one compiled call; of one that has, the others are read, which is as right and takes longer.
// Connection and Upgrade are missing on purpose: their values have to be read.
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

// unwritable refuses every write. Header.WriteSubset leaves out the names it is given and writes nothing, so cannot fail,
// where no others are left: the one compiled call that tells whether a header has names that are not ordinary. It is a
// file that is not open. It is held as the interface that WriteSubset takes, which saves a conversion, and it takes
// strings, which saves another.
var unwritable io.Writer = (*os.File)(nil)

// stripForged takes off a request what a client forged: every header whose name folds to a protected one, those names in
// Connection, since a proxy drops what Connection lists and would drop ours (RFC 9110 §7.6.1), and the offer of a tunnel.
//
// Where the unusual headers, names, values and all, have none of that anywhere in them, there is nothing to take off. Five
// compiled calls see that; to look at a dozen names one by one takes a quarter longer, and with Connection among them nearly
// three times as long.
func stripForged(g *guard, h http.Header) {
	var unusual strings.Builder
	_ = h.WriteSubset(&unusual, g.ordinary) // a Builder takes everything
	text := unusual.String()
	if len(text) > searchable || len(g.cuts.Replace(folding.Replace(text))) < len(text) {
		removeForged(g, h)
	}
}

// searchable is how long the unusual headers may be that are searched in one piece, in bytes: at 10 ns a byte, longer ones take
// as long as a loop over the names, which does not depend on the values.
const searchable = 512

// removeForged looks at Connection and at the headers one by one.
func removeForged(g *guard, h http.Header) {
	if lines := h["Connection"]; len(lines) > 0 {
		setOrDelete(h, "Connection", withoutProtected(g, lines))
		forbidTunnel(h)
	}
	shortest, longest := g.shortest, g.longest
	for name := range h {
		// Folding keeps the length.
		if len(name) < shortest || len(name) > longest {
			continue
		}
		if g.protected[fold(name)] {
			delete(h, name)
		}
	}
}

// What forbidTunnel takes off.
const (
	tunnel         = "h2c" // in Upgrade
	tunnelSettings = "Http2-Settings"
)

// forbidTunnel takes the offer to go on in HTTP/2 off a request. A backend that accepted it would get all later requests
// of that connection unseen by any middleware, with whatever identity headers the client writes; Traefik before v3.7.13
// forwards the offer (CVE-2026-88008). HTTP/2 without TLS begins without an upgrade nowadays (RFC 9113 §3.1), so nobody
// who means well misses it; WebSocket stays. An upgrade needs a Connection line, so that only requests with one come here.
func forbidTunnel(h http.Header) {
	delete(h, tunnelSettings)
	lines := h["Upgrade"]
	if !strings.Contains(strings.ToLower(strings.Join(lines, ",")), tunnel) {
		return
	}
	var others []string
	for _, protocol := range strings.Split(strings.Join(lines, ","), ",") {
		if protocol = strings.TrimSpace(protocol); protocol != "" && !strings.EqualFold(protocol, tunnel) {
			others = append(others, protocol)
		}
	}
	if len(others) > 0 {
		others = []string{strings.Join(others, ", ")}
	}
	setOrDelete(h, "Upgrade", others)
}

// withoutProtected returns Connection's lines without protected names. A line that lists none stays as it is. What counts
// as space is the most that a reader in Go may take off the list, Unicode's included: HTTP lets those bytes through, and
// with less taken off for the look than from the line, what is left could name a protected header after all.
func withoutProtected(g *guard, lines []string) []string {
	var kept []string
	for _, line := range lines {
		var options []string
		dropped := false
		for _, option := range strings.Split(line, ",") {
			if g.protected[fold(strings.TrimSpace(option))] {
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
