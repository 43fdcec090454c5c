package checkconfig

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

// dynamic has routers by what the command says of them, and shop behind the plugin.
const dynamic = `
http:
  middlewares:
    huawei-id: {plugin: {huaweiid: {mode: optional, audience: {clientIDs: ["101234567"]}, headers: {status: X-User-Status}}}}
    to-https: {redirectScheme: {scheme: https}}
    again: {retry: {attempts: 2}}
    pages: {errors: {status: ["400-599"], service: shop, query: /}}
    clean: {headers: {customRequestHeaders: {X-User-Status: ""}}}
  services:
    shop: {loadBalancer: {servers: [{url: "APP"}]}}
    mixed: {weighted: {services: [{name: shop}]}}
  routers:
    shop: {rule: Host("shop.test"), entryPoints: [web], middlewares: [huawei-id], service: shop}
    parent: {rule: Host("parent.test"), entryPoints: [web], middlewares: [huawei-id]}
    child: {rule: PathPrefix("/"), parentRefs: [parent], service: shop}
    named: {rule: Host("named.test"), entryPoints: [plain], middlewares: [clean], service: shop}
    nameless: {rule: Path("/nameless"), entryPoints: [plain], middlewares: [clean], service: shop}
    secured: {rule: Host("secured.test"), entryPoints: [web], middlewares: [clean, to-https], service: shop}
    weighted: {rule: Host("weighted.test"), entryPoints: [web], middlewares: [clean], service: mixed}
    retried: {rule: Host("retried.test"), entryPoints: [web], middlewares: [again, huawei-id], service: shop}
    paged: {rule: Host("paged.test"), entryPoints: [web], middlewares: [pages, huawei-id], service: shop}
`

// What the command says of ways around, and of a header that is the client's, is what a real Traefik lets happen.
func TestCheckConfig_findsTheWaysAroundThatTraefikHas(t *testing.T) {
	t.Parallel()
	app := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		fmt.Fprintf(rw, "openid=%s", req.Header.Get("X-User-OpenID"))
	}))
	t.Cleanup(app.Close)
	text := strings.Replace(dynamic, "APP", app.URL, 1)
	p, err := proxy.Start(context.Background(), proxy.Options{
		Dynamic: text, TrustLoopback: true, EntryPoints: map[string]string{"plain": ""}, Redirections: map[string]string{"plain": "web"},
		Static: "metrics: {prometheus: {addRoutersLabels: true, headerLabels: {identity: X-User-Status}}}\n",
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, p.Stop()) })
	require.NoError(t, p.WaitRouters(context.Background(), "shop", "child", "named", "nameless", "secured", "weighted", "retried", "paged"))

	const forged = "X-User-OpenID: forged\r\nX-User-Status: forged\r\n"
	ask := func(entryPoint, request string) string {
		conn, err := net.Dial("tcp", p.EntryPoint(entryPoint))
		require.NoError(t, err)
		defer conn.Close()
		_, err = io.WriteString(conn, request+forged+"\r\n")
		require.NoError(t, err)
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(t, err)
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		if resp.StatusCode == http.StatusOK {
			return string(body)
		}
		return fmt.Sprint(resp.StatusCode)
	}
	const reached, guarded = "openid=forged", "openid="
	host := func(name string) string { return "GET / HTTP/1.1\r\nHost: " + name + "\r\nConnection: close\r\n" }
	assert.Equal(t, guarded, ask("web", host("shop.test")))
	assert.Equal(t, guarded, ask("web", host("parent.test")), "a child's requests pass its parent's middlewares")
	assert.Equal(t, "301", ask("plain", host("named.test")))
	assert.Equal(t, "404", ask("plain", "GET / HTTP/1.0\r\n"), "no router wants no Host")
	assert.Equal(t, "301", ask("plain", "GET /nameless HTTP/1.0\r\nHost: named.test\r\n"))
	assert.Equal(t, reached, ask("plain", "GET /nameless HTTP/1.0\r\n"), "the redirection is for requests with a Host")
	assert.Equal(t, "302", ask("web", host("secured.test")))
	assert.Equal(t, reached, ask("web", host("secured.test")+"X-Forwarded-Proto: https\r\n"), "what a trusted proxy says passes")
	assert.Equal(t, reached, ask("web", host("weighted.test")))
	assert.Equal(t, guarded, ask("web", host("retried.test")))
	assert.Equal(t, "401", ask("web", host("paged.test")+"Authorization: Bearer no token\r\n"), "answered by the page")
	resp, err := http.Get(p.APIURL() + "/metrics")
	require.NoError(t, err)
	defer resp.Body.Close()
	metrics, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	var labelled []string
	for _, found := range regexp.MustCompile(`traefik_router_requests_total\{.*identity="forged".*router="([a-z]+)@file"`).FindAllStringSubmatch(string(metrics), -1) {
		labelled = append(labelled, found[1])
	}
	assert.Equal(t, []string{"retried"}, labelled)

	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "dynamic.yml"), []byte(text), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "traefik.yml"), []byte("entryPoints:\n"+
		"  web: {address: \":80\", forwardedHeaders: {trustedIPs: [127.0.0.1/32]}}\n"+
		"  plain: {address: \":81\", http: {redirections: {entryPoint: {to: web}}}}\n"), 0o600))
	output, _ := exec.CommandContext(t.Context(), command(t), dir).Output()
	var said []string
	for _, found := range regexp.MustCompile(`: (error|warning): .*?([a-z]+)@file (?:reaches|where)`).FindAllStringSubmatch(string(output), -1) {
		said = append(said, found[1]+" "+found[2])
	}
	assert.Equal(t, []string{"error nameless", "warning secured", "error weighted", "warning retried"}, said, string(output))
	assert.Contains(t, string(output), "2 mistakes, 2 warnings")
}
