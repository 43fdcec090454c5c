package rollout

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The hosts that the document says the proxy has to let through.
var huaweiHosts = []string{"account.cloud.huawei.com", "oauth-api.cloud.huawei.com"}

// egress is a proxy that lets the way to Huawei through and no other, and a Huawei over TLS at its end.
type egress struct {
	huawei *httptest.Server
	proxy  *httptest.Server
	roots  string // PEM

	mu      sync.Mutex
	through map[string]int // connections, by where they were to go
}

func (e *egress) counts() map[string]int {
	e.mu.Lock()
	defer e.mu.Unlock()
	counts := map[string]int{}
	for to, n := range e.through {
		counts[to] = n
	}
	return counts
}

// throughTheProxy puts a proxy in the place of the document's. All else stays: the plugin asks for Huawei's own hosts.
func (b *bed) throughTheProxy(t *testing.T, huawei map[string]any) {
	t.Helper()
	require.Equal(t, "http://proxy.example:3128", huawei["proxyURL"])
	certificate, roots := certificateOf(t, huaweiHosts)
	e := &egress{huawei: httptest.NewUnstartedServer(b.sim), roots: roots, through: map[string]int{}}
	e.huawei.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	e.huawei.StartTLS()
	e.proxy = httptest.NewServer(http.HandlerFunc(e.connect))
	t.Cleanup(func() {
		e.huawei.CloseClientConnections() // a hijacked connection is none of the proxy's any more
		e.proxy.Close()
		e.huawei.Close()
	})
	huawei["proxyURL"], huawei["rootCAs"] = e.proxy.URL, []string{roots}
	b.egress = e
}

// connect is what such a proxy does.
func (e *egress) connect(rw http.ResponseWriter, req *http.Request) {
	e.mu.Lock()
	e.through[req.Method+" "+req.RequestURI]++
	e.mu.Unlock()
	allowed := false
	for _, host := range huaweiHosts {
		allowed = allowed || req.Method == http.MethodConnect && req.RequestURI == host+":443"
	}
	if !allowed {
		http.Error(rw, "not allowed", http.StatusForbidden)
		return
	}
	there, err := net.Dial("tcp", e.huawei.Listener.Addr().String())
	if err != nil {
		http.Error(rw, "no way", http.StatusBadGateway)
		return
	}
	defer there.Close()
	here, buffered, err := rw.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer here.Close()
	if _, err := io.WriteString(here, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return
	}
	go func() {
		defer there.Close()
		_, _ = io.Copy(there, buffered) // until one of both ends it
	}()
	_, _ = io.Copy(here, there)
}

// certificateOf makes one for hosts, signed by itself.
func certificateOf(t *testing.T, hosts []string) (certificate tls.Certificate, roots string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: hosts, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func goesOutByTheProxy(t *testing.T, b *bed) {
	b.send(t, "GET", "/", bearer("mainland/egress")).is(t, "mainland/egress")
	document := documentText(t)
	want := map[string]int{}
	for _, host := range huaweiHosts {
		assert.Contains(t, document, "`"+host+"`")
		want["CONNECT "+host+":443"] = 1
	}
	assert.Equal(t, want, b.egress.counts(), "both hosts, and nothing else")
}
