package docs

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// e2e/README.md has a line for every package of its module, and for no other.
func TestPackages_areAllInTheReadmeOfTheEndToEndTests(t *testing.T) {
	t.Parallel()
	listed := map[string]bool{}
	for _, line := range strings.Split(read(t, packages), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) < 3 || !strings.Contains(cells[1], "`") {
			continue
		}
		for _, name := range strings.Split(cells[1], ",") {
			listed[strings.Trim(name, " `")] = true
		}
	}
	module := filepath.Join(root, "e2e")
	require.NoError(t, filepath.WalkDir(module, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() || path == module {
			return err
		}
		if name := entry.Name(); name == "testdata" || strings.HasPrefix(name, ".") {
			return filepath.SkipDir
		}
		if sources, err := filepath.Glob(filepath.Join(path, "*.go")); err != nil || len(sources) == 0 {
			return err
		}
		name, err := filepath.Rel(module, path)
		name = filepath.ToSlash(name)
		assert.True(t, listed[name], "%s has no line for %s", packages, name)
		delete(listed, name)
		return err
	}))
	assert.Empty(t, listed, "%s has lines for packages that are not there", packages)
}
