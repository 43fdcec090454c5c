package demo

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

func readme(t *testing.T) string {
	t.Helper()
	root, err := proxy.Root()
	require.NoError(t, err)
	content, err := os.ReadFile(filepath.Join(root, "README.md"))
	require.NoError(t, err)
	return string(content)
}

// start starts a demo whose answers live for ttl.
func start(t *testing.T, ttl time.Duration) (s *stack, url string) {
	t.Helper()
	s, err := startStack(context.Background(), Traefik(""), "", ttl)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.stop()) })
	return s, "http://" + s.gateway.Addr()
}

// run presses a button without a browser.
func run(t *testing.T, url, id string) []exchange {
	t.Helper()
	resp, err := http.Post(url+pagePath+"run/"+id, "", nil)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, resp.StatusCode, "%s: %s", id, body)
	var exchanges []exchange
	require.NoError(t, json.Unmarshal(body, &exchanges))
	return exchanges
}

// wanted is how the scenarios come out that are not simply served: status, code, and how many calls they make.
var wanted = map[string]struct {
	status int
	code   string
	calls  int
}{
	"none":        {401, "token_missing", 0},
	"expired":     {401, "token_invalid", 1},
	"forbidden":   {403, "permission_denied", 2},
	"foreign":     {401, "token_foreign", 1},
	"jwt":         {401, "token_foreign", 0},
	"repeated":    {400, "token_repeated", 0},
	"forgedalone": {401, "token_missing", 0},
	"revoked":     {401, "token_invalid", 1},
}

func TestPage_tellsTheWholeOfEveryScenario(t *testing.T) {
	_, url := start(t, cacheTTL)
	for _, s := range scenarios {
		if s.Group == "huawei" {
			continue
		}
		t.Run(s.ID, func(t *testing.T) {
			e := run(t, url, s.ID)[0]
			want, refused := wanted[s.ID]
			if !refused {
				want.status, want.calls = http.StatusOK, 2
			}
			if s.ID == "forged" {
				want.calls = 0 // of the user without a phone number, who was here before
			}
			assert.Equal(t, want.status, e.Verdict.Status)
			assert.Equal(t, want.code, e.Verdict.Code)
			assert.Len(t, e.Asked, want.calls)
			for _, c := range e.Asked {
				assert.Equal(t, http.StatusOK, c.Status)
			}
			path := "/"
			if s.ID == "revoke" {
				path = hourPath
			}
			assert.Equal(t, "GET "+path+" HTTP/1.1", e.Sent[0].Text)
			assert.Positive(t, e.Millis)
			if refused {
				assert.Empty(t, e.Received)
				assert.Contains(t, e.Answer[len(e.Answer)-1].Text, want.code)
				return
			}
			assert.Empty(t, e.Answer)
			assert.Equal(t, "X-User-Openid", e.Received[0].Name)
			assert.Equal(t, "identity", e.Received[0].By)
		})
	}
}

func TestPage_marksWhatWasForged(t *testing.T) {
	_, url := start(t, cacheTTL)
	e := run(t, url, "forged")[0]
	var forged []string
	for _, l := range e.Sent {
		if l.Forged {
			forged = append(forged, l.Text)
		}
	}
	assert.Equal(t, []string{"X-User-OpenID: admin", "x_user_phone: 1", "Connection: X-User-UnionID"}, forged)
	for _, h := range e.Received {
		assert.NotEqual(t, "admin", h.Value)
		assert.NotEqual(t, "X-User-Phone", h.Name)
	}
}

func TestPage_answersTheSecondTimeFromTheCache(t *testing.T) {
	_, url := start(t, cacheTTL)
	for id, source := range map[string]string{"mainland": fromCache, "expired": fromRefusals} {
		assert.Equal(t, fromHuawei, run(t, url, id)[0].Verdict.Source)
		again := run(t, url, id)[0]
		assert.Equal(t, source, again.Verdict.Source)
		assert.Empty(t, again.Asked)
	}
}

func TestPage_refusesARevokedTokenThatIsCachedForAnHourWhenTheEventHasCome(t *testing.T) {
	s, url := start(t, cacheTTL)
	for range 2 {
		exchanges := run(t, url, "revoke")
		require.Len(t, exchanges, 3)
		assert.Equal(t, fromHuawei, exchanges[0].Verdict.Source)
		assert.Equal(t, fromCache, exchanges[1].Verdict.Source)
		assert.Greater(t, exchanges[1].Verdict.TTL, 3000)
		assert.Equal(t, http.StatusUnauthorized, exchanges[2].Verdict.Status)
		assert.Equal(t, "token_invalid", exchanges[2].Verdict.Code)
		assert.Equal(t, exchanges[0].Sent, exchanges[2].Sent)
	}
	assert.Equal(t, 1, s.huawei.sim.EventAnnouncements())

	// Also while Huawei answers no call.
	s.huawei.set(down)
	token := "mainland/revoked-in-an-outage"
	require.NoError(t, s.cancelAuthorisation(token))
}

func TestPage_servesARevokedTokenUntilItsAnswerEndsWhereNoEventComes(t *testing.T) {
	_, url := start(t, cacheTTL)
	exchanges := run(t, url, "unheard")
	require.Len(t, exchanges, 2)
	assert.Equal(t, fromHuawei, exchanges[0].Verdict.Source)
	assert.Equal(t, fromCache, exchanges[1].Verdict.Source)
	assert.Equal(t, exchanges[0].Sent, exchanges[1].Sent)
}

// Of the two requests that follow a change at Huawei the first is a known user's.
func TestPage_servesKnownUsersWhateverHappensToHuawei(t *testing.T) {
	_, url := start(t, cacheTTL)
	for _, test := range []struct {
		condition condition
		status    int // a newcomer's
		codes     []string
	}{
		{slow, http.StatusOK, []string{""}},
		{throttled, http.StatusServiceUnavailable, []string{"huawei_throttled", "overloaded"}},
		{down, http.StatusBadGateway, []string{"huawei_unavailable"}},
		{normal, http.StatusOK, []string{""}},
	} {
		exchanges := run(t, url, string(test.condition))
		require.Len(t, exchanges, 2, test.condition)
		assert.Equal(t, http.StatusOK, exchanges[0].Verdict.Status, test.condition)
		assert.Equal(t, test.status, exchanges[1].Verdict.Status, test.condition)
		assert.Contains(t, test.codes, exchanges[1].Verdict.Code, test.condition)
	}
}

func TestPage_isForBrowsersAndTheRestIsTheApplications(t *testing.T) {
	_, url := start(t, cacheTTL)
	get := func(path string, header http.Header) *http.Response {
		req, err := http.NewRequest(http.MethodGet, url+path, nil)
		require.NoError(t, err)
		req.Header = header
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		return resp
	}
	browser := http.Header{"Accept": {"text/html,*/*;q=0.8"}}
	assert.Equal(t, http.StatusOK, get("/", browser).StatusCode)
	assert.Equal(t, security, get("/", browser).Header.Get("Content-Security-Policy"))
	assert.Equal(t, http.StatusUnauthorized, get("/", http.Header{"Accept": {"*/*"}}).StatusCode, "curl")
	assert.Equal(t, http.StatusUnauthorized, get("/", http.Header{}).StatusCode)
	assert.Equal(t, http.StatusUnauthorized, get("/orders", browser).StatusCode, "a browser at another path")
	for _, lang := range []string{"en", "zh"} {
		assert.Equal(t, languageTags[lang], get("/", http.Header{"Accept": {"text/html"}, "Accept-Language": {lang}}).Header.Get("Content-Language"))
	}
}

func TestPage_takesNoPressFromAnotherSite(t *testing.T) {
	s, url := start(t, cacheTTL)
	for _, path := range []string{"run/down", "visitors/off"} {
		req, err := http.NewRequest(http.MethodPost, url+pagePath+path, nil)
		require.NoError(t, err)
		req.Header.Set("Origin", "https://elsewhere.example")
		req.Header.Set("Sec-Fetch-Site", "cross-site")
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, http.StatusForbidden, resp.StatusCode, path)
	}
	assert.Equal(t, normal, s.huawei.is())
	assert.False(t, s.visitors.paused.Load())
	for _, path := range []string{"run/nothing", "visitors/perhaps"} {
		resp, err := http.Post(url+pagePath+path, "", strings.NewReader(""))
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, http.StatusNotFound, resp.StatusCode, path)
	}
}

func TestVisitors_comeWhileThePageIsOpenAndHasNotPausedThem(t *testing.T) {
	s, url := start(t, cacheTTL)
	assert.False(t, s.visitors.come(), "nobody looks at the page")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+pagePath+"state", nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	assert.True(t, s.visitors.come())
	require.Eventually(t, func() bool { return s.backend.Served() > 2 }, 10*time.Second, 10*time.Millisecond)

	for _, test := range []struct {
		path string
		come bool
	}{{"off", false}, {"on", true}} {
		resp, err := http.Post(url+pagePath+"visitors/"+test.path, "", nil)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, http.StatusNoContent, resp.StatusCode)
		assert.Equal(t, test.come, s.visitors.come(), test.path)
	}
	cancel()
	require.Eventually(t, func() bool { return !s.visitors.come() }, 10*time.Second, 10*time.Millisecond)
}
