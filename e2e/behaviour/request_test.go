package behaviour

import (
	"fmt"
	"net/http"
	"net/textproto"
	"regexp"
	"strconv"
	"strings"
)

// request is written to the wire as it stands, so that it may be what no HTTP client would send. In lines, target and body
// a token stands as {KIND}: one of the simulator's tokens, which no other row has.
type request struct {
	via      string // which of the row's middlewares; "" = its own
	method   string
	target   string
	lines    []string // headers, without line ends
	body     string
	chunked  bool
	trailers []string
}

// get is a GET of / with these header lines.
func get(lines ...string) request { return request{method: http.MethodGet, target: "/", lines: lines} }

// bearer is a GET of / with a token where it stands by default.
func bearer(token string, lines ...string) request {
	return get(append([]string{"Authorization: Bearer " + token}, lines...)...)
}

func (r request) as(method string) request         { r.method = method; return r }
func (r request) to(target string) request         { r.target = target; return r }
func (r request) through(via string) request       { r.via = via; return r }
func (r request) sending(body string) request      { r.body = body; return r }
func (r request) trailing(lines ...string) request { r.chunked, r.trailers = true, lines; return r }

// inChunks sends the body with a length that the head does not tell.
func (r request) inChunks(body string) request { r.chunked, r.body = true, body; return r }

// chunk is the size of the pieces that a chunked body comes in.
const chunk = 7

// write gives the bytes of the request to a host.
func (r request) write(host string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", r.method, r.target, host)
	for _, line := range r.lines {
		b.WriteString(line + "\r\n")
	}
	switch {
	case r.chunked:
		b.WriteString("Transfer-Encoding: chunked\r\n\r\n")
		for rest := r.body; rest != ""; {
			n := min(chunk, len(rest))
			fmt.Fprintf(&b, "%x\r\n%s\r\n", n, rest[:n])
			rest = rest[n:]
		}
		b.WriteString("0\r\n")
		for _, line := range r.trailers {
			b.WriteString(line + "\r\n")
		}
	case r.body != "":
		fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(r.body), r.body)
		return b.String()
	}
	b.WriteString("\r\n")
	return b.String()
}

// header is what the lines mean to a reader of HTTP.
func (r request) header() http.Header {
	h := http.Header{}
	for _, line := range r.lines {
		name, value, _ := strings.Cut(line, ":")
		h.Add(name, textproto.TrimString(value))
	}
	return h
}

// expanded has the visit's tokens in place of {KIND}.
func (r request) expanded(v *visit) request {
	all := func(lines []string) []string {
		var out []string
		for _, line := range lines {
			out = append(out, v.expand(line))
		}
		return out
	}
	r.target, r.body = v.expand(r.target), v.expand(r.body)
	r.lines, r.trailers = all(r.lines), all(r.trailers)
	return r
}

// placeholder is {KIND}, {KIND#N} for the Nth user of a kind, and {KIND*LENGTH} for a token of that length.
var placeholder = regexp.MustCompile(`\{([a-z][a-z0-9/-]*)(?:#(\d+))?(?:\*(\d+))?\}`)

// expand replaces placeholders by tokens.
func (v *visit) expand(text string) string {
	return placeholder.ReplaceAllStringFunc(text, func(found string) string {
		parts := placeholder.FindStringSubmatch(found)
		token := parts[1] + v.suffix()
		if parts[2] != "" {
			token += "-" + parts[2]
		}
		if length, err := strconv.Atoi(parts[3]); err == nil {
			token += "-" + strings.Repeat("a", length-len(token)-1)
		}
		return token
	})
}
