package behaviour

import (
	"fmt"
	"net/http"
	"net/textproto"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/traefik-huaweiid/huaweiid/e2e/rawhttp"
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

// from is of a client with this address.
func (r request) from(address string) request {
	r.lines = append(slices.Clone(r.lines), "X-Forwarded-For: "+address)
	return r
}

// inChunks sends the body with a length that the head does not tell.
func (r request) inChunks(body string) request { r.chunked, r.body = true, body; return r }

// write gives the bytes of the request to a host.
func (r request) write(host string) string {
	raw := rawhttp.Request{Method: r.method, Target: r.target, Host: host, Lines: slices.Clone(r.lines), Body: r.body}
	switch {
	case r.chunked:
		raw.Lines = append(raw.Lines, "Transfer-Encoding: chunked")
		raw.Body = rawhttp.Chunked(r.body, r.trailers...)
	case r.body != "":
		raw.Lines = append(raw.Lines, fmt.Sprintf("Content-Length: %d", len(r.body)))
	}
	return raw.String()
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
