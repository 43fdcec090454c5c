package huaweiid

import (
	"net/http"
	"net/url"
	"strings"
)

// token.remove: how the token comes off a request.

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

func setOrDelete(h http.Header, name string, values []string) {
	if len(values) == 0 {
		delete(h, name)
		return
	}
	h[name] = values
}
