package huaweiid

import (
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
)

// The token: where a request carries it, what it may look like, and how it comes off the request.
//
// A client chooses how long a header, a cookie list or a query is. So every search here is a call into std, and every loop of
// ours ends after a fixed number of rounds.

// maxToken bounds a token, in bytes. Huawei's have at most 1024; twice that leaves room.
const maxToken = 2048

const (
	// maxOccurrences is how often a request may name the source of its token: values of the header, cookies or parameters.
	maxOccurrences = 16
	// maxLooks is how often the text NAME= may stand in all cookies or in the query, as the end of other names and in values too.
	maxLooks = 1024
)

const (
	base64URL       = letters + digits + "-_"
	tokenCharacters = base64URL + ".~+/=" // RFC 6750 §2.1, b64token
)

// blanks are the only characters that may stand around a value. Unicode's spaces do not count: a browser takes them for part
// of a cookie's name, so that they would let one cookie pass for another.
const blanks = " \t"

// visibleASCII is every byte that an identity value may have: 0x21 to 0x7e, RFC 5234's VCHAR.
var visibleASCII = allVisibleASCII()

func allVisibleASCII() string {
	b := make([]byte, 0, '~'-'!'+1)
	for c := byte('!'); c <= '~'; c++ {
		b = append(b, c)
	}
	return string(b)
}

// isVisible tells whether s has visible ASCII only. TrimLeft runs compiled; a loop over bytes would be interpreted, at about
// 90 ns each.
func isVisible(s string) bool { return strings.TrimLeft(s, visibleASCII) == "" }

// isToken tells whether Huawei can be asked about a value.
func isToken(value string) bool { return unfit(value) == "" }

// unfit returns why a value cannot be one of Huawei's access tokens, as the status table has it, or "".
func unfit(value string) string {
	if value == "" || len(value) > maxToken || strings.TrimLeft(value, tokenCharacters) != "" {
		return whenUnfitToken
	}
	if isJWT(value) {
		return whenJWT
	}
	return ""
}

// isJWT tells whether a value is a JWT: three parts in base64url, of which the first is a JSON object. Only the signature may be
// empty (RFC 7519 §6). Huawei's access tokens are opaque, so this one is another issuer's.
func isJWT(value string) bool {
	if !strings.HasPrefix(value, "eyJ") || strings.Count(value, ".") != 2 || strings.Contains(value, "..") {
		return false
	}
	return strings.TrimLeft(value, base64URL+".") == ""
}

// tokenSource is where the token is looked for; the first part that has one wins. An empty name is a source not used.
type tokenSource struct {
	header string // canonical
	scheme string // "" means that the whole value is the token
	cookie string
	query  string

	decode *strings.Replacer // undoes the percent-encoding of the characters that query has
}

func newTokenSource(s tokenSettings) *tokenSource {
	return &tokenSource{header: s.header, scheme: s.scheme, cookie: s.cookie, query: s.query, decode: newDecoding(s.query)}
}

func newDecoding(name string) *strings.Replacer {
	var escapes []string
	for i := 0; i < len(name); i++ {
		character := name[i : i+1]
		escape := hex.EncodeToString([]byte(character))
		escapes = append(escapes, "%"+escape, character, "%"+strings.ToUpper(escape), character)
	}
	return strings.NewReplacer(escapes...)
}

// form is how a client has to write the header.
func form(s *tokenSource) string { return s.header + ": " + s.scheme + " TOKEN" }

// Where a token was found.
const (
	inHeader = "header"
	inCookie = "cookie"
	inQuery  = "query"
)

// findToken returns the token of the first source that has one, and which source that is. problem is "" for a token that Huawei
// can be asked about; else it says, as the status table has it, why there is none. Then the token is the first of several, or
// one that is not fit, or "".
func findToken(s *tokenSource, req *http.Request) (token, where, problem string) {
	if s.header != "" {
		values := req.Header[s.header]
		if len(values) > maxOccurrences {
			return "", inHeader, whenUnreadable
		}
		if tokens := headerTokens(s, values); len(tokens) > 0 {
			return theOne(tokens, inHeader)
		}
	}
	if s.cookie != "" {
		if text := cookiesOf(req); text != "" {
			pairs, ok := cookiePairs(s, text)
			if !ok {
				return "", inCookie, whenUnreadable
			}
			if len(pairs) > 0 {
				return theOne(cookieTokens(text, pairs), inCookie)
			}
		}
	}
	if s.query != "" {
		if text := plainQuery(s, req.URL.RawQuery); text != "" {
			pairs, ok := queryPairs(s, text)
			if !ok {
				return "", inQuery, whenUnreadable
			}
			if len(pairs) > 0 {
				return theOne(queryTokens(text, pairs), inQuery)
			}
		}
	}
	return "", "", whenNoToken
}

// theOne takes equal tokens for one: browsers send a cookie of two paths twice.
func theOne(tokens []string, in string) (token, where, problem string) {
	token = tokens[0]
	for _, other := range tokens[1:] {
		if other != token {
			return token, in, whenRepeated
		}
	}
	return token, in, unfit(token)
}

func headerTokens(s *tokenSource, values []string) (tokens []string) {
	for _, value := range values {
		if token, ok := tokenOf(s, value); ok {
			tokens = append(tokens, token)
		}
	}
	return tokens
}

// tokenOf reads credentials as RFC 9110 §11.4 writes them: scheme, spaces, token. Another scheme is no token.
func tokenOf(s *tokenSource, value string) (token string, ok bool) {
	value = strings.Trim(value, blanks)
	if s.scheme == "" {
		return value, true
	}
	end := strings.IndexAny(value, blanks)
	if end < 0 {
		end = len(value)
	}
	if !strings.EqualFold(value[:end], s.scheme) {
		return "", false
	}
	return strings.TrimLeft(value[end:], " "), true
}

// misspelt tells whether a request without a token has its header all the same, without the scheme or with something between
// scheme and token that is no space.
func misspelt(s *tokenSource, req *http.Request) bool {
	if s.scheme == "" {
		return false
	}
	for _, value := range req.Header[s.header] { // at most maxOccurrences, or findToken would have said so
		value = strings.Trim(value, blanks)
		first, _, more := strings.Cut(value, " ")
		if value != "" && !more {
			return true
		}
		if n := len(s.scheme); len(first) > n && strings.EqualFold(first[:n], s.scheme) {
			return true
		}
	}
	return false
}

// cookiesOf returns all cookies as one list. Several lines mean the same as one, as in HTTP/2 (RFC 9113 §8.2.3).
func cookiesOf(req *http.Request) string { return strings.Join(req.Header["Cookie"], "; ") }

// pair is where a NAME=VALUE stands in a list.
type pair struct {
	start int // of what is between it and the separator before
	value int
	end   int // of the separator behind it, or of the list
}

func cookiePairs(s *tokenSource, list string) (pairs []pair, ok bool) {
	return findPairs(list, s.cookie+"=", ";", blanks)
}

func queryPairs(s *tokenSource, list string) (pairs []pair, ok bool) {
	return findPairs(list, s.query+"=", "&", "")
}

// findPairs finds the pairs that begin with NAME=, in a list whose separators may be followed by some other characters. It gives
// up on more than maxOccurrences of them, and where NAME= stands in more than maxLooks places.
//
// A round takes up to 4 µs, interpreted. What it searches for it looks at once: the next search begins at the separator.
func findPairs(list, nameIs, separator, after string) (pairs []pair, ok bool) {
	from := 0
	for looks := 0; looks < maxLooks; looks++ {
		i := strings.Index(list[from:], nameIs)
		if i < 0 {
			return pairs, true
		}
		before := strings.TrimRight(list[:from+i], after)
		from += i + len(nameIs)
		if before != "" && !strings.HasSuffix(before, separator) {
			continue
		}
		if len(pairs) == maxOccurrences {
			return nil, false
		}
		value := from
		if i = strings.Index(list[from:], separator); i < 0 {
			i = len(list) - from
		}
		from += i
		pairs = append(pairs, pair{start: len(before), value: value, end: from})
	}
	return nil, false
}

// cookieTokens reads cookies' values, which may be in quotes (RFC 6265 §4.1.1) and percent-encoded, as PHP, Express and Rack
// write them.
func cookieTokens(list string, pairs []pair) (tokens []string) {
	for _, p := range pairs {
		tokens = append(tokens, unescaped(unquoted(strings.TrimRight(list[p.value:p.end], blanks))))
	}
	return tokens
}

func queryTokens(list string, pairs []pair) (tokens []string) {
	for _, p := range pairs {
		tokens = append(tokens, unescaped(list[p.value:p.end]))
	}
	return tokens
}

func unquoted(value string) string {
	if n := len(value); n > 1 && value[0] == '"' && value[n-1] == '"' {
		return value[1 : n-1]
	}
	return value
}

// unescaped decodes a value once. A "+" is a "+": no token has the space that forms mean by it. A value with a bad escape, or
// one that is too long, stays as it is; neither is a token.
func unescaped(value string) string {
	if len(value) > 3*maxToken {
		return value
	}
	plain, err := url.PathUnescape(value)
	if err != nil {
		return value
	}
	return plain
}

// plainQuery returns a query in which the parameter's name is not percent-encoded. Where a client encoded it, the same characters
// are decoded in the whole query. That means the same, as a name has unreserved characters only (RFC 3986 §6.2.2.2).
func plainQuery(s *tokenSource, query string) string {
	if !strings.Contains(query, "%") {
		return query
	}
	plain := s.decode.Replace(query)
	if strings.Count(plain, s.query+"=") == strings.Count(query, s.query+"=") {
		return query
	}
	return plain
}

// withoutToken returns a copy of the request that lacks the token; all else of it stays as it is and in its order. The original
// stays whole, so that a retry in front of this middleware still has the token.
func withoutToken(s *tokenSource, req *http.Request, where string) *http.Request {
	switch where {
	case inHeader:
		return withoutCredentials(s, req)
	case inCookie:
		return withoutCookie(s, req)
	}
	return withoutParameter(s, req)
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
	list := cookiesOf(req)
	pairs, _ := cookiePairs(s, list)
	delete(bare.Header, "Cookie")
	if rest := strings.Trim(withoutPairs(list, pairs), blanks); rest != "" {
		bare.Header["Cookie"] = []string{rest}
	}
	return bare
}

func withoutParameter(s *tokenSource, req *http.Request) *http.Request {
	bare := withHeaderOfItsOwn(req)
	bare.URL = &url.URL{}
	*bare.URL = *req.URL
	bare.URL.RawQuery = withoutQuery(s, req.URL.RawQuery, req.URL.RawQuery)
	// Traefik builds the backend's URL from RequestURI, not from URL. A ";" there is a "&" in the URL (net/http's
	// AllowQuerySemicolons), unless the server in front leaves it in both.
	if path, query, found := strings.Cut(req.RequestURI, "?"); found {
		rest := bare.URL.RawQuery
		if query != req.URL.RawQuery {
			rest = withoutQuery(s, query, separatedAs(req.URL.RawQuery, query))
		}
		bare.RequestURI = path
		if rest != "" {
			bare.RequestURI += "?" + rest
		}
	}
	return bare
}

// separatedAs returns the query of RequestURI with "&" for every separator.
func separatedAs(rawQuery, query string) string {
	if strings.Contains(rawQuery, ";") {
		return query
	}
	return strings.ReplaceAll(query, ";", "&")
}

// withoutQuery takes the token off a query. separated is the same with "&" for every separator.
func withoutQuery(s *tokenSource, query, separated string) string {
	plain := plainQuery(s, separated)
	if plain != separated {
		query = plainQuery(s, query)
	}
	pairs, _ := queryPairs(s, plain)
	return withoutPairs(query, pairs)
}

// withoutPairs takes pairs off a list, each with the separator behind it, and the last of the list with the one before.
func withoutPairs(list string, pairs []pair) string {
	var kept []string
	from := 0
	for _, p := range pairs {
		kept = append(kept, list[from:p.start])
		if p.end == len(list) {
			return withoutLast(strings.Join(kept, ""))
		}
		from = p.end + 1
	}
	return strings.Join(append(kept, list[from:]), "")
}

// withoutLast returns a text without its last byte, which is a separator.
func withoutLast(text string) string {
	if text == "" {
		return ""
	}
	return text[:len(text)-1]
}

func setOrDelete(h http.Header, name string, values []string) {
	if len(values) == 0 {
		delete(h, name)
		return
	}
	h[name] = values
}
