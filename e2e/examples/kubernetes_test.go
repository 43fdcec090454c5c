package examples

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/traefik-huaweiid/huaweiid/e2e/echo"
	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

// cluster is a Kubernetes without nodes: a real API server, with etcd behind it. Nothing runs in it; what a controller would make
// of a Deployment, the test writes itself.
type cluster struct {
	url, token, certificate string // of the API server
	client                  *http.Client
}

// kubernetes starts a cluster, of the binaries that make kubernetes builds.
func kubernetes(t *testing.T) *cluster {
	t.Helper()
	bin := filepath.Join(root(t), "e2e", ".bin")
	for _, name := range []string{"kube-apiserver", "etcd"} {
		if _, err := os.Stat(filepath.Join(bin, name)); err != nil {
			t.Skipf("e2e/.bin/%s is not there: make test-kubernetes builds it, once, in some minutes", name)
		}
	}
	dir := t.TempDir()
	store, peer, secure := "http://"+free(t), "http://"+free(t), free(t)
	run(t, dir, filepath.Join(bin, "etcd"), "--data-dir=etcd", "--listen-client-urls="+store, "--advertise-client-urls="+store,
		"--listen-peer-urls="+peer, "--initial-advertise-peer-urls="+peer, "--initial-cluster=default="+peer, "--unsafe-no-fsync")

	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	keyFile := filepath.Join(dir, "service-account.key")
	block := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}
	require.NoError(t, os.WriteFile(keyFile, pem.EncodeToMemory(block), 0o600))
	const token = "of-the-test"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "tokens.csv"), []byte(token+",admin,1,system:masters\n"), 0o600))
	_, port, err := net.SplitHostPort(secure)
	require.NoError(t, err)
	run(t, dir, filepath.Join(bin, "kube-apiserver"), "--etcd-servers="+store,
		"--bind-address=127.0.0.1", "--secure-port="+port, "--cert-dir=certificates",
		"--service-account-key-file="+keyFile, "--service-account-signing-key-file="+keyFile,
		"--service-account-issuer=https://kubernetes.default.svc",
		"--token-auth-file=tokens.csv", "--authorization-mode=AlwaysAllow", "--service-cluster-ip-range=10.0.0.0/24",
		"--disable-admission-plugins=ServiceAccount", "--endpoint-reconciler-type=none")

	c := &cluster{url: "https://" + secure, token: token, certificate: filepath.Join(dir, "certificates", "apiserver.crt")}
	deadline := time.Now().Add(4 * patience)
	for {
		if certificate, err := os.ReadFile(c.certificate); err == nil && c.client == nil {
			roots := x509.NewCertPool()
			require.True(t, roots.AppendCertsFromPEM(certificate))
			transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
			t.Cleanup(transport.CloseIdleConnections)
			c.client = &http.Client{Transport: transport, Timeout: patience}
		}
		if c.client != nil {
			if status, _, err := c.call(t.Context(), http.MethodGet, "/readyz", nil); err == nil && status == http.StatusOK {
				return c
			}
		}
		require.True(t, time.Now().Before(deadline), "the API server does not become ready")
		time.Sleep(50 * time.Millisecond)
	}
}

func (c *cluster) call(ctx context.Context, method, path string, body []byte) (status int, answer string, err error) {
	request, err := http.NewRequestWithContext(ctx, method, c.url+path, bytes.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	if method == http.MethodPatch {
		request.Header.Set("Content-Type", "application/apply-patch+yaml")
	}
	response, err := c.client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return response.StatusCode, string(content), err
}

// plurals are the kinds' names in paths, as far as they are not the kind with an s.
var plurals = map[string]string{
	"Ingress": "ingresses", "GatewayClass": "gatewayclasses", "IngressClass": "ingressclasses", "NetworkPolicy": "networkpolicies",
}

// ofNoNamespace are the kinds that belong to the whole cluster.
var ofNoNamespace = []string{"Namespace", "GatewayClass", "IngressClass", "CustomResourceDefinition"}

// apply applies manifests, as kubectl apply --server-side does.
func (c *cluster) apply(t *testing.T, manifests string) {
	t.Helper()
	decoder := yaml.NewDecoder(strings.NewReader(manifests))
	for {
		var manifest map[string]any
		err := decoder.Decode(&manifest)
		if err == io.EOF {
			return
		}
		require.NoError(t, err)
		if manifest == nil {
			continue
		}
		kind, version := manifest["kind"].(string), manifest["apiVersion"].(string)
		metadata := manifest["metadata"].(map[string]any)
		path := "/apis/" + version
		if version == "v1" {
			path = "/api/v1"
		}
		if !slices.Contains(ofNoNamespace, kind) {
			namespace, named := metadata["namespace"].(string)
			if !named {
				namespace = "default"
			}
			path += "/namespaces/" + namespace
		}
		plural, found := plurals[kind]
		if !found {
			plural = strings.ToLower(kind) + "s"
		}
		path += fmt.Sprintf("/%s/%s?fieldManager=test&force=true", plural, metadata["name"])
		body, err := yaml.Marshal(manifest)
		require.NoError(t, err)
		// A new kind is served a moment after its definition is there.
		var status int
		var answer string
		deadline := time.Now().Add(patience)
		for {
			status, answer, err = c.call(t.Context(), http.MethodPatch, path, body)
			require.NoError(t, err)
			if status != http.StatusNotFound || time.Now().After(deadline) {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		require.Less(t, status, 300, "%s %s: %s", kind, metadata["name"], answer)
	}
}

// definitions are the kinds that Traefik and the Gateway API add, out of their own modules.
func (c *cluster) definitions(t *testing.T) {
	t.Helper()
	inModule := func(module, pattern string) []string {
		output, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", module).Output()
		require.NoError(t, err)
		files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(output)), filepath.FromSlash(pattern)))
		require.NoError(t, err)
		require.NotEmpty(t, files, module)
		return files
	}
	files := inModule("github.com/traefik/traefik/v3", "docs/content/reference/dynamic-configuration/kubernetes-crd-definition-v1.yml")
	for _, file := range append(files, inModule("sigs.k8s.io/gateway-api", "config/crd/standard/gateway.networking.k8s.io_*.yaml")...) {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		c.apply(t, string(content))
	}
}

// outside is an address of this machine that is not of its loopback, which Kubernetes takes for no endpoint.
func outside(t *testing.T) string {
	t.Helper()
	addresses, err := net.InterfaceAddrs()
	require.NoError(t, err)
	for _, address := range addresses {
		network, ok := address.(*net.IPNet)
		if ok && network.IP.To4() != nil && !network.IP.IsLoopback() && !network.IP.IsLinkLocalUnicast() {
			return network.IP.String()
		}
	}
	t.Skip("this machine has no address but its loopback's")
	return ""
}

// endpoints runs an application for a Service, as its pods would.
func (c *cluster) endpoints(t *testing.T, service, portName string) {
	t.Helper()
	listener, err := net.Listen("tcp", net.JoinHostPort(outside(t), "0"))
	require.NoError(t, err)
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: echo.Handler(), Protocols: new(http.Protocols)}}
	server.Config.Protocols.SetHTTP1(true)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.Start()
	t.Cleanup(server.Close)
	host, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	c.apply(t, fmt.Sprintf(`
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: %[1]s-1, namespace: shop, labels: {kubernetes.io/service-name: %[1]s}}
addressType: IPv4
ports: [{name: %[2]s, port: %[4]s, protocol: TCP}]
endpoints: [{addresses: [%[3]q], conditions: {ready: true}}]
`, service, portName, host, port))
}

// Every manifest as it stands, applied to a real API server; every route asked through a real Traefik. It runs before the tests that
// run side by side, since the start of an API server takes all of a small machine.
func TestKubernetes_servesBehindEveryKindOfRoute(t *testing.T) {
	c := kubernetes(t)
	e := prepare(t, "kubernetes")
	e.addresses["huawei.shop.svc:8900"] = e.addresses[huaweiAddress]
	_, port, err := net.SplitHostPort(e.addresses[webAddress])
	require.NoError(t, err)
	e.addresses["port: 8000"] = "port: " + port // a listener of the Gateway has its entry point's port

	c.definitions(t)
	manifest, _ := configMap(t)
	c.apply(t, manifest)
	c.apply(t, `
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: traefik}
spec: {controller: traefik.io/ingress-controller}
`)
	for _, name := range []string{
		"app.yaml", "huawei.yaml", "networkpolicy.yaml", "middleware.yaml",
		"ingressroute.yaml", "ingress.yaml", "gateway.yaml", "httproute.yaml", "grpcroute.yaml",
	} {
		c.apply(t, e.replaced(e.read(t, name)))
	}
	c.apply(t, e.replaced(redirecting))
	c.endpoints(t, "shop", "http")
	c.endpoints(t, "orders", "grpc")

	arguments := e.accessLog()
	for _, provider := range []string{"kubernetesCRD", "kubernetesIngress", "kubernetesGateway"} {
		arguments = append(arguments, "--providers."+provider+".endpoint="+c.url, "--providers."+provider+".token="+c.token,
			"--providers."+provider+".certAuthFilePath="+c.certificate)
	}
	module, _, err := proxy.PluginFiles(root(t))
	require.NoError(t, err)
	e.start(t, append(arguments, "--entryPoints.web.address="+e.addresses[webAddress], "--log.level=DEBUG",
		"--experimental.abortOnPluginFailure=true", "--experimental.localPlugins.huaweiid.moduleName="+module)...)
	e.tryAll(t)
	e.tryGRPC(t)
	e.tryRedirect(t)
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
