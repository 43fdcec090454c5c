package events

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/echo"
	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// patience bounds waits for what happens at once unless something is broken.
const patience = 30 * time.Second

const eventsPath = "/huawei/events"

type options map[string]any

// bed is a Huawei and the Traefiks that ask it.
type bed struct {
	t       *testing.T
	sim     *huaweisim.Sim
	huawei  string
	backend string
	client  *http.Client
}

func newBed(t *testing.T) *bed {
	t.Helper()
	b := &bed{t: t, sim: huaweisim.New(), client: &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
	t.Cleanup(b.sim.Close)
	t.Cleanup(b.client.CloseIdleConnections)
	b.huawei = serve(t, b.sim)
	b.backend = serve(t, echo.Handler())
	return b
}

func serve(t *testing.T, handler http.Handler) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// gateway is one Traefik.
type gateway struct {
	*bed
	*proxy.Proxy
}

// start starts a Traefik: the application on all paths, with a cache that lasts an hour, and a router for events.
func (b *bed) start(more options) *gateway {
	b.t.Helper()
	return b.startWith("Path(`"+eventsPath+"`)", more)
}

// startWith is start with another rule for events; "" = there is no such router.
func (b *bed) startWith(rule string, more options) *gateway {
	b.t.Helper()
	plugin := options{
		"audience": options{"clientIDs": huaweisim.ClientID},
		"huawei": options{
			"getInfoURL": b.huawei + huaweisim.GetInfoPath, "tokenInfoURL": b.huawei + huaweisim.TokenInfoPath, "allowHTTP": "true",
			"proxyURL": "direct",
		},
		"cache":       options{"ttl": "1h"},
		"debugHeader": "true",
	}
	events := options{"path": eventsPath, "configURL": b.huawei + huaweisim.EventConfigPath}
	receiving := options{"events": events}
	for name, option := range plugin {
		receiving[name] = option
	}
	for name, option := range more {
		plugin[name], receiving[name] = option, option
	}
	routers := options{"app": options{"rule": "PathPrefix(`/`)", "middlewares": []string{"huawei"}, "service": "app"}}
	names := []string{"app@file"}
	if rule != "" {
		routers["events"] = options{"rule": rule, "middlewares": []string{"events"}, "service": "noop@internal"}
		names = append(names, "events@file")
	}
	text, err := json.Marshal(options{"http": options{
		"routers": routers,
		"middlewares": options{
			"huawei": options{"plugin": options{"huaweiid": plugin}},
			"events": options{"plugin": options{"huaweiid": receiving}},
		},
		"services": options{"app": options{"loadBalancer": options{"servers": []options{{"url": b.backend}}}}},
	}})
	require.NoError(b.t, err)
	p, err := proxy.Start(context.Background(), proxy.Options{Dynamic: string(text)})
	require.NoError(b.t, err)
	b.t.Cleanup(func() { require.NoError(b.t, p.Stop()) })
	require.NoError(b.t, p.WaitRouters(context.Background(), names...))
	return &gateway{bed: b, Proxy: p}
}

var tokens atomic.Int64

// newToken is a user's whom no test has had before.
func newToken() string { return fmt.Sprintf("mainland/%d", tokens.Add(1)) }

// ask sends a user's request, and returns the status and how the answer was come by.
func (g *gateway) ask(token string) (int, string) {
	g.t.Helper()
	req, err := http.NewRequest(http.MethodGet, g.URL()+"/", nil)
	require.NoError(g.t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := g.client.Do(req)
	require.NoError(g.t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(g.t, err)
	require.NoError(g.t, resp.Body.Close())
	if user, ok := huaweisim.UserOf(token); ok && resp.StatusCode == http.StatusOK {
		require.Contains(g.t, string(body), user.OpenID)
	}
	return resp.StatusCode, strings.Join(resp.Header["Cache-Status"], ",")
}

// know has a Traefik know a user: served from its cache.
func (g *gateway) know(token string) {
	g.t.Helper()
	status, _ := g.ask(token)
	require.Equal(g.t, http.StatusOK, status)
	g.requireKnown(token)
}

func (g *gateway) requireKnown(token string) {
	g.t.Helper()
	status, how := g.ask(token)
	require.Equal(g.t, http.StatusOK, status)
	require.Contains(g.t, how, "hit")
}

// send has Huawei deliver an event.
func (g *gateway) send(e huaweisim.Event) huaweisim.EventAnswer {
	g.t.Helper()
	e.Receiver = g.URL() + eventsPath
	answer, err := g.sim.SendEvent(context.Background(), e)
	require.NoError(g.t, err)
	return answer
}
