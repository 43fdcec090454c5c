// Package rollout runs every configuration of docs/rollout.md in a real Traefik and holds it to what the document says.
package rollout

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/traefik-huaweiid/huaweiid/e2e/echo"
	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// recipes are what each heading of the document that has a configuration below it promises.
var recipes = map[string]func(*testing.T, *bed){
	"Step 1: report":                             reports,
	"Step 2: optional":                           isOptional,
	"Public paths":                               hasPublicPaths,
	"Tokens of other issuers":                    leavesOtherIssuersAlone,
	"Browsers: WebSocket and server-sent events": takesCookies,
	"Order among other middlewares":              keepsTheOrder,
	"Rules on identity headers":                  decidesByIdentity,
	"Egress":                                     goesOutByTheProxy,
	"Thirty teams":                               sharesWithinATeam,
	"Flushing the cache":                         flushes,
}

func TestRollout_everyConfigurationDoesWhatTheDocumentSays(t *testing.T) {
	b := newBed(t)
	configurations := configurationsOf(documentText(t))
	for heading := range configurations {
		require.Contains(t, recipes, heading, "a configuration that no test runs")
	}
	for heading, check := range recipes {
		t.Run(heading, func(t *testing.T) {
			require.Contains(t, configurations, heading)
			b.apply(t, configurations[heading])
			check(t, b)
		})
	}
}

func documentText(t *testing.T) string {
	t.Helper()
	root, err := proxy.Root()
	require.NoError(t, err)
	document, err := os.ReadFile(filepath.Join(root, "docs", "rollout.md"))
	require.NoError(t, err)
	return string(document)
}

// configurationsOf returns the YAML blocks by the heading above each.
func configurationsOf(document string) map[string]string {
	found := map[string]string{}
	heading, inBlock := "", false
	for _, line := range strings.Split(document, "\n") {
		switch {
		case strings.HasPrefix(line, "```"):
			inBlock = line == "```yaml"
		case inBlock:
			found[heading] += line + "\n"
		case strings.HasPrefix(line, "#"):
			heading = strings.TrimLeft(line, "# ")
		}
	}
	return found
}

// bed is a Traefik in front of a backend, and a simulated Huawei.
type bed struct {
	proxy   *proxy.Proxy
	backend *httptest.Server
	second  *httptest.Server // of an application that is none of a user's
	huawei  *httptest.Server
	sim     *huaweisim.Sim
	egress  *egress
}

// labels are Traefik's metrics as docs/operations.md has them.
const labels = `metrics:
  prometheus:
    addEntryPointsLabels: false
    addRoutersLabels: true
    headerLabels:
      identity: X-User-Status
`

func newBed(t *testing.T) *bed {
	t.Helper()
	p, err := proxy.Start(context.Background(), proxy.Options{Static: labels})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, p.Stop()) })
	b := &bed{proxy: p, backend: httptest.NewServer(echo.Handler()), sim: huaweisim.New()}
	b.second = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		rw.Header().Set("X-Application", "second")
		echo.Handler().ServeHTTP(rw, req)
	}))
	b.huawei = httptest.NewServer(b.sim)
	t.Cleanup(func() {
		b.backend.Close()
		b.second.Close()
		b.sim.Close()
		b.huawei.Close()
	})
	return b
}

// apply puts the backend and the simulator in the places of the document's addresses.
func (b *bed) apply(t *testing.T, text string) {
	t.Helper()
	var configuration map[string]any
	text = strings.NewReplacer("http://127.0.0.1:9000", b.backend.URL, "http://127.0.0.1:9001", b.second.URL).Replace(text)
	require.NoError(t, yaml.Unmarshal([]byte(text), &configuration))
	http := configuration["http"].(map[string]any)
	plugins := 0
	for _, middleware := range http["middlewares"].(map[string]any) {
		if p, ok := middleware.(map[string]any)["plugin"]; ok {
			plugins++
			options := p.(map[string]any)["huaweiid"].(map[string]any)
			huawei, _ := options["huawei"].(map[string]any)
			if huawei == nil {
				huawei = map[string]any{}
				options["huawei"] = huawei
			}
			if huawei["proxyURL"] != nil {
				b.throughTheProxy(t, huawei)
				continue
			}
			maps.Copy(huawei, map[string]any{
				"getInfoURL": b.huawei.URL + huaweisim.GetInfoPath, "tokenInfoURL": b.huawei.URL + huaweisim.TokenInfoPath,
				"allowHTTP": true, "proxyURL": "direct",
			})
		}
	}
	require.NotZero(t, plugins)
	changed, err := yaml.Marshal(configuration)
	require.NoError(t, err)
	require.NoError(t, b.proxy.Apply(context.Background(), string(changed)))
	require.NoError(t, b.proxy.WaitRouters(context.Background(), "shop"))
}

// got is an answer, and what the backend saw if it did.
type got struct {
	*http.Response
	seen echo.Request
}

func (b *bed) send(t *testing.T, method, path string, lines ...string) got {
	t.Helper()
	return b.sendTo(t, "shop.example", method, path, lines...)
}

func (b *bed) sendTo(t *testing.T, host, method, path string, lines ...string) got {
	t.Helper()
	req, err := http.NewRequest(method, b.proxy.URL()+path, nil)
	require.NoError(t, err)
	req.Host = host
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Add(name, value)
	}
	client := http.Client{Timeout: 30 * time.Second}
	defer client.CloseIdleConnections()
	resp, err := client.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	g := got{Response: resp}
	if resp.Header.Get("X-Echo") != "" {
		require.NoError(t, json.Unmarshal(body, &g.seen))
	}
	return g
}

func bearer(token string) string { return "Authorization: Bearer " + token }

// is checks that the backend was told of a token's user.
func (g got) is(t *testing.T, token string) {
	t.Helper()
	require.Equal(t, http.StatusOK, g.StatusCode)
	user, ok := huaweisim.UserOf(token)
	require.True(t, ok)
	assert.Equal(t, user.OpenID, g.seen.Header.Get("X-User-OpenID"))
}

// isNobody checks that the backend was told of nobody.
func (g got) isNobody(t *testing.T) {
	t.Helper()
	require.Equal(t, http.StatusOK, g.StatusCode)
	assert.Empty(t, g.seen.Header["X-User-Openid"])
}

func reports(t *testing.T, b *bed) {
	b.sim.SetFaults(huaweisim.Fault{Kind: "hang"})
	first := b.send(t, "GET", "/", bearer("mainland/reported"), "X-User-OpenID: forged")
	first.isNobody(t)
	assert.Equal(t, "pending", first.seen.Header.Get("X-User-Status"), "it does not wait for Huawei")
	b.sim.SetFaults()
	for token, status := range map[string]string{"mainland/1": "verified", "expired/1": "token_invalid", "foreign/1": "token_foreign"} {
		var last got
		require.Eventually(t, func() bool {
			last = b.send(t, "GET", "/", bearer(token), "x_user_openid: forged")
			require.Equal(t, http.StatusOK, last.StatusCode)
			return last.seen.Header.Get("X-User-Status") == status
		}, 20*time.Second, 10*time.Millisecond, token)
		if status == "verified" {
			last.is(t, token)
		} else {
			last.isNobody(t)
		}
		assert.Empty(t, last.seen.Header[http.CanonicalHeaderKey("x_user_openid")])
	}
	assert.Equal(t, "token_missing", b.send(t, "GET", "/").seen.Header.Get("X-User-Status"))
}

func isOptional(t *testing.T, b *bed) {
	b.send(t, "GET", "/", bearer("mainland/1")).is(t, "mainland/1")
	b.send(t, "GET", "/", "X-User-OpenID: forged").isNobody(t)
	assert.Equal(t, http.StatusUnauthorized, b.send(t, "GET", "/", bearer("expired/1")).StatusCode)
}

func hasPublicPaths(t *testing.T, b *bed) {
	assert.Equal(t, http.StatusUnauthorized, b.send(t, "GET", "/orders").StatusCode)
	for _, path := range []string{"/healthz", "/public/logo.png"} {
		b.send(t, "GET", path, "X-User-OpenID: forged").isNobody(t)
	}
	b.send(t, "GET", "/orders", bearer("mainland/1")).is(t, "mainland/1")
}

func leavesOtherIssuersAlone(t *testing.T, b *bed) {
	const own = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiI3In0.c2ln"
	calls := b.sim.Stats().Tokens
	g := b.send(t, "GET", "/", bearer(own), "X-Huawei-Token: mainland/1")
	g.is(t, "mainland/1")
	assert.Equal(t, "Bearer "+own, g.seen.Header.Get("Authorization"))
	assert.Equal(t, http.StatusUnauthorized, b.send(t, "GET", "/", bearer(own)).StatusCode, "no token of Huawei's")
	assert.LessOrEqual(t, b.sim.Stats().Tokens, calls+1, "Huawei is not asked about the other")
}

func takesCookies(t *testing.T, b *bed) {
	g := b.send(t, "GET", "/", "Cookie: theme=dark; __Host-huawei-token=mainland%2F1")
	g.is(t, "mainland/1")
	assert.Equal(t, "theme=dark", g.seen.Header.Get("Cookie"))
	assert.Equal(t, http.StatusUnauthorized, b.send(t, "GET", "/").StatusCode)
}

func keepsTheOrder(t *testing.T, b *bed) {
	preflight := b.send(t, "OPTIONS", "/", "Origin: https://shop.example", "Access-Control-Request-Method: POST", "X-User-Status: forged")
	assert.Equal(t, "https://shop.example", preflight.Header.Get("Access-Control-Allow-Origin"), "answered in front of the plugin")
	assert.Zero(t, preflight.Header.Get("WWW-Authenticate"))

	limited := 0
	for range 10 {
		if b.send(t, "GET", "/", bearer("mainland/busy")).StatusCode == http.StatusTooManyRequests {
			limited++
		}
	}
	assert.NotZero(t, limited, "a user is limited")
	b.send(t, "GET", "/", bearer("mainland/idle")).is(t, "mainland/idle")
	for range 5 {
		require.Equal(t, http.StatusUnauthorized, b.send(t, "GET", "/", bearer("expired/1"), "X-User-Status: forged").StatusCode, "who is refused is not counted")
	}
	counted := b.metrics(t)
	assert.Contains(t, counted, `identity="token_invalid"`)
	assert.NotContains(t, counted, "forged", "no client chooses a label, whoever answers")
}

// metrics are Traefik's own.
func (b *bed) metrics(t *testing.T) string {
	t.Helper()
	resp, err := http.Get(b.proxy.APIURL() + "/metrics")
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return string(text)
}

func decidesByIdentity(t *testing.T, b *bed) {
	member := b.send(t, "GET", "/", bearer("mainland/1"))
	member.is(t, "mainland/1")
	assert.Empty(t, member.Header.Get("X-Application"))
	for _, forged := range []string{"X-User-OpenID: forged", "x_user_openid: forged"} {
		visitor := b.send(t, "GET", "/", forged)
		visitor.isNobody(t)
		assert.Equal(t, "second", visitor.Header.Get("X-Application"), "a client chooses by %s", forged)
	}
	assert.Equal(t, http.StatusUnauthorized, b.send(t, "GET", "/", bearer("expired/1"), "X-User-OpenID: forged").StatusCode)
}

// calls is how often Huawei was asked who a token's user is.
func (b *bed) calls() int { return b.sim.Stats().Calls[huaweisim.GetInfo] }

func sharesWithinATeam(t *testing.T, b *bed) {
	user, _ := huaweisim.UserOf("mainland/team")
	before := b.calls()
	b.sendTo(t, "shop.example", "GET", "/", bearer("mainland/team")).is(t, "mainland/team")
	orders := b.sendTo(t, "orders.example", "GET", "/", bearer("mainland/team"))
	assert.Equal(t, user.OpenID, orders.seen.Header.Get("X-Forwarded-User"))
	assert.Equal(t, before+1, b.calls(), "the team's applications share what Huawei said")

	assert.Equal(t, http.StatusUnauthorized, b.sendTo(t, "wallet.example", "GET", "/", bearer("mainland/team")).StatusCode, "another team's user")
	b.sendTo(t, "wallet.example", "GET", "/", bearer("foreign/1")).is(t, "foreign/1")
	for _, host := range []string{"shop.example", "orders.example"} {
		assert.Equal(t, http.StatusUnauthorized, b.sendTo(t, host, "GET", "/", bearer("foreign/1")).StatusCode, host)
	}
}

func flushes(t *testing.T, b *bed) {
	flushed := configurationsOf(documentText(t))["Flushing the cache"]
	b.apply(t, strings.ReplaceAll(flushed, "10001", "10000"))
	for range 2 {
		b.send(t, "GET", "/", bearer("mainland/flushed")).is(t, "mainland/flushed")
	}
	before := b.calls()
	b.apply(t, flushed)
	b.send(t, "GET", "/", bearer("mainland/flushed")).is(t, "mainland/flushed")
	assert.Equal(t, before+1, b.calls())
}
