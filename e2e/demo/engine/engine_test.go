package engine

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/demo"
	"github.com/traefik-huaweiid/huaweiid/internal/loopback"
)

// What the engine stands in for is measured by the same check that a real Traefik has to pass.
func TestEngine_answersTheDemosRequestsAsTraefikDoes(t *testing.T) {
	var out strings.Builder
	require.NoError(t, demo.Check(context.Background(), &out, Start), out.String())
	assert.NotContains(t, out.String(), "DIFFERENT")
}

func TestEngine_saysOnThePageWhatItIsAndHowToGetTheRealOne(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var started demo.Gateway
	var page string
	out := &once{text: "Ctrl-C", then: func() {
		page = get(t, "http://"+started.Addr()+"/")
		cancel()
	}}
	err := demo.Run(ctx, out, freePort(t), func(ctx context.Context, configuration, address string) (_ demo.Gateway, err error) {
		started, err = Start(ctx, configuration, address)
		return started, err
	})
	require.NoError(t, err)
	for _, text := range []string{out.String(), page} {
		assert.Regexp(t, `(?i)not a whole Traefik`, text)
		assert.Contains(t, text, "make traefik")
		assert.Contains(t, text, "ten minutes")
		assert.Regexp(t, `v3\.\d+\.\d+`, text)
	}
	assert.NoDirExists(t, started.(*Engine).dir)
}

func TestEngine_refusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ configuration, want string }{
		"no YAML":            {"http: [", "decoding the dynamic configuration"},
		"no entry point":     {"http: {routers: {a: {rule: 'Path(`/`)', service: noop@internal}}}", "router a: it names no entry point"},
		"no such service":    {"http: {routers: {a: {entryPoints: [web], rule: 'Path(`/`)', service: b}}}", "service b of router a"},
		"two servers":        {"http: {routers: {a: {entryPoints: [web], rule: 'Path(`/`)', service: b}}, services: {b: {loadBalancer: {servers: [{url: 'http://127.0.0.1:1'}, {url: 'http://127.0.0.1:2'}]}}}}", "one server"},
		"another middleware": {"http: {routers: {a: {entryPoints: [web], rule: 'Path(`/`)', service: b, middlewares: [c]}}, middlewares: {c: {addPrefix: {prefix: /x}}}, services: {b: {loadBalancer: {servers: [{url: 'http://127.0.0.1:1'}]}}}}", "not a middleware of this plugin"},
		"a wrong rule":       {"http: {routers: {a: {entryPoints: [web], rule: 'Path', service: b}}, services: {b: {loadBalancer: {servers: [{url: 'http://127.0.0.1:1'}]}}}}", "router a"},
		"a wrong option":     {"http: {routers: {a: {entryPoints: [web], rule: 'Path(`/`)', service: b, middlewares: [c]}}, middlewares: {c: {plugin: {huaweiid: {mode: x}}}}, services: {b: {loadBalancer: {servers: [{url: 'http://127.0.0.1:1'}]}}}}", "middleware c"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Start(context.Background(), test.configuration, "")
			require.ErrorContains(t, err, test.want)
		})
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, url, nil)
	require.NoError(t, err)
	req.Header.Set("Accept", "text/html")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return string(body)
}

func freePort(t *testing.T) string {
	t.Helper()
	address, err := loopback.Address()
	require.NoError(t, err)
	_, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	return port
}

// once is a writer that calls then when it has been given a text.
type once struct {
	strings.Builder
	text string
	then func()
}

func (o *once) Write(b []byte) (int, error) {
	n, err := o.Builder.Write(b)
	if o.then != nil && strings.Contains(o.String(), o.text) {
		then := o.then
		o.then = nil
		then()
	}
	return n, err
}
