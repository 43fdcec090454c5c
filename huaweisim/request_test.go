package huaweisim_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

func TestRequest_strictness(t *testing.T) {
	t.Parallel()
	const (
		form = "application/x-www-form-urlencoded"
		good = "access_token=mainland%2F1"
		svc  = "nsp_svc=GOpen.User.getInfo"
	)
	tests := []struct {
		name                            string
		method, path, contentType, body string // "" = POST, GetInfoPath, form, good
		status                          int    // 0 = 200
		nsp                             string
		rejected                        string // "" = counted as a call
	}{
		{name: "as documented"},
		{name: "service in the form", path: "/rest.php", body: svc + "&" + good},
		{name: "content type with parameters", contentType: form + "; charset=UTF-8"},
		{name: "content type in capitals", contentType: strings.ToUpper(form)},
		{name: "other parameters", path: huaweisim.GetInfoPath + "&nsp_fmt=JSON", body: good + "&getNickName=1"},

		{name: "GET", method: "GET", status: 405, rejected: "method"},
		{name: "PUT", method: "PUT", status: 405, rejected: "method"},
		{name: "root", path: "/?" + svc, status: 404, rejected: "path"},
		{name: "path with a slash at its end", path: "/rest.php/?" + svc, status: 404, rejected: "path"},
		{name: "path in capitals", path: "/REST.PHP?" + svc, status: 404, rejected: "path"},
		{name: "path with two slashes", path: "//rest.php?" + svc, status: 404, rejected: "path"},
		{name: "path percent-encoded", path: "/rest%2Ephp?" + svc, status: 404, rejected: "path"},

		{name: "no service", path: "/rest.php", nsp: "501", rejected: "nsp_svc"},
		{name: "unknown service", path: "/rest.php?nsp_svc=GOpen.User.getPhone", nsp: "501", rejected: "nsp_svc"},
		{name: "service in other case", path: "/rest.php?nsp_svc=gopen.user.getinfo", nsp: "501", rejected: "nsp_svc"},
		{name: "service twice", body: svc + "&" + good, nsp: "105", rejected: "nsp_svc repeated"},

		{name: "JSON", contentType: "application/json", body: `{"access_token":"mainland/1"}`, nsp: "105", rejected: "content type"},
		{name: "no content type", contentType: "none", nsp: "105", rejected: "content type"},
		{name: "broken content type", contentType: form + "; charset", nsp: "105", rejected: "content type"},
		{name: "bad percent escape", body: "access_token=mainland%2", nsp: "105", rejected: "form"},
		{name: "semicolon", body: good + ";x=1", nsp: "105", rejected: "form"},
		{name: "body of 16 KiB", body: good + "&x=" + strings.Repeat("x", 16<<10-len(good)-3)},
		{name: "body over 16 KiB", body: good + "&x=" + strings.Repeat("x", 16<<10-len(good)-2), status: 400, rejected: "body"},

		{name: "no token", body: "x=1", nsp: "105", rejected: "access_token missing"},
		{name: "empty body", body: "none", nsp: "105", rejected: "access_token missing"},
		{name: "empty token", body: "access_token=", nsp: "105", rejected: "access_token missing"},
		{name: "token twice", body: good + "&" + good, nsp: "105", rejected: "access_token repeated"},
		{name: "token in the URL", path: huaweisim.GetInfoPath + "&" + good, status: 400, rejected: "token in URL"},
		{name: "token in the URL in capitals", path: huaweisim.GetInfoPath + "&ACCESS_TOKEN=x", status: 400, rejected: "token in URL"},
		{name: "bad percent escape in the URL", path: huaweisim.GetInfoPath + "&x=%2", status: 400, rejected: "query"},

		{name: "encoded plus", body: "access_token=mainland/a%2Bb=="},
		{name: "unencoded plus", body: "access_token=mainland/a+b==", nsp: "6"},
		{name: "token encoded twice", body: "access_token=mainland%252F1", nsp: "6"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			or := func(value, usual string) string {
				switch value {
				case "":
					return usual
				case "none":
					return ""
				}
				return value
			}
			r := s.request(or(test.method, http.MethodPost), or(test.path, huaweisim.GetInfoPath), or(test.body, good))
			r.Header.Set("Content-Type", or(test.contentType, form))
			if test.contentType == "none" {
				r.Header.Del("Content-Type")
			}
			got := s.do(r)
			if test.status == 0 {
				test.status = http.StatusOK
			}
			assert.Equal(t, test.status, got.status)
			assert.Equal(t, test.nsp, got.nsp)
			want := map[string]int{}
			if test.rejected != "" {
				want[test.rejected] = 1
			}
			assert.Equal(t, want, s.Stats().Rejected)
			assert.Equal(t, 1-len(want), s.Stats().Calls[huaweisim.GetInfo])
			if test.status == http.StatusMethodNotAllowed {
				assert.Equal(t, http.MethodPost, got.header.Get("Allow"))
			}
		})
	}
}

func TestRequest_bodyMayBeChunked(t *testing.T) {
	t.Parallel()
	s := start(t)
	r := s.request(http.MethodPost, huaweisim.GetInfoPath, "")
	r.ContentLength = -1
	r.Body = io.NopCloser(strings.NewReader("access_token=mainland"))
	assert.Equal(t, "", s.do(r).nsp)
}

func TestRequest_openIDOnlyForWhoAsks(t *testing.T) {
	t.Parallel()
	s := start(t)
	u, _ := huaweisim.UserOf("mainland")
	for body, want := range map[string]any{
		"access_token=mainland&open_id=OPENID": u.OpenID,
		"access_token=mainland":                nil,
		"access_token=mainland&open_id=openid": nil,
		"access_token=mainland&openid=OPENID":  nil,
	} {
		got := s.do(s.request(http.MethodPost, huaweisim.TokenInfoPath, body)).members(t)
		assert.Equal(t, want, got["open_id"], body)
		assert.Equal(t, u.UnionID, got["union_id"], body)
	}
}
