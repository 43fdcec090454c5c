package examples

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
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

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/traefik-huaweiid/huaweiid/e2e/echo"
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
	bin := needBuilt(t, "kube-apiserver", "etcd")
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
		"--token-auth-file=tokens.csv", "--authorization-mode=RBAC", "--service-cluster-ip-range=10.0.0.0/24",
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
	switch method {
	case http.MethodPatch:
		request.Header.Set("Content-Type", "application/apply-patch+yaml")
	case http.MethodPost:
		request.Header.Set("Content-Type", "application/json")
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
	c.applyIn(t, "default", manifests)
}

// applyIn is for manifests that may name no namespace, as with kubectl's option -n.
func (c *cluster) applyIn(t *testing.T, ofOption, manifests string) {
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
				namespace = ofOption
			}
			path += "/namespaces/" + namespace
		}
		plural, found := plurals[kind]
		if !found {
			plural = strings.ToLower(kind) + "s"
		}
		path += fmt.Sprintf("/%s/%s?fieldManager=test&force=true&fieldValidation=Strict", plural, metadata["name"])
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

// gatewayAPI adds its kinds, out of its own module, of the version that Traefik requires.
func (c *cluster) gatewayAPI(t *testing.T) {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/gateway-api").Output()
	require.NoError(t, err)
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(output)), "config", "crd", "standard", "gateway.networking.k8s.io_*.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
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

func (c *cluster) get(t *testing.T, path string, into any) {
	t.Helper()
	c.decode(t, http.MethodGet, path, nil, into)
}

func (c *cluster) post(t *testing.T, path string, object, into any) {
	t.Helper()
	body, err := json.Marshal(object)
	require.NoError(t, err)
	c.decode(t, http.MethodPost, path, body, into)
}

func (c *cluster) decode(t *testing.T, method, path string, body []byte, into any) {
	t.Helper()
	status, answer, err := c.call(t.Context(), method, path, body)
	require.NoError(t, err)
	require.Less(t, status, 300, "%s: %s", path, answer)
	require.NoError(t, json.Unmarshal([]byte(answer), into))
}

// writeKubeconfig writes the file by which clients find the cluster, with a token to show there.
func (c *cluster) writeKubeconfig(t *testing.T, name, token string) {
	t.Helper()
	require.NoError(t, os.WriteFile(name, []byte(fmt.Sprintf(`
apiVersion: v1
kind: Config
clusters: [{name: test, cluster: {server: %q, certificate-authority: %q}}]
users: [{name: test, user: {token: %q}}]
contexts: [{name: test, context: {cluster: test, user: test}}]
current-context: test
`, c.url, c.certificate, token)), 0o600))
}
