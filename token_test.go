package huaweiid

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// request makes one from a target and header lines.
func request(target string, lines ...string) *http.Request {
	req := httptest.NewRequest(http.MethodGet, target, nil)
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Add(name, value)
	}
	return req
}

var everywhere = &tokenSource{header: "Authorization", scheme: "Bearer", cookie: "session", query: "access_token"}

func TestTokenSource_find(t *testing.T) {
	t.Parallel()
	whole := &tokenSource{header: "X-Token"}
	for name, test := range map[string]struct {
		source *tokenSource
		target string
		lines  []string
		tokens []string
		where  string
	}{
		"none":                       {everywhere, "/", nil, nil, ""},
		"header":                     {everywhere, "/", []string{"Authorization: Bearer a+/="}, []string{"a+/="}, inHeader},
		"scheme in any case":         {everywhere, "/", []string{"Authorization: bEaReR t"}, []string{"t"}, inHeader},
		"several spaces":             {everywhere, "/", []string{"Authorization: Bearer   t"}, []string{"t"}, inHeader},
		"scheme alone":               {everywhere, "/", []string{"Authorization: Bearer"}, []string{""}, inHeader},
		"tab is no separator":        {everywhere, "/", []string{"Authorization: Bearer\tt"}, []string{"\tt"}, inHeader},
		"another scheme":             {everywhere, "/", []string{"Authorization: Basic t"}, nil, ""},
		"scheme runs on":             {everywhere, "/", []string{"Authorization: Bearert"}, nil, ""},
		"two with the scheme":        {everywhere, "/", []string{"Authorization: Bearer a", "Authorization: Bearer a"}, []string{"a", "a"}, inHeader},
		"another scheme beside":      {everywhere, "/", []string{"Authorization: Basic a", "Authorization: Bearer b"}, []string{"b"}, inHeader},
		"whole value":                {whole, "/", []string{"X-Token: Bearer t"}, []string{"Bearer t"}, inHeader},
		"whole value, twice":         {whole, "/", []string{"X-Token: a", "X-Token: b"}, []string{"a", "b"}, inHeader},
		"whole value, empty":         {whole, "/", []string{"X-Token: "}, []string{""}, inHeader},
		"cookie":                     {everywhere, "/", []string{"Cookie: a=b; session=t; c=d"}, []string{"t"}, inCookie},
		"cookie with = in it":        {everywhere, "/", []string{"Cookie: session=t=="}, []string{"t=="}, inCookie},
		"quoted cookie":              {everywhere, "/", []string{`Cookie: session="t"`}, []string{"t"}, inCookie},
		"half-quoted cookie":         {everywhere, "/", []string{`Cookie: session="t`}, []string{`"t`}, inCookie},
		"empty cookie":               {everywhere, "/", []string{"Cookie: session="}, []string{""}, inCookie},
		"cookies on two lines":       {everywhere, "/", []string{"Cookie: session=a", "Cookie: session=b"}, []string{"a", "b"}, inCookie},
		"cookie names have case":     {everywhere, "/", []string{"Cookie: Session=t"}, nil, ""},
		"query":                      {everywhere, "/?x=1&access_token=a%2Bb", nil, []string{"a+b"}, inQuery},
		"query, raw plus is a space": {everywhere, "/?access_token=a+b", nil, []string{"a b"}, inQuery},
		"query, escaped name":        {everywhere, "/?%61ccess_token=t", nil, []string{"t"}, inQuery},
		"query, bad escape":          {everywhere, "/?access_token=%zz", nil, []string{"%zz"}, inQuery},
		"query, twice":               {everywhere, "/?access_token=a&access_token=b", nil, []string{"a", "b"}, inQuery},
		"header before cookie":       {everywhere, "/?access_token=q", []string{"Cookie: session=c", "Authorization: Bearer h"}, []string{"h"}, inHeader},
		"cookie before query":        {everywhere, "/?access_token=q", []string{"Cookie: session=c", "Authorization: Basic h"}, []string{"c"}, inCookie},
	} {
		tokens, where := findTokens(test.source, request(test.target, test.lines...))
		require.Equal(t, test.tokens, tokens, name)
		require.Equal(t, test.where, where, name)
	}
}

func TestTokenSource_withoutLeavesAllElseAsItIs(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		target string
		lines  []string
		where  string
		uri    string
		header http.Header
	}{
		"header": {"/a?b=c", []string{"Authorization: Bearer t", "Accept: x"}, inHeader, "/a?b=c", http.Header{"Accept": {"x"}}},
		"header beside another scheme": {
			"/", []string{"Authorization: Bearer t", "Authorization: Basic x"}, inHeader, "/",
			http.Header{"Authorization": {"Basic x"}},
		},
		"cookie":       {"/", []string{"Cookie: a=b; session=t; c=d"}, inCookie, "/", http.Header{"Cookie": {"a=b; c=d"}}},
		"first cookie": {"/", []string{"Cookie: session=t; c=d;e"}, inCookie, "/", http.Header{"Cookie": {"c=d;e"}}},
		"only cookie":  {"/", []string{"Cookie: session=t"}, inCookie, "/", http.Header{}},
		"cookie lines": {"/", []string{"Cookie: session=t", "Cookie: a=b"}, inCookie, "/", http.Header{"Cookie": {"a=b"}}},
		"query":        {"/a%2Fb?x=%20&access_token=t&y", nil, inQuery, "/a%2Fb?x=%20&y", http.Header{}},
		"only query":   {"/a?access_token=t", nil, inQuery, "/a", http.Header{}},
	} {
		req := request(test.target, test.lines...)
		before := req.Header.Clone()
		bare := withoutToken(everywhere, req, test.where)
		require.Equal(t, test.header, bare.Header, name)
		require.Equal(t, test.uri, bare.RequestURI, name)
		require.Equal(t, test.uri, bare.URL.RequestURI(), name)
		require.Equal(t, before, req.Header, "%s: the original stays whole, for retries", name)
		require.Equal(t, test.target, req.RequestURI, name)
	}
}

func TestIsToken(t *testing.T) {
	t.Parallel()
	require.True(t, isToken("x"))
	require.True(t, isToken(strings.Repeat("x", maxToken)))
	require.False(t, isToken(strings.Repeat("x", maxToken+1)))
	require.False(t, isToken(""))
	for c := 0; c < 256; c++ {
		require.Equal(t, '!' <= c && c <= '~', isToken("a"+string([]byte{byte(c)})+"b"), "byte %#x", c)
	}
}
