package proxy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPluginFiles_areWhatTraefikNeedsAndNothingElse(t *testing.T) {
	t.Parallel()
	root, err := Root()
	require.NoError(t, err)
	module, files, err := PluginFiles(root)
	require.NoError(t, err)
	assert.True(t, strings.HasSuffix(module, "/huaweiid"), module)
	for _, wanted := range []string{".traefik.yml", "go.mod", "plugin.go", "vendor/github.com/traefik/paerser/types/duration.go", "vendor/github.com/traefik/paerser/LICENSE"} {
		assert.Contains(t, files, wanted)
	}
	for _, name := range files {
		assert.NotRegexp(t, `_test\.go$|^(e2e|cmd|huaweisim|examples|docs)/|testify`, name)
		assert.FileExists(t, filepath.Join(root, name))
	}
}

func TestPluginFiles_followImportsOfTheModulesOwnPackages(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"go.mod":                           "module example.org/a\n",
		".traefik.yml":                     "",
		"a.go":                             "package a\nimport (\n_ \"example.org/a/inner\"\n_ \"fmt\"\n_ \"example.org/b/deep\"\n)\n",
		"a_test.go":                        "package a\nimport _ \"example.org/a/tested\"\n",
		"inner/inner.go":                   "package inner\nimport _ \"example.org/a/inner/more\"\n",
		"inner/more/more.go":               "package more\nimport _ \"example.org/a/inner\"\n",
		"tested/tested.go":                 "package tested\n",
		"vendor/modules.txt":               "",
		"vendor/example.org/b/LICENSE.txt": "",
		"vendor/example.org/b/b.go":        "package b\n",
		"vendor/example.org/b/deep/d.go":   "package deep\n",
	} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	_, files, err := PluginFiles(dir)
	require.NoError(t, err)
	assert.Equal(t, []string{
		".traefik.yml", "a.go", "go.mod", "inner/inner.go", "inner/more/more.go", "vendor/example.org/b/LICENSE.txt", "vendor/example.org/b/deep/d.go",
	}, files)
}
