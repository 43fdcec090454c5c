package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// patience bounds waits for what happens at once unless something is broken.
const patience = time.Minute

// command is a run under way.
type command struct {
	stdout *bufio.Reader
	stop   context.CancelFunc
	done   chan error
}

func startCommand(t *testing.T, args ...string) *command {
	t.Helper()
	read, write := io.Pipe()
	ctx, stop := context.WithCancel(context.Background())
	c := &command{stdout: bufio.NewReader(read), stop: stop, done: make(chan error, 1)}
	go func() {
		c.done <- run(ctx, args, write)
		_ = write.Close()
	}()
	t.Cleanup(stop)
	return c
}

// url reads the next line, which has to name a listener.
func (c *command) url(t *testing.T) string {
	t.Helper()
	line, err := c.stdout.ReadString('\n')
	require.NoError(t, err)
	base, found := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	require.True(t, found, line)
	return base
}

func (c *command) result(t *testing.T) error {
	t.Helper()
	select {
	case err := <-c.done:
		return err
	case <-time.After(patience):
		require.Fail(t, "still running")
		return nil
	}
}

func getInfo(t *testing.T, client *http.Client, base string) *http.Response {
	t.Helper()
	resp, err := client.PostForm(base+huaweisim.GetInfoPath, url.Values{"access_token": {"mainland/1"}})
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	user, _ := huaweisim.UserOf("mainland/1")
	assert.Contains(t, string(body), user.OpenID)
	return resp
}

func TestRun_servesHTTPAndHTTPSUntilStopped(t *testing.T) {
	t.Parallel()
	cert, key, roots := certificate(t)
	c := startCommand(t, "-http", "127.0.0.1:0", "-https", "127.0.0.1:0", "-cert", cert, "-key", key)
	plain, secure := c.url(t), c.url(t)
	require.True(t, strings.HasPrefix(plain, "http://127.0.0.1:"), plain)
	require.True(t, strings.HasPrefix(secure, "https://127.0.0.1:"), secure)

	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: patience}
	getInfo(t, client, plain)
	assert.Equal(t, 2, getInfo(t, client, secure).ProtoMajor)

	resp, err := client.Get(plain + "/sim/stats")
	require.NoError(t, err)
	stats, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Contains(t, string(stats), `"calls":{"getInfo":2,`, "both listeners are one simulator")

	c.stop()
	require.NoError(t, c.result(t))
	_, err = net.DialTimeout("tcp", strings.TrimPrefix(plain, "http://"), patience)
	assert.Error(t, err, "the port is free again")
}

func TestRun_stopsThoughCallsHang(t *testing.T) {
	t.Parallel()
	c := startCommand(t, "-http", "127.0.0.1:0")
	base := c.url(t)
	client := &http.Client{Transport: &http.Transport{}, Timeout: patience}
	resp, err := client.Post(base+"/sim/faults", "application/json", strings.NewReader(`{"kind":"hang"}`))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())

	failed := make(chan error, 1)
	go func() {
		resp, err := client.PostForm(base+huaweisim.GetInfoPath, url.Values{"access_token": {"mainland/1"}})
		if err == nil {
			_ = resp.Body.Close()
		}
		failed <- err
	}()
	require.Eventually(t, func() bool {
		resp, err := client.Get(base + "/sim/stats")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		stats, err := io.ReadAll(resp.Body)
		return err == nil && strings.Contains(string(stats), `"underWay":1`)
	}, patience, time.Millisecond)

	c.stop()
	require.NoError(t, c.result(t))
	assert.Error(t, <-failed)
}

func TestRun_helpListsFlagsAndKinds(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, run(context.Background(), []string{"-help"}, &out))
	for _, part := range []string{"-http address", "-https address", "-cert file", "-key file", "overseas-mainland", "tinfo/body/SHAPE"} {
		assert.Contains(t, out.String(), part)
	}
}

func TestRun_badFlagsNameTheRemedy(t *testing.T) {
	t.Parallel()
	cert, key, _ := certificate(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = taken.Close() })
	stopped, stop := context.WithCancel(context.Background())
	stop() // what is wrongly accepted ends at once
	tests := []struct {
		name string
		args []string
		says []string
	}{
		{"unknown flag", []string{"-port", "1"}, []string{"-port", "-help lists the flags"}},
		{"argument", []string{"start"}, []string{`"start"`, "-help lists them"}},
		{"nothing to do", []string{"-http", ""}, []string{"give -http or -https an address"}},
		{"certificate without https", []string{"-cert", cert}, []string{"give -https an address"}},
		{"https without certificate", []string{"-https", "127.0.0.1:0"}, []string{"give both -cert and -key"}},
		{"https without key", []string{"-https", "127.0.0.1:0", "-cert", cert}, []string{"give both -cert and -key"}},
		{"missing file", []string{"-https", "127.0.0.1:0", "-cert", cert, "-key", key + ".old"}, []string{"key.pem.old", "no such file"}},
		{"key and certificate swapped", []string{"-https", "127.0.0.1:0", "-cert", key, "-key", cert}, []string{"have to be PEM and belong together"}},
		{"taken address", []string{"-http", taken.Addr().String()}, []string{"listening for -http", taken.Addr().String(), "free"}},
		{"no address", []string{"-http", "nowhere"}, []string{"listening for -http", "host:port"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			err := run(stopped, test.args, &out)
			require.Error(t, err)
			for _, part := range test.says {
				assert.ErrorContains(t, err, part)
			}
			assert.Empty(t, out.String())
		})
	}
}

// certificate makes a self-signed certificate for 127.0.0.1.
func certificate(t *testing.T) (certFile, keyFile string, roots *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "simulator"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	parsed, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	roots = x509.NewCertPool()
	roots.AddCert(parsed)
	keyDER, err := x509.MarshalECPrivateKey(key)
	require.NoError(t, err)

	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER})
	require.NoError(t, os.WriteFile(certFile, certPEM, 0o600))
	require.NoError(t, os.WriteFile(keyFile, keyPEM, 0o600))
	return certFile, keyFile, roots
}
