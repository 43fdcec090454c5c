package huaweiid

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// namesOf makes requests and returns the users that Traefik's access log would have, and those that handlers behind saw.
func namesOf(t *testing.T, change func(*Config), tokens ...string) (logged, behind []string) {
	t.Helper()
	var kept *url.URL // by a handler that has it still when the name is set
	next := http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		behind = append(behind, req.URL.User.Username())
		kept = req.URL
	})
	config, _ := simulated(t, change)
	handler, err := New(context.Background(), next, config, t.Name()+"@file")
	require.NoError(t, err)
	own := config.AccessLogUser != userNone && config.Mode == modeEnforce
	for _, token := range tokens {
		kept = nil
		req := httptest.NewRequest(http.MethodGet, "http://mallory@app.example/orders?x=1", nil)
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		handler.ServeHTTP(httptest.NewRecorder(), req)
		logged = append(logged, req.URL.User.Username())
		if kept != nil && kept != req.URL {
			require.Nil(t, kept.User)
		}
		require.False(t, own && kept == req.URL, "handlers behind have a URL of their own")
	}
	return logged, behind
}

func TestAccessLogUser_isSetWhenTheHandlersBehindAreDone(t *testing.T) {
	t.Parallel()
	user, _ := huaweisim.UserOf("mainland/1")
	for _, remove := range []string{"false", "true"} {
		for option, name := range map[string]string{userOpenID: user.OpenID, userUnionID: user.UnionID} {
			logged, behind := namesOf(t, func(c *Config) { c.AccessLogUser, c.Token.Remove = option, remove },
				"mainland/1", "mainland/1", "expired/1", "")
			require.Equal(t, []string{name, name, "", ""}, logged)
			require.Equal(t, []string{"", ""}, behind)
		}
	}
}

func TestAccessLogUser_isNobodyWithoutAnIdentity(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{modeOptional, modeReport} {
		logged, behind := namesOf(t, func(c *Config) { c.AccessLogUser, c.Mode = "OPENID", mode }, "")
		require.Equal(t, []string{""}, logged)
		require.Equal(t, []string{""}, behind)
	}
}

func TestAccessLogUser_isOffByDefault(t *testing.T) {
	t.Parallel()
	logged, _ := namesOf(t, nil, "mainland/1")
	require.Equal(t, []string{"mallory"}, logged, "what a client wrote is left alone")
}
