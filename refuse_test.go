package huaweiid

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRefuse_everyOutcomeIsAProblemWithItsCode(t *testing.T) {
	t.Parallel()
	p := &plugin{challenge: "Bearer realm=" + quoted(`a "b" \c`), source: everywhere}
	for i := range outcomes {
		o := &outcomes[i]
		detail := detailOf(o)
		if o.when == whenMisspelt {
			detail = "This resource needs a Huawei ID access token, in a header of this form: Authorization: Bearer TOKEN"
		}
		rw := httptest.NewRecorder()
		refuse(p, rw, request("/"), o, 0, "0123abcd")
		require.Equal(t, o.status, rw.Code)
		require.Equal(t, "application/problem+json", rw.Header().Get("Content-Type"))
		require.Equal(t, "no-store", rw.Header().Get("Cache-Control"))
		require.Equal(t, strconv.Itoa(rw.Body.Len()), rw.Header().Get("Content-Length"))
		var body map[string]interface{}
		require.NoError(t, json.Unmarshal(rw.Body.Bytes(), &body))
		require.Equal(t, map[string]interface{}{
			"type": "about:blank", "title": http.StatusText(o.status), "status": float64(o.status), "detail": detail,
			"instance": "urn:huaweiid:0123abcd", "code": o.code,
		}, body)

		description := `, error_description="` + detail + `"`
		realm := `Bearer realm="a \"b\" \\c"`
		want := map[int]string{
			400: realm + `, error="invalid_request"` + description,
			401: realm + `, error="invalid_token"` + description,
			403: realm + `, error="insufficient_scope"` + description,
		}[o.status]
		if o.code == codeTokenMissing {
			want = realm
		}
		if o == outcomeByHTTP["403"] { // no other token helps a host that may not ask
			want = ""
		}
		require.Equal(t, want, rw.Header().Get("WWW-Authenticate"), o.code)
		require.Equal(t, o.status == 503, rw.Header().Get("Retry-After") != "", o.code)
	}
}

func TestRefuse_retryAfterIsWholeSecondsRoundedUp(t *testing.T) {
	t.Parallel()
	p := &plugin{}
	for wait, want := range map[time.Duration]string{
		0: "5", time.Millisecond: "1", time.Second: "1", time.Second + 1: "2", time.Minute: "60",
	} {
		rw := httptest.NewRecorder()
		refuse(p, rw, request("/"), outcomeByWhen[whenPaused], wait, "")
		require.Equal(t, want, rw.Header().Get("Retry-After"))
	}
}

func TestRefuse_headHasNoBody(t *testing.T) {
	t.Parallel()
	req := request("/")
	req.Method = http.MethodHead
	rw := httptest.NewRecorder()
	refuse(&plugin{}, rw, req, outcomeByWhen[whenNoToken], 0, "")
	require.Zero(t, rw.Body.Len())
	require.Equal(t, 401, rw.Code)
}

func TestChallenge_namesTheConfiguredScheme(t *testing.T) {
	t.Parallel()
	for scheme, want := range map[string]string{"Token": `Token realm="a"`, "bearer": `bearer realm="a"`, "": `Bearer realm="a"`} {
		require.Equal(t, want, challengeOf(&settings{realm: "a", token: tokenSettings{header: "Authorization", scheme: scheme}}))
	}
}
