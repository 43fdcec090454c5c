package examples

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What the README tells to type, on a real API server: Helm installs Traefik's official chart with the plugin in each of the ways,
// a real Traefik runs as the chart has it, and every route is asked through it. It runs before the tests that run side by side, since
// the start of an API server takes all of a small machine.
func TestKubernetes_servesBehindEveryKindOfRoute(t *testing.T) {
	h := newHelm(t)
	c := kubernetes(t)
	c.writeKubeconfig(t, h.kubeconfig(), c.token)
	e := prepare(t, "kubernetes")
	e.addresses[chartRepository] = charts(t)
	e.addresses["huawei.shop.svc:8900"] = e.addresses[huaweiAddress]
	_, port, err := net.SplitHostPort(e.addresses[webAddress])
	require.NoError(t, err)
	e.addresses["port: 8000"] = "port: " + port // a listener of the Gateway has its entry point's port
	e.place(t)
	e.placeConfigMap(t)
	readme := e.replaced(e.read(t, "README.md"))
	before, after := commandsAround(t, readme, "helm install ")

	c.gatewayAPI(t)
	e.follow(t, c, h, before)
	for _, way := range waysOf(t, readme) {
		t.Run(way.name, func(t *testing.T) {
			notes := h.run(t, e.dir, way.install...)
			defer h.run(t, e.dir, "uninstall", "traefik", "-n", "traefik")
			assert.Contains(t, notes, "STATUS: deployed")
			e.follow(t, c, h, after)
			c.apply(t, e.replaced(e.read(t, "grpcroute.yaml")))
			c.apply(t, e.replaced(redirecting))
			c.endpoints(t, "shop", "http")
			c.endpoints(t, "orders", "grpc")
			require.NoError(t, os.RemoveAll(filepath.Join(e.dir, "access.log"))) // of another way

			i := c.installed(t)
			i.requireAllowed(t)
			i.requireReachable(t)
			i.requireNoStartWithoutPlugin(t, e)
			i.start(t, e, e.accessLog()...)
			e.tryAll(t)
			e.tryGRPC(t)
			e.tryRedirect(t)
		})
	}
}

// commandsAround are the README's commands before and after the one that begins so.
func commandsAround(t *testing.T, readme, beginning string) (before, after []string) {
	t.Helper()
	commands := commandsOf(readme)
	at := slices.IndexFunc(commands, func(command string) bool { return strings.HasPrefix(command, beginning) })
	require.GreaterOrEqual(t, at, 0, "the README has no %s", beginning)
	return commands[:at], commands[at+1:]
}

// follow carries out the README's commands in the example's directory, where what make configmap writes lies already.
func (e *example) follow(t *testing.T, c *cluster, h *helm, commands []string) {
	t.Helper()
	for _, command := range commands {
		words := strings.Fields(command)
		switch words[0] {
		case "helm":
			h.run(t, e.dir, words[1:]...)
		case "kubectl":
			c.kubectl(t, e.dir, words[1], words[2:]...)
		case "make", "cd", "docker":
		default:
			t.Fatalf("the test does not know what %q is", command)
		}
	}
}

// kubectl does what the README uses of it.
func (c *cluster) kubectl(t *testing.T, dir, command string, arguments ...string) {
	t.Helper()
	switch command {
	case "create":
		require.Equal(t, "namespace", arguments[0])
		c.apply(t, fmt.Sprintf("apiVersion: v1\nkind: Namespace\nmetadata: {name: %s}", arguments[1]))
	case "apply":
		flags := flag.NewFlagSet(command, flag.ContinueOnError)
		namespace := flags.String("n", "default", "")
		flags.Bool("server-side", false, "")
		flags.Func("f", "", func(file string) error {
			content, err := os.ReadFile(filepath.Join(dir, filepath.Base(file)))
			if err == nil {
				c.applyIn(t, *namespace, string(content))
			}
			return err
		})
		require.NoError(t, flags.Parse(arguments))
	case "port-forward": // requireReachable looks where it leads
	default:
		t.Fatalf("the test does not know kubectl %s", command)
	}
}

// tryGRPC sends what a gRPC client sends, up to its length-prefixed message, and looks at what arrives.
func (e *example) tryGRPC(t *testing.T) {
	t.Helper()
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: protocols}
	defer transport.CloseIdleConnections()
	send := func(authorization string) (int, string) {
		url := "http://" + e.addresses[webAddress] + "/shop.Orders/List"
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(make([]byte, 5)))
		require.NoError(t, err)
		request.Host = "grpc.shop.example"
		request.Header.Set("Content-Type", "application/grpc")
		request.Header.Set("TE", "trailers")
		if authorization != "" {
			request.Header.Set("Authorization", authorization)
		}
		response, err := transport.RoundTrip(request)
		require.NoError(t, err)
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return response.StatusCode, string(body)
	}
	var status int
	var body string
	require.Eventually(t, func() bool {
		status, body = send("Bearer mainland/1")
		return status != http.StatusNotFound
	}, patience, 50*time.Millisecond)
	assert.Equal(t, http.StatusOK, status, body)
	assert.Contains(t, body, "X-User-Openid")
	assert.Contains(t, body, `"proto": "HTTP/2.0"`)
	status, body = send("")
	assert.Equal(t, http.StatusUnauthorized, status, body)
}
