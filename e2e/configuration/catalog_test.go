package configuration

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/traefik/traefik/v3/pkg/plugins"

	"github.com/traefik-huaweiid/huaweiid/e2e/plugin"
	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

// What Traefik's plugin catalog asks of a plugin before it lists it. Whoever publishes this under a name of their own
// should not find out there.

func manifest(t *testing.T) *plugins.Manifest {
	t.Helper()
	dir := t.TempDir()
	module, err := proxy.Stage(dir)
	require.NoError(t, err)
	m, err := plugins.ReadManifest(filepath.Join(dir, "plugins-local"), module)
	require.NoError(t, err)
	return m
}

func TestManifest_describesAMiddlewareOfThisModule(t *testing.T) {
	t.Parallel()
	m := manifest(t)
	assert.Equal(t, "middleware", m.Type)
	assert.NotEmpty(t, m.DisplayName)
	assert.NotEmpty(t, m.Summary)
	assert.NotEmpty(t, m.TestData)
	assert.Equal(t, modulePath(t), m.Import)
	assert.Equal(t, plugin.Key, m.Import[strings.LastIndex(m.Import, "/")+1:], "the package's name is the import's last element")
	assert.False(t, m.UseUnsafe)
}

// The catalog decodes testData as a file's middleware and calls New for real, without network or secrets.
func TestManifest_testDataMakesAMiddleware(t *testing.T) {
	t.Parallel()
	testData, err := json.Marshal(manifest(t).TestData)
	require.NoError(t, err)
	options := fromFile(t, "http: {middlewares: {auth: {plugin: {huaweiid: "+string(testData)+"}}}}", ".yml")
	forEachHost(t, func(t *testing.T, h host) {
		h.serves(t, options)
		h.serves(t, manifest(t).TestData)
	})
}

// The catalog refuses a plugin whose go.mod requires Traefik or Yaegi, and Yaegi runs what the language had at 1.22.
func TestModule_requiresNothingOfTraefikButItsParser(t *testing.T) {
	t.Parallel()
	var required []string
	for _, line := range strings.Split(readFile(t, filepath.Join("..", "..", "go.mod")), "\n") {
		words := strings.Fields(strings.TrimPrefix(line, "require "))
		if len(words) >= 2 && strings.Contains(words[0], ".") {
			required = append(required, words[0])
		}
		if len(words) == 2 && words[0] == "go" {
			assert.Equal(t, "1.22.0", words[1])
		}
	}
	assert.Contains(t, required, "github.com/traefik/paerser")
	for _, module := range required {
		for _, forbidden := range []string{"github.com/traefik/", "github.com/containous/", "yaegi"} {
			if module != "github.com/traefik/paerser" {
				assert.NotContains(t, module, forbidden)
			}
		}
	}
}

// Traefik runs what is in vendor: what the plugin imports must be there, and nothing else of weight.
func TestModule_vendorsWhatItImports(t *testing.T) {
	t.Parallel()
	vendored := readFile(t, filepath.Join("..", "..", "vendor", "modules.txt"))
	assert.Contains(t, vendored, "github.com/traefik/paerser/types\n")
	assert.NotContains(t, vendored, "mapstructure")
}

func modulePath(t *testing.T) string {
	t.Helper()
	first, _, _ := strings.Cut(readFile(t, filepath.Join("..", "..", "go.mod")), "\n")
	return strings.TrimPrefix(first, "module ")
}
