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

var everywhere = newTokenSource(tokenSettings{header: "Authorization", scheme: "Bearer", cookie: "session", query: "access_token"})

func TestFindToken_inEverySource(t *testing.T) {
	t.Parallel()
	whole := newTokenSource(tokenSettings{header: "X-Token"})
	for name, test := range map[string]struct {
		reader  *tokenSource
		target  string
		lines   []string
		token   string
		where   string
		problem string
	}{
		"none":                      {everywhere, "/", nil, "", "", whenNoToken},
		"header":                    {everywhere, "/", []string{"Authorization: Bearer a+/="}, "a+/=", inHeader, ""},
		"scheme in any case":        {everywhere, "/", []string{"Authorization: bEaReR t"}, "t", inHeader, ""},
		"several spaces":            {everywhere, "/", []string{"Authorization: Bearer   t"}, "t", inHeader, ""},
		"scheme alone":              {everywhere, "/", []string{"Authorization: Bearer"}, "", inHeader, whenUnfitToken},
		"tab is no separator":       {everywhere, "/", []string{"Authorization: Bearer\tt"}, "\tt", inHeader, whenUnfitToken},
		"another scheme":            {everywhere, "/", []string{"Authorization: Basic t"}, "", "", whenNoToken},
		"scheme runs on":            {everywhere, "/", []string{"Authorization: Bearert"}, "", "", whenNoToken},
		"Unicode's space before":    {everywhere, "/", []string{"Authorization: \u00a0Bearer t"}, "", "", whenNoToken},
		"another scheme beside":     {everywhere, "/", []string{"Authorization: Basic a", "Authorization: Bearer b"}, "b", inHeader, ""},
		"whole value":               {whole, "/", []string{"X-Token: t"}, "t", inHeader, ""},
		"whole value with a scheme": {whole, "/", []string{"X-Token: Bearer t"}, "Bearer t", inHeader, whenUnfitToken},
		"whole value, twice":        {whole, "/", []string{"X-Token: a", "X-Token: b"}, "a", inHeader, whenRepeated},
		"whole value, empty":        {whole, "/", []string{"X-Token: "}, "", inHeader, whenUnfitToken},
		"cookie":                    {everywhere, "/", []string{"Cookie: a=b; session=t; c=d"}, "t", inCookie, ""},
		"first cookie":              {everywhere, "/", []string{"Cookie: session=t;c=d"}, "t", inCookie, ""},
		"cookie after a tab":        {everywhere, "/", []string{"Cookie: a=b;\t session=t \t;c=d"}, "t", inCookie, ""},
		"cookie with = in it":       {everywhere, "/", []string{"Cookie: session=t=="}, "t==", inCookie, ""},
		"quoted cookie":             {everywhere, "/", []string{`Cookie: session="t"`}, "t", inCookie, ""},
		"half-quoted cookie":        {everywhere, "/", []string{`Cookie: session="t`}, `"t`, inCookie, whenUnfitToken},
		"empty cookie":              {everywhere, "/", []string{"Cookie: session="}, "", inCookie, whenUnfitToken},
		"cookie without =":          {everywhere, "/", []string{"Cookie: session; a=b"}, "", "", whenNoToken},
		"cookie on another line":    {everywhere, "/", []string{"Cookie: a=b", "Cookie: session=t"}, "t", inCookie, ""},
		"cookie names have case":    {everywhere, "/", []string{"Cookie: Session=t"}, "", "", whenNoToken},
		"the end of another cookie": {everywhere, "/", []string{"Cookie: xsession=t; a=session=t; my session=t"}, "", "", whenNoToken},
		"escaped cookie":            {everywhere, "/", []string{"Cookie: session=a%2Bb%2Fc%3D%3D"}, "a+b/c==", inCookie, ""},
		"escaped and quoted cookie": {everywhere, "/", []string{`Cookie: session="a%2bb"`}, "a+b", inCookie, ""},
		"cookie escaped twice":      {everywhere, "/", []string{"Cookie: session=a%252Bb"}, "a%2Bb", inCookie, whenUnfitToken},
		"cookie with a space":       {everywhere, "/", []string{"Cookie: session=a%20b"}, "a b", inCookie, whenUnfitToken},
		"cookie, bad escape":        {everywhere, "/", []string{"Cookie: session=a%zz"}, "a%zz", inCookie, whenUnfitToken},
		"raw plus in a cookie":      {everywhere, "/", []string{"Cookie: session=a+b"}, "a+b", inCookie, ""},
		"query":                     {everywhere, "/?x=1&access_token=a%2Bb", nil, "a+b", inQuery, ""},
		"raw plus in a query":       {everywhere, "/?access_token=a+b/c==", nil, "a+b/c==", inQuery, ""},
		"query, escaped name":       {everywhere, "/?x=%20&%61ccess%5Ftoken=%74", nil, "t", inQuery, ""},
		"query, bad escape":         {everywhere, "/?access_token=%zz", nil, "%zz", inQuery, whenUnfitToken},
		"query, bad escape beside":  {everywhere, "/?x=100%&access_token=t", nil, "t", inQuery, ""},
		"query without =":           {everywhere, "/?access_token&a=b", nil, "", "", whenNoToken},
		"query, no separator":       {everywhere, "/?access_token=a;b=2", nil, "a;b=2", inQuery, whenUnfitToken},
		"the end of another name":   {everywhere, "/?xaccess_token=t&a=access_token=t&+access_token=t", nil, "", "", whenNoToken},
		"header before cookie":      {everywhere, "/?access_token=q", []string{"Cookie: session=c", "Authorization: Bearer h"}, "h", inHeader, ""},
		"cookie before query":       {everywhere, "/?access_token=q", []string{"Cookie: session=c", "Authorization: Basic h"}, "c", inCookie, ""},
		"JWT":                       {everywhere, "/", []string{"Authorization: Bearer eyJh.eyJp.c2ln"}, "eyJh.eyJp.c2ln", inHeader, whenJWT},
	} {
		token, where, problem := findToken(test.reader, request(test.target, test.lines...))
		require.Equal(t, test.token, token, name)
		require.Equal(t, test.where, where, name)
		require.Equal(t, test.problem, problem, name)
	}
}

func TestFindToken_theSameTokenTwiceInOneSourceCountsOnce(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		target  string
		lines   []string
		problem string
	}{
		"header":                    {"/", []string{"Authorization: Bearer a", "Authorization: bearer  a"}, ""},
		"header, another":           {"/", []string{"Authorization: Bearer a", "Authorization: Bearer b"}, whenRepeated},
		"header, empty":             {"/", []string{"Authorization: Bearer", "Authorization: Bearer a"}, whenRepeated},
		"cookie":                    {"/", []string{"Cookie: session=a; session=a"}, ""},
		"cookie, right behind":      {"/", []string{"Cookie: session=a;session=a"}, ""},
		"cookie, otherwise written": {"/", []string{`Cookie: session="a%2B"; session=a+`}, ""},
		"cookie, another line":      {"/", []string{"Cookie: session=a", "Cookie: x=y; session=a"}, ""},
		"cookie, another":           {"/", []string{"Cookie: session=a;session=b"}, whenRepeated},
		"cookie, the last one":      {"/", []string{"Cookie: session=a; session=a; x=y; session=b"}, whenRepeated},
		"query":                     {"/?access_token=a&access_token=a", nil, ""},
		"query, otherwise written":  {"/?access_token=a&access%5ftoken=%61", nil, ""},
		"query, another":            {"/?access_token=a&access_token=b", nil, whenRepeated},
		"query, an escaped name":    {"/?access_token=a&access%5Ftoken=b", nil, whenRepeated},
	} {
		token, _, problem := findToken(everywhere, request(test.target, test.lines...))
		require.Equal(t, test.problem, problem, name)
		if problem == "" {
			require.Contains(t, []string{"a", "a+"}, token, name)
		}
	}
}

func TestFindToken_moreThanSixteenOccurrencesAreUnreadable(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{maxOccurrences: "", maxOccurrences + 1: whenUnreadable} {
		lines := strings.Split(strings.Repeat("Authorization: Bearer t\n", n-1)+"Authorization: Basic x", "\n")
		for name, req := range map[string]*http.Request{
			"header":             request("/", lines...),
			"cookies":            request("/", "Cookie: "+strings.Repeat("session=t; ", n)),
			"cookies of a line":  request("/", strings.Split(strings.TrimSpace(strings.Repeat("Cookie: session=t\n", n)), "\n")...),
			"parameters":         request("/?" + strings.Repeat("access_token=t&", n)),
			"escaped parameters": request("/?" + strings.Repeat("access%5Ftoken=t&", n)),
		} {
			_, where, problem := findToken(everywhere, req)
			require.Equal(t, want, problem, "%d: %s", n, name)
			require.NotEmpty(t, where)
		}
	}
}

// Whatever honest clients send within 16 KiB, the token is found.
func TestFindToken_othersMayBeAsManyAsTheServerTakes(t *testing.T) {
	t.Parallel()
	cookies := strings.Repeat("my_session=0123456789012345678901234567890123456789012345678901234567890; ", 200)
	parameters := strings.Repeat("&my_access_token=1", 500)
	for name, req := range map[string]*http.Request{
		"200 cookies":                request("/", "Cookie: "+cookies+"session=t"),
		"a token before 200 cookies": request("/", "Cookie: session=t; "+cookies),
		"500 parameters":             request("/?a=b" + parameters + "&access_token=t"),
		"a token before them":        request("/?access_token=t" + parameters),
		"1 MiB of separators":        request("/?"+strings.Repeat("&", 500_000)+"access_token=t", "Cookie: "+strings.Repeat(";", 500_000)),
		"1 MiB of short cookies":     request("/", "Cookie: "+strings.Repeat(";a", 500_000)+";session=t"),
		"1 MiB of spaces":            request("/", "Cookie: a=b;"+strings.Repeat(" \t", 500_000)+"session=t"),
	} {
		token, _, problem := findToken(everywhere, req)
		require.Empty(t, problem, name)
		require.Equal(t, "t", token, name)
	}
	// It is not looked at where the name ends others' names a thousand times.
	_, _, problem := findToken(everywhere, request("/", "Cookie: "+strings.Repeat("xsession=t;", maxLooks)+"session=t"))
	require.Equal(t, whenUnreadable, problem)
}

func TestFindToken_onlySpaceAndTabAreTakenOffACookie(t *testing.T) {
	t.Parallel()
	reader := newTokenSource(tokenSettings{cookie: "__Host-sid"})
	for _, space := range []string{"\u2003", "\u00a0", "\u0085", "\u3000", "\v", "\f", "\x85", "\xa0"} {
		for _, cookie := range []string{space + "__Host-sid=T", "a=b;" + space + "__Host-sid=T", "__Host-sid" + space + "=T", "__Host-sid =T"} {
			req := request("/")
			req.Header["Cookie"] = []string{cookie}
			_, _, problem := findToken(reader, req)
			require.Equal(t, whenNoToken, problem, "%q", cookie)
		}
		req := request("/")
		req.Header["Cookie"] = []string{"__Host-sid=T" + space}
		_, _, problem := findToken(reader, req)
		require.Equal(t, whenUnfitToken, problem, "%q", space)
	}
}

func TestWithoutToken_leavesAllElseAsItIs(t *testing.T) {
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
		"header, twice":  {"/", []string{"Authorization: Bearer t", "Authorization: Bearer t"}, inHeader, "/", http.Header{}},
		"cookie":         {"/", []string{"Cookie: a=b; session=t; c=d"}, inCookie, "/", http.Header{"Cookie": {"a=b; c=d"}}},
		"first cookie":   {"/", []string{"Cookie: session=t; c=d;e"}, inCookie, "/", http.Header{"Cookie": {"c=d;e"}}},
		"last cookie":    {"/", []string{"Cookie: a=b;  session=t"}, inCookie, "/", http.Header{"Cookie": {"a=b"}}},
		"only cookie":    {"/", []string{"Cookie: session=t"}, inCookie, "/", http.Header{}},
		"cookies":        {"/", []string{"Cookie: session=t;session=t; a=b; session=t"}, inCookie, "/", http.Header{"Cookie": {"a=b"}}},
		"cookies, alone": {"/", []string{"Cookie: session=t; session=t"}, inCookie, "/", http.Header{}},
		"cookies around": {"/", []string{"Cookie: session=t; a=b;; xsession=t ;c; session=t;"}, inCookie, "/",
			http.Header{"Cookie": {"a=b;; xsession=t ;c;"}}},
		"cookie lines": {"/", []string{"Cookie: session=t", "Cookie: a=b"}, inCookie, "/", http.Header{"Cookie": {"a=b"}}},
		"query":        {"/a%2Fb?x=%20&access_token=t&y", nil, inQuery, "/a%2Fb?x=%20&y", http.Header{}},
		"first query":  {"/?access_token=t&&y=+&", nil, inQuery, "/?&y=+&", http.Header{}},
		"last query":   {"/?x&access_token=t", nil, inQuery, "/?x", http.Header{}},
		"only query":   {"/a?access_token=t", nil, inQuery, "/a", http.Header{}},
		"queries":      {"/?access_token=t&access_token=t&x&access_token=t", nil, inQuery, "/?x", http.Header{}},
		"escaped name": {"/?x=%26%3d&access%5Ftoken=t&y=%C3%A9", nil, inQuery, "/?x=%26%3d&y=%C3%A9", http.Header{}},
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

func TestWithoutToken_whereTheServerTakesASemicolonForAnAmpersand(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{
		"/?a=1;access_token=T;b=2":                           "/?a=1;b=2",
		"/?access_token=T;b=2":                               "/?b=2",
		"/?b=2;access_token=T":                               "/?b=2",
		"/?access_token=T":                                   "/",
		"/?a=1;x=y&access_token=T;b=2&c":                     "/?a=1;x=y&b=2&c",
		"/?access_token=T;access_token=T&b;":                 "/?b;",
		"/?a=1;access%5Ftoken=T;b=%2F":                       "/?a=1;b=%2F",
		"/?" + strings.Repeat("a;", 1000) + "access_token=T": "/?" + strings.TrimSuffix(strings.Repeat("a;", 1000), ";"),
	} {
		http.AllowQuerySemicolons(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
			token, where, problem := findToken(everywhere, req)
			require.Equal(t, "T", token, target)
			require.Empty(t, problem, target)
			bare := withoutToken(everywhere, req, where)
			require.Equal(t, want, bare.RequestURI, target)
			require.Equal(t, strings.ReplaceAll(want, ";", "&"), bare.URL.RequestURI(), target)
		})).ServeHTTP(nil, request(target))
	}
}

func TestIsToken(t *testing.T) {
	t.Parallel()
	require.True(t, isToken("x"))
	require.True(t, isToken(strings.Repeat("x", maxToken)))
	require.False(t, isToken(strings.Repeat("x", maxToken+1)))
	require.False(t, isToken(""))
	for c := 0; c < 256; c++ {
		character := string([]byte{byte(c)})
		require.Equal(t, strings.Contains("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~+/=", character),
			isToken("a"+character+"b"), "byte %#x", c)
	}
	for _, value := range []string{"${jndi:ldap://x/a}", "'/**/union/**/select", "<script>"} {
		require.Equal(t, whenUnfitToken, unfit(value), value)
	}
}

func TestIsJWT(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{
		"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl-_": true,
		"eyJhbGciOiJub25lIn0.eyJpc3MiOiJ4In0.":                true,
		"eyJ.a.b":                                             true,
		"eyJ.a":                                               false,
		"eyJ.a.b.c":                                           false,
		"eyJ..b":                                              false,
		"eyJ.a.b=":                                            false,
		"eyJ.a/b.c":                                           false,
		"xeyJ.a.b":                                            false,
		"CgB6e3x9":                                            false,
	} {
		require.Equal(t, want, isJWT(value), value)
		require.Equal(t, want, unfit(value) == whenJWT, value)
	}
}

func TestMisspelt(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{
		"T": true, "Bearer: T": true, "BearerT": true, "bearer:T": true, "Bearer, T": true, "BearerT x": true,
		"": false, "Basic dXNlcjpwYXNz": false, "Token T": false, "Negotiate a b": false,
	} {
		require.Equal(t, want, misspelt(everywhere, request("/", "Authorization: "+value)), value)
	}
	require.True(t, misspelt(everywhere, request("/", "Authorization: Basic a", "Authorization: T")))
	require.False(t, misspelt(everywhere, request("/")))
	require.False(t, misspelt(newTokenSource(tokenSettings{cookie: "c"}), request("/", "Authorization: T")))
}

// The "c" in "%6c" begins the parameter's name as it stands there, and ends an escape.
func TestFindToken_anEscapeThatRunsIntoTheNameHidesNoOther(t *testing.T) {
	t.Parallel()
	source := newTokenSource(tokenSettings{query: "client_token"})
	for query, want := range map[string]string{
		"%63lient_token=one&%6client_token=x":                  "",
		"client_token=one&%63lient_token=two&%6client_token=x": whenRepeated,
	} {
		token, _, problem := findToken(source, request("/?"+query))
		require.Equal(t, want, problem, query)
		require.Equal(t, "one", token, query)
	}
}
