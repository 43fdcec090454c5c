package telemetry

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/traefik-huaweiid/huaweiid/e2e/echo"
	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

// collector keeps the values that spans have of the status header, by the kinds of spans.
type collector struct {
	mu   sync.Mutex
	says map[trace.Span_SpanKind][]string
}

func (c *collector) ServeHTTP(_ http.ResponseWriter, req *http.Request) {
	body := req.Body
	if req.Header.Get("Content-Encoding") == "gzip" {
		body, _ = gzip.NewReader(req.Body) // reading from nothing fails below
	}
	content, err := io.ReadAll(body)
	var data trace.TracesData // is written as the request to export it is
	if err != nil || proto.Unmarshal(content, &data) != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range data.ResourceSpans {
		for _, s := range r.ScopeSpans {
			for _, span := range s.Spans {
				for _, a := range span.Attributes {
					if a.Key == "http.request.header.x-user-status" {
						for _, v := range a.Value.GetArrayValue().GetValues() {
							c.says[span.Kind] = append(c.says[span.Kind], v.GetStringValue())
						}
					}
				}
			}
		}
	}
}

// Traefik notes a request's headers when the request comes, and again when it goes to the application.
func TestTraefik_theVerdictIsOnTheSpanToTheApplication(t *testing.T) {
	c := &collector{says: map[trace.Span_SpanKind][]string{}}
	traces, backend := httptest.NewServer(c), httptest.NewServer(echo.Handler())
	t.Cleanup(traces.Close)
	t.Cleanup(backend.Close)
	p, err := proxy.Start(context.Background(), proxy.Options{
		Dynamic: `{http: {routers: {app: {rule: "PathPrefix(` + "`/`" + `)", middlewares: [id], service: app}},
			middlewares: {id: {plugin: {huaweiid: {mode: optional, headers: {status: X-User-Status}}}}},
			services: {app: {loadBalancer: {servers: [{url: "` + backend.URL + `"}]}}}}}`,
		Static: `tracing: {capturedRequestHeaders: [X-User-Status], otlp: {http: {endpoint: "` + traces.URL + `/v1/traces"}}}`,
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = p.Stop() }) // also where it fails below
	require.NoError(t, p.WaitRouters(context.Background(), "app"))
	req, err := http.NewRequest(http.MethodGet, p.URL(), nil)
	require.NoError(t, err)
	req.Header.Set("X-User-Status", "forged")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.NoError(t, p.Stop()) // sends what there is
	c.mu.Lock()
	defer c.mu.Unlock()
	assert.Equal(t, map[trace.Span_SpanKind][]string{trace.Span_SPAN_KIND_SERVER: {"forged"}, trace.Span_SPAN_KIND_CLIENT: {"anonymous"}}, c.says)
}
