package huaweiid

import (
	"net/http"
	"net/url"
	"strings"
)

// The token source: where a request's access token stands and how it comes off the request.

// maxToken bounds a token, in bytes. Huawei's are at most 1024 characters long; twice that leaves room.
const maxToken = 2048

// visibleASCII is every byte that a token or an identity value may have: 0x21 to 0x7e, RFC 5234's VCHAR.
var visibleASCII = allVisibleASCII()

func allVisibleASCII() string {
	b := make([]byte, 0, '~'-'!'+1)
	for c := byte('!'); c <= '~'; c++ {
		b = append(b, c)
	}
	return string(b)
}

// isVisible tells whether s has visible ASCII only. TrimLeft runs compiled: a loop over bytes would be interpreted, at
// about 90 ns each.
func isVisible(s string) bool { return strings.TrimLeft(s, visibleASCII) == "" }

// isToken tells whether a value can be an access token at all, before anyone is asked about it.
func isToken(value string) bool { return value != "" && len(value) <= maxToken && isVisible(value) }

// tokenSource is where the token is looked for; the first part that has one wins. An empty name is a source not used.
type tokenSource struct {
	header string // canonical
	scheme string // "" means that the whole value is the token
	cookie string
	query  string
}

func newTokenSource(s tokenSettings) *tokenSource {
	return &tokenSource{header: s.header, scheme: s.scheme, cookie: s.cookie, query: s.query}
}

// Where a token was found.
const (
	inHeader = "header"
	inCookie = "cookie"
	inQuery  = "query"
)

// findTokens returns the tokens of the first source that has any, and which one that is. A source that is there counts even
// when its token is empty; more than one token is for the caller to refuse.
func findTokens(s *tokenSource, req *http.Request) (tokens []string, where string) {
	if s.header != "" {
		for _, value := range req.Header[s.header] {
			if token, ok := tokenOf(s, value); ok {
				tokens = append(tokens, token)
			}
		}
		if len(tokens) > 0 {
			return tokens, inHeader
		}
	}
	if s.cookie != "" {
		if tokens = cookieTokens(s, req.Header["Cookie"]); len(tokens) > 0 {
			return tokens, inCookie
		}
	}
	if s.query != "" {
		if tokens = queryTokens(s, req.URL.RawQuery); len(tokens) > 0 {
			return tokens, inQuery
		}
	}
	return nil, ""
}

func cookieTokens(s *tokenSource, lines []string) (tokens []string) {
	for _, line := range lines {
		for _, pair := range strings.Split(line, ";") {
			if name, value, _ := strings.Cut(strings.TrimSpace(pair), "="); name == s.cookie {
				tokens = append(tokens, unquoted(value))
			}
		}
	}
	return tokens
}

func queryTokens(s *tokenSource, query string) (tokens []string) {
	for _, pair := range strings.Split(query, "&") {
		if name, value, _ := strings.Cut(pair, "="); queryUnescape(name) == s.query {
			tokens = append(tokens, queryUnescape(value))
		}
	}
	return tokens
}

// tokenOf reads credentials as RFC 9110 §11.4 writes them: scheme, spaces, token. Another scheme is no token.
func tokenOf(s *tokenSource, value string) (token string, ok bool) {
	if s.scheme == "" {
		return strings.TrimSpace(value), true
	}
	value = strings.TrimSpace(value)
	end := strings.IndexAny(value, " \t")
	if end < 0 {
		end = len(value)
	}
	if !strings.EqualFold(value[:end], s.scheme) {
		return "", false
	}
	return strings.TrimLeft(value[end:], " "), true
}

// unquoted returns a cookie's value without the quotes that RFC 6265 §4.1.1 lets stand around it.
func unquoted(value string) string {
	if n := len(value); n > 1 && value[0] == '"' && value[n-1] == '"' {
		return value[1 : n-1]
	}
	return value
}

// queryUnescape returns a text with a bad escape as it is: whether it is a token for all that, Huawei knows.
func queryUnescape(s string) string {
	plain, err := url.QueryUnescape(s)
	if err != nil {
		return s
	}
	return plain
}

// withoutToken returns a copy of the request that lacks the token; everything else of it, to the byte and in its order,
// stays. The original stays whole, so that a retry in front of this middleware still has the token.
func withoutToken(s *tokenSource, req *http.Request, where string) *http.Request {
	switch where {
	case inHeader:
		return withoutCredentials(s, req)
	case inCookie:
		return withoutCookie(s, req)
	}
	return withoutParameter(s, req)
}

// withoutAnyToken is withoutToken for a request whose token nobody has looked for; without one it stays as it is.
func withoutAnyToken(s *tokenSource, req *http.Request) *http.Request {
	_, where := findTokens(s, req)
	if where == "" {
		return req
	}
	return withoutToken(s, req, where)
}

// withHeaderOfItsOwn returns a copy whose header can be changed.
func withHeaderOfItsOwn(req *http.Request) *http.Request {
	own := req.WithContext(req.Context())
	own.Header = req.Header.Clone()
	return own
}

// withoutCredentials takes the token off its header, where there is one.
func withoutCredentials(s *tokenSource, req *http.Request) *http.Request {
	bare := withHeaderOfItsOwn(req)
	values := req.Header[s.header]
	if len(values) == 1 {
		delete(bare.Header, s.header)
		return bare
	}
	setOrDelete(bare.Header, s.header, otherCredentials(s, values))
	return bare
}

func otherCredentials(s *tokenSource, values []string) (others []string) {
	for _, value := range values {
		if _, ok := tokenOf(s, value); !ok {
			others = append(others, value)
		}
	}
	return others
}

func withoutCookie(s *tokenSource, req *http.Request) *http.Request {
	bare := withHeaderOfItsOwn(req)
	var lines []string
	for _, line := range req.Header["Cookie"] {
		var pairs []string
		for _, pair := range strings.Split(line, ";") {
			if name, _, _ := strings.Cut(strings.TrimSpace(pair), "="); name != s.cookie {
				pairs = append(pairs, pair)
			}
		}
		if rest := strings.TrimSpace(strings.Join(pairs, ";")); rest != "" {
			lines = append(lines, rest)
		}
	}
	setOrDelete(bare.Header, "Cookie", lines)
	return bare
}

func withoutParameter(s *tokenSource, req *http.Request) *http.Request {
	bare := withHeaderOfItsOwn(req)
	bare.URL = &url.URL{}
	*bare.URL = *req.URL
	bare.URL.RawQuery = withoutQuery(s, req.URL.RawQuery)
	// Traefik builds the backend's URL from RequestURI, not from URL.
	if path, query, found := strings.Cut(req.RequestURI, "?"); found {
		bare.RequestURI = path
		if rest := withoutQuery(s, query); rest != "" {
			bare.RequestURI += "?" + rest
		}
	}
	return bare
}

func withoutQuery(s *tokenSource, query string) string {
	var pairs []string
	for _, pair := range strings.Split(query, "&") {
		if name, _, _ := strings.Cut(pair, "="); queryUnescape(name) != s.query {
			pairs = append(pairs, pair)
		}
	}
	return strings.Join(pairs, "&")
}

func setOrDelete(h http.Header, name string, values []string) {
	if len(values) == 0 {
		delete(h, name)
		return
	}
	h[name] = values
}
