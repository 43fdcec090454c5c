package telemetry

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

// fronts are middlewares that answer in front of the plugin or hand a copy on to it, with what a second request gets.
var fronts = map[string]struct {
	middleware string
	status     int
}{
	"ip":        {`{ipAllowList: {sourceRange: [192.0.2.0/24]}}`, http.StatusForbidden},
	"rate":      {`{rateLimit: {average: 1, period: 1h, burst: 1}}`, http.StatusTooManyRequests},
	"cors":      {`{headers: {accessControlAllowOriginList: ["https://app.test"], accessControlAllowMethods: [GET]}}`, http.StatusOK},
	"retry":     {`{retry: {attempts: 2}}`, http.StatusUnauthorized},
	"buffering": {`{buffering: {maxRequestBodyBytes: 1000}}`, http.StatusUnauthorized},
	// Traefik answers a preflight before it looks at what the same middleware has to take off.
	"both": {`{headers: {accessControlAllowOriginList: ["https://app.test"], accessControlAllowMethods: [GET], customRequestHeaders: {X-User-Status: ""}}}`, http.StatusOK},
}

const forgedLabel = "forged"

// startLabelling starts a Traefik that labels its metrics with the status header, with routers by the names of hosts: for each front
// one with the front first, one with the documents' remedy in front of it, and one with the plugin there.
func startLabelling(t *testing.T, further string) *proxy.Proxy {
	t.Helper()
	routers, middlewares := "", `
    id: {plugin: {huaweiid: {headers: {status: X-User-Status}}}}
    clean: {headers: {customRequestHeaders: {X-User-Status: ""}}}`
	var names []string
	for front, f := range fronts {
		middlewares += fmt.Sprintf("\n    %s: %s", front, f.middleware)
		for way, chain := range map[string]string{"bare": front + ", id", "cleaned": "clean, " + front + ", id", "behind": "id, " + front} {
			name := front + "-" + way
			routers += fmt.Sprintf("\n    %s: {rule: Host(\"%[1]s.test\"), entryPoints: [web], middlewares: [%s], service: gone}", name, chain)
			names = append(names, name)
		}
	}
	p, err := proxy.Start(context.Background(), proxy.Options{
		Dynamic: "http:\n  routers:" + routers + "\n  middlewares:" + middlewares + "\n  services:\n    gone: {loadBalancer: {servers: []}}\n",
		Static:  "metrics:\n  prometheus:\n    addRoutersLabels: true\n" + further + "    headerLabels:\n      identity: X-User-Status\n",
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, p.Stop()) })
	require.NoError(t, p.WaitRouters(context.Background(), names...))
	return p
}

// forge sends a CORS preflight that names a status of its own, and returns the status of the answer.
func forge(t *testing.T, p *proxy.Proxy, host string) int {
	t.Helper()
	req, err := http.NewRequest(http.MethodOptions, p.URL(), nil)
	require.NoError(t, err)
	req.Host = host
	for name, value := range map[string]string{"Origin": "https://app.test", "Access-Control-Request-Method": "GET", "X-User-Status": forgedLabel} {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode
}

func labelled(t *testing.T, p *proxy.Proxy, metric, by string) map[string]float64 {
	t.Helper()
	resp, err := http.Get(p.APIURL() + "/metrics")
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	found := map[string]float64{}
	for key, n := range sums(t, string(text), metric, by, "identity") {
		if name, ok := strings.CutSuffix(key, " "+forgedLabel); ok {
			found[name] = n
		}
	}
	return found
}

// What stands in front of the plugin and answers, or hands on a copy, leaves the label to the client. The documents say so, and that the
// first has to strip.
func TestTraefik_whatAnswersInFrontLeavesTheLabelToTheClientUnlessTheFirstStrips(t *testing.T) {
	p := startLabelling(t, "")
	want := map[string]float64{}
	for front, f := range fronts {
		for _, way := range []string{"bare", "cleaned"} {
			forge(t, p, front+"-"+way+".test") // the first is within the rate
			assert.Equal(t, f.status, forge(t, p, front+"-"+way+".test"), "%s, %s", front, way)
		}
		assert.Equal(t, http.StatusUnauthorized, forge(t, p, front+"-behind.test"), front)
		want[front+"-bare@file"] = 2
	}
	want["rate-bare@file"] = 1 // the plugin had the first
	assert.Equal(t, want, labelled(t, p, "traefik_router_requests_total", "router"))
}

// Nobody strips what no router takes. It counts for the entry point.
func TestTraefik_whatNoRouterTakesHasNoLabelWithoutTheEntryPointsMetrics(t *testing.T) {
	for further, want := range map[string]map[string]float64{
		"":                                  {"web": 1},
		"    addEntryPointsLabels: false\n": {},
	} {
		p := startLabelling(t, further)
		require.Equal(t, http.StatusNotFound, forge(t, p, "nowhere.test"))
		assert.Equal(t, want, labelled(t, p, "traefik_entrypoint_requests_total", "entrypoint"), further)
	}
}

// What the documents have a reader put into Traefik's static configuration is what these tests run with.
func TestDocuments_haveTheTelemetryThatIsTested(t *testing.T) {
	t.Parallel()
	var tested map[string]any
	require.NoError(t, yaml.Unmarshal([]byte("accessLog:\n"+static), &tested))
	for _, document := range []string{"../docs/operations.md", "../docs/zh/operations.md"} {
		var documented map[string]any
		for _, block := range strings.Split(example(t, document), "```yaml\n") {
			if block, _, _ = strings.Cut(block, "```"); strings.Contains(block, "\n    headerLabels:") {
				require.NoError(t, yaml.Unmarshal([]byte(block), &documented), document)
			}
		}
		delete(documented, "entryPoints")
		assert.Equal(t, tested, documented, document)
	}
}
