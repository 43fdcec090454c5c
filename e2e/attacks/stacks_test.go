package attacks

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// stack is an application behind Traefik as there are many.
type stack struct {
	name    string
	url     string
	missing string // why it is not there; "" = it is
}

func startStacks(t *testing.T) []stack {
	t.Helper()
	return []stack{
		startCGI(t),
		startProgram(t, "wsgi", "python3", "testdata/wsgi.py"),
		startProgram(t, "node", "node", "testdata/server.js"),
		startPHP(t),
	}
}

// startCGI runs a program per request, as RFC 3875 says, by net/http/cgi.
func startCGI(t *testing.T) stack {
	t.Helper()
	program := filepath.Join(t.TempDir(), "cgi")
	output, err := exec.Command("go", "build", "-o", program, "./testdata/cgi").CombinedOutput()
	require.NoError(t, err, string(output))
	server := httptest.NewServer(&cgi.Handler{Path: program})
	t.Cleanup(server.Close)
	return stack{name: "cgi", url: server.URL}
}

// startProgram runs one that prints its port.
func startProgram(t *testing.T, name, interpreter, script string) stack {
	t.Helper()
	if _, err := exec.LookPath(interpreter); err != nil {
		return stack{name: name, missing: interpreter + " is not installed"}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, interpreter, script)
	// The script ends when its standard input does, so that it cannot outlive this process.
	input, err := cmd.StdinPipe()
	require.NoError(t, err)
	output, err := cmd.StdoutPipe()
	require.NoError(t, err)
	cmd.Stderr = os.Stderr
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		input.Close()
		cancel()
		_ = cmd.Wait() // it was killed
	})
	port, err := bufio.NewReader(output).ReadString('\n')
	require.NoError(t, err, "%s did not start", script)
	return stack{name: name, url: "http://127.0.0.1:" + strings.TrimSpace(port)}
}

// startPHP runs PHP's built-in server, which has to be told a port.
func startPHP(t *testing.T) stack {
	t.Helper()
	if _, err := exec.LookPath("php"); err != nil {
		return stack{name: "php", missing: "php is not installed"}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	cmd := exec.Command("php", "-S", address, "testdata/index.php")
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	})
	require.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return false
		}
		conn.Close()
		return true
	}, patience, pause, "PHP did not start")
	return stack{name: "php", url: fmt.Sprintf("http://%s", address)}
}
