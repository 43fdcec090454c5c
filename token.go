package huaweiid

import (
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
)

// The token: what it may look like, and where a request carries it.

// maxToken bounds a token, in bytes. Huawei's have at most 1024; twice that leaves room.
const maxToken = 2048

// maxOccurrences is how often a request may name the source of its token: values of the header, cookies or parameters.
const maxOccurrences = 16

const (
	base64URL       = letters + digits + "-_"
	tokenCharacters = base64URL + ".~+/=" // RFC 6750 §2.1, b64token
)

// blanks are the characters that may stand around a value. Unicode's spaces are not among them: to a browser they are part of a
// cookie's name, so one cookie would pass for another.
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

// findToken returns the token of the first source that has one, and which source that is. problem is "" if Huawei can be asked
// about it, else the row of the status table that says why not. The token may be "" then, unfit, or the first of several.
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
			return findInCookies(s, req, text)
		}
	}
	return findInQuery(s, req)
}

// findInCookies looks into the cookies, whose text is given, and then into the query.
func findInCookies(s *tokenSource, req *http.Request, text string) (token, where, problem string) {
	pairs, ok := cookiePairs(s, text)
	if !ok {
		return "", inCookie, whenUnreadable
	}
	if len(pairs) > 0 {
		return theOne(cookieTokens(text, pairs), inCookie)
	}
	return findInQuery(s, req)
}

func findInQuery(s *tokenSource, req *http.Request) (token, where, problem string) {
	if s.query == "" {
		return "", "", whenNoToken
	}
	text := plainQuery(s, req.URL.RawQuery)
	if text == "" {
		return "", "", whenNoToken
	}
	pairs, ok := queryPairs(s, text)
	if !ok {
		return "", inQuery, whenUnreadable
	}
	if len(pairs) > 0 {
		return theOne(queryTokens(text, pairs), inQuery)
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

func cookiePairs(s *tokenSource, list string) (pairs []pair, ok bool) {
	return findPairs(list, s.cookie+"=", ";", blanks)
}

func queryPairs(s *tokenSource, list string) (pairs []pair, ok bool) {
	return findPairs(list, s.query+"=", "&", "")
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

// plainQuery returns a query in which the parameter's name is not percent-encoded. If a client encoded it, the same characters are
// decoded in the whole query, which means the same: a name has unreserved characters only (RFC 3986 §6.2.2.2).
func plainQuery(s *tokenSource, query string) string {
	if !strings.Contains(query, "%") {
		return query
	}
	// Decoding takes a name away where it runs out of an escape, as the client_token= in "%6client_token=", so counts tell nothing.
	nameIs := s.query + "="
	if !strings.Contains(s.decode.Replace(strings.ReplaceAll(query, nameIs, "=")), nameIs) {
		return query
	}
	return s.decode.Replace(query)
}
