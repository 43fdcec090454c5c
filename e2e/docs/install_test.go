package docs

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/semver"

	"github.com/traefik-huaweiid/huaweiid/e2e/plugin"
	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
	"github.com/traefik-huaweiid/huaweiid/internal/loopback"
)

func module(t *testing.T) string {
	t.Helper()
	first, _, _ := strings.Cut(read(t, "go.mod"), "\n")
	return strings.TrimPrefix(first, "module ")
}

// The Dockerfile's lines are carried out on a directory; Traefik's loader then finds the plugin there. Not parallel: loading
// changes the working directory.
func TestImage_hasThePluginWhereTraefikLooksForIt(t *testing.T) {
	image := t.TempDir()
	for _, line := range strings.Split(strings.TrimSpace(oneBlock(t, readme, "image")), "\n") {
		words := strings.Fields(line)
		switch words[0] {
		case "FROM":
			assert.Regexp(t, `^traefik:v3\.\d+\.\d+$`, words[1])
		case "COPY":
			copyAsDocker(t, words[1:len(words)-1], image+words[len(words)-1])
		default:
			t.Fatalf("the test does not know %s", words[0])
		}
	}
	// The official image runs Traefik in /.
	_, err := plugin.Interpreted(image, module(t), io.Discard)
	require.NoError(t, err)
}

// copyAsDocker copies files into a directory, and of a directory what is in it.
func copyAsDocker(t *testing.T, sources []string, to string) {
	t.Helper()
	require.True(t, strings.HasSuffix(to, "/"), "%s: several files go into a directory, whose name ends in /", to)
	require.NoError(t, os.MkdirAll(to, 0o755))
	for _, source := range sources {
		matches, err := filepath.Glob(filepath.Join(root, source))
		require.NoError(t, err)
		require.NotEmpty(t, matches, "%s", source)
		for _, match := range matches {
			info, err := os.Stat(match)
			require.NoError(t, err)
			if info.IsDir() {
				match += "/."
			}
			output, err := exec.CommandContext(t.Context(), "cp", "-R", match, to).CombinedOutput()
			require.NoError(t, err, string(output))
		}
	}
}

// "Install it" of the README: its commands, its static and its first dynamic configuration, in a real Traefik, which then says
// what the operations' document shows.
func TestInstallation_servesWithTheFilesOfTheReadme(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	install := exec.CommandContext(t.Context(), "sh", "-e", "-c", oneBlock(t, readme, "installation"))
	install.Dir = dir
	install.Env = append(os.Environ(), "CHECKOUT="+root)
	output, err := install.CombinedOutput()
	require.NoError(t, err, string(output))

	address := freeAddress(t)
	static := oneBlock(t, readme, "static configuration")
	require.Contains(t, static, `address: ":80"`)
	static = strings.Replace(static, `":80"`, `"`+address+`"`, 1) + "log: {level: DEBUG, noColor: true}\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "traefik.yml"), []byte(static), 0o600))
	dynamic := blocksOf(t, readme, "dynamic configuration")[0].text
	require.NoError(t, os.WriteFile(filepath.Join(dir, "dynamic.yml"), []byte(dynamic), 0o600))

	log := runTraefik(t, dir)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/", nil)
	require.NoError(t, err)
	request.Host = "shop.example"
	var response *http.Response
	if !assert.Eventually(t, func() bool {
		response, err = http.DefaultClient.Do(request)
		if err != nil {
			return false
		}
		response.Body.Close()
		return response.StatusCode != http.StatusNotFound
	}, time.Minute, 50*time.Millisecond) {
		t.Fatal(log())
	}
	assert.Equal(t, http.StatusUnauthorized, response.StatusCode)
	assert.Equal(t, `Bearer realm="huaweiid"`, response.Header.Get("WWW-Authenticate"))
	assert.Contains(t, log(), strings.TrimSpace(oneBlock(t, operations, "log line")))
}

// firstWithAliases is the first Traefik with aliasHeadersStrategy.
const firstWithAliases = "v3.7.12"

// SECURITY.md: an entry-point option that came later is unknown to the Traefik that the tests run, which says so.
func TestInstallation_anOlderTraefikDoesNotStartWithANewerOption(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	static := strings.Replace(oneBlock(t, security, "static configuration"), `":80"`, `"127.0.0.1:0"`, 1)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "traefik.yml"), []byte(static), 0o600))
	version, err := proxy.VersionOf(t.Context(), binary(t))
	require.NoError(t, err)
	if semver.Compare("v"+version, firstWithAliases) >= 0 {
		t.Skip("the Traefik that the tests run knows the option")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, binary(t), "--configFile=traefik.yml")
	command.Dir = dir
	output, err := command.CombinedOutput()
	assert.Error(t, err)
	assert.Contains(t, string(output), "field not found, node: aliasHeadersStrategy")
}

func TestInstallation_namesThePluginAsTheMiddlewareDoes(t *testing.T) {
	t.Parallel()
	static := oneBlock(t, readme, "static configuration")
	assert.Contains(t, static, fmt.Sprintf("    %s:\n      moduleName: %s\n", plugin.Key, module(t)))
	for _, kind := range []string{"image", "installation"} {
		assert.Contains(t, oneBlock(t, readme, kind), path.Join("plugins-local/src", module(t)))
	}
}

// runTraefik runs the Traefik of the end-to-end tests until the test ends, and returns its log.
func runTraefik(t *testing.T, dir string) (log func() string) {
	t.Helper()
	file, err := os.Create(filepath.Join(dir, "traefik.log"))
	require.NoError(t, err)
	command := exec.CommandContext(t.Context(), binary(t), "--configFile=traefik.yml")
	command.Dir = dir
	command.Stdout, command.Stderr = file, file
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		file.Close()
	})
	return func() string {
		content, err := os.ReadFile(file.Name())
		require.NoError(t, err)
		return string(content)
	}
}

func binary(t *testing.T) string {
	t.Helper()
	path, err := proxy.Binary(t.Context(), os.Stderr)
	require.NoError(t, err)
	return path
}

func freeAddress(t *testing.T) string {
	t.Helper()
	address, err := loopback.Address()
	require.NoError(t, err)
	return address
}
