package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/checkout"
	"github.com/traefik-huaweiid/huaweiid/internal/loopback"
)

// patience is how long make demo has, with the machine's build cache as it is.
const patience = 10 * time.Minute

// A clone on a machine without a Traefik, but for the build cache, which is the machine's.
func TestMakeDemo_startsOnThePluginEngineWhereThereIsNoTraefik(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, checkout.Copy(context.Background(), dir))
	port := freePort(t)
	cmd := exec.Command("make", "demo", "PORT="+port)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TRAEFIK=", "PATH="+pathWithoutTraefik())
	said := &output{}
	cmd.Stdout, cmd.Stderr = said, said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // what make starts gets the signal, too, as by Ctrl-C
	require.NoError(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })

	deadline := time.Now().Add(patience)
	for !strings.Contains(said.String(), "Ctrl-C") {
		select {
		case err := <-ended:
			t.Fatalf("make demo ended: %v\n%s", err, said)
		case <-time.After(50 * time.Millisecond):
		}
		require.True(t, time.Now().Before(deadline), said.String())
	}
	assert.Contains(t, said.String(), "There is no Traefik on the PATH, in $TRAEFIK or in e2e/.bin")
	assert.Contains(t, said.String(), "NOT a whole Traefik")
	assert.Contains(t, get(t, port, "text/html"), "make traefik")
	assert.Contains(t, get(t, port, "*/*"), "token_missing")
	assert.NoFileExists(t, filepath.Join(dir, "e2e", ".bin", "traefik"))

	require.NoError(t, syscall.Kill(-cmd.Process.Pid, syscall.SIGINT))
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Fatal("make demo did not stop")
	}
	assert.Contains(t, said.String(), "Stopped.")
}

// pathWithoutTraefik is the PATH but for the directories with a traefik in them.
func pathWithoutTraefik() string {
	var kept []string
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if _, err := os.Stat(filepath.Join(dir, "traefik")); err != nil {
			kept = append(kept, dir)
		}
	}
	return strings.Join(kept, string(os.PathListSeparator))
}

func get(t *testing.T, port, accept string) string {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, "http://127.0.0.1:"+port+"/", nil)
	require.NoError(t, err)
	req.Header.Set("Accept", accept)
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

// output is what a command prints, read while it runs.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
