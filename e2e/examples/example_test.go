// Package examples runs the examples as their READMEs say: with the files that stand there, in a real Traefik, and with every request
// that a README shows.
package examples

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/echo"
	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
	"github.com/traefik-huaweiid/huaweiid/internal/loopback"
)

// patience bounds waits for what happens at once unless something is broken.
const patience = time.Minute

// The addresses that the examples have. Tests run side by side, so that each gets others in their place.
const (
	webAddress    = "127.0.0.1:8000"
	huaweiAddress = "127.0.0.1:8900"
	appAddress    = "127.0.0.1:9000"
)

// example is one in a directory of its own, with addresses of its own.
type example struct {
	name, dir string
	huawei    *huaweisim.Sim
	addresses map[string]string // what stands in place of which
}

// root is the checkout's top directory.
func root(t *testing.T) string {
	t.Helper()
	root, err := proxy.Root()
	require.NoError(t, err)
	return root
}

// prepare copies an example, with the plugin, a Huawei, and an application at each of the addresses.
func prepare(t *testing.T, name string, apps ...string) *example {
	t.Helper()
	e := &example{name: name, dir: t.TempDir(), addresses: map[string]string{webAddress: free(t)}}
	e.huawei = huaweisim.New()
	t.Cleanup(e.huawei.Close)
	e.addresses[huaweiAddress] = serve(t, e.huawei)
	for _, app := range apps {
		e.addresses[app] = serve(t, echo.Handler())
	}
	_, err := proxy.Stage(e.dir)
	require.NoError(t, err)
	return e
}

// place copies the example's files, with the addresses replaced. What stands in place of other addresses has to be known by then.
func (e *example) place(t *testing.T) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(root(t), "examples", e.name))
	require.NoError(t, err)
	for _, entry := range entries {
		if entry.Type().IsRegular() {
			require.NoError(t, os.WriteFile(filepath.Join(e.dir, entry.Name()), []byte(e.replaced(e.read(t, entry.Name()))), 0o600))
		}
	}
}

// read returns a file of the example as it stands in the checkout.
func (e *example) read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root(t), "examples", e.name, name))
	require.NoError(t, err)
	return string(content)
}

func (e *example) replaced(text string) string {
	for from, to := range e.addresses {
		text = strings.ReplaceAll(text, from, to)
	}
	return text
}

// start runs Traefik as the README says, until the test ends.
func (e *example) start(t *testing.T, arguments ...string) {
	t.Helper()
	binary, err := proxy.Binary(t.Context(), os.Stderr)
	require.NoError(t, err)
	run(t, e.dir, binary, arguments...)
}

// run runs a command until the test ends. Its output is shown if the test fails.
func run(t *testing.T, dir, command string, arguments ...string) {
	t.Helper()
	output, err := os.CreateTemp(t.TempDir(), "output")
	require.NoError(t, err)
	c := exec.CommandContext(t.Context(), command, arguments...)
	c.Dir, c.Stdout, c.Stderr = dir, output, output
	require.NoError(t, c.Start())
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
		output.Close()
		if content, err := os.ReadFile(output.Name()); err == nil && t.Failed() {
			t.Logf("%s %v:\n%s", command, arguments, content)
		}
	})
}

func serve(t *testing.T, handler http.Handler) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

func free(t *testing.T) string {
	t.Helper()
	address, err := loopback.Address()
	require.NoError(t, err)
	return address
}

// ofMetrics are examples for those who read metrics. No request goes through them; e2e/telemetry runs what is in them.
var ofMetrics = map[string]bool{"prometheus": true, "grafana": true}

// The addresses in the examples are those that the tests put others in place of, and those of the demo's kind.
func TestExamples_haveAREADMEThatShowsRequests(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir(filepath.Join(root(t), "examples"))
	require.NoError(t, err)
	index, err := os.ReadFile(filepath.Join(root(t), "examples", "README.md"))
	require.NoError(t, err)
	for _, entry := range entries {
		if !entry.IsDir() {
			continue
		}
		assert.Contains(t, string(index), "["+entry.Name()+"]("+entry.Name()+")")
		e := &example{name: entry.Name()}
		readme := e.read(t, "README.md")
		if !ofMetrics[entry.Name()] {
			assert.NotEmpty(t, requestsOf(t, readme), entry.Name())
		}
	}
}

var target = regexp.MustCompile(`(?m)^([a-z-]+):`)

// What a README tells to type is there.
func TestExamples_nameCommandsAndFilesThatThereAre(t *testing.T) {
	t.Parallel()
	makefile, err := os.ReadFile(filepath.Join(root(t), "Makefile"))
	require.NoError(t, err)
	targets := map[string]bool{}
	for _, match := range target.FindAllStringSubmatch(string(makefile), -1) {
		targets[match[1]] = true
	}
	readmes, err := filepath.Glob(filepath.Join(root(t), "examples", "*", "README.md"))
	require.NoError(t, err)
	for _, readme := range append(readmes, filepath.Join(root(t), "examples", "README.md")) {
		content, err := os.ReadFile(readme)
		require.NoError(t, err)
		for _, match := range regexp.MustCompile("(?m)(?:^|`)make ([a-z-]+)").FindAllStringSubmatch(string(content), -1) {
			assert.True(t, targets[match[1]], "%s: make %s", readme, match[1])
		}
		for _, match := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(string(content), -1) {
			_, err := os.Stat(filepath.Join(filepath.Dir(readme), match[1]))
			assert.NoError(t, err, "%s: %s", readme, match[1])
		}
		for _, match := range regexp.MustCompile(`examples/[a-zA-Z0-9./_-]+[a-z]`).FindAllString(string(content), -1) {
			if strings.Contains(match, "/kubernetes/plugin-") {
				continue // make configmap writes it
			}
			_, err := os.Stat(filepath.Join(root(t), match))
			assert.NoError(t, err, "%s: %s", readme, match)
		}
	}
}

// huaweiid-lint finds nothing to mend in an example, and nothing to warn of.
func TestExamples_passTheConfigurationCheck(t *testing.T) {
	t.Parallel()
	command := filepath.Join(t.TempDir(), "huaweiid-lint")
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", command, ".")
	build.Dir = filepath.Join(root(t), "cmd", "huaweiid-lint")
	output, err := build.CombinedOutput()
	require.NoError(t, err, string(output))
	for _, files := range [][]string{
		{"file/traefik.yml", "file/dynamic.yml"},
		{"file/traefik.toml", "file/dynamic.toml"},
		{"multi-app/traefik.yml", "multi-app/dynamic.yml"},
		{"entrypoint/traefik.yml", "entrypoint/dynamic.yml"},
		{"revocation/traefik.yml", "revocation/dynamic.yml"},
		{"systemd/traefik.yml", "systemd/shop.yml"},
		{"kubernetes/middleware.yaml", "kubernetes/ingressroute.yaml", "kubernetes/ingress.yaml", "kubernetes/httproute.yaml", "kubernetes/grpcroute.yaml"},
	} {
		check := exec.CommandContext(t.Context(), command, files...)
		check.Dir = filepath.Join(root(t), "examples")
		output, err := check.CombinedOutput()
		assert.NoError(t, err, string(output))
		assert.Contains(t, string(output), ": 0 mistakes, 0 warnings", string(output))
	}
}
