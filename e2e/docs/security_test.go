package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	testName = regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9_]*)`")
	function = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Za-z0-9_]*)\(`)
	testFile = regexp.MustCompile("`([a-z0-9/_]+_test\\.go)`")
)

// A defence is shown by a test, and the test is there.
func TestSecurity_namesTestsThatThereAre(t *testing.T) {
	t.Parallel()
	known := functions(t)
	for _, document := range documents {
		text := read(t, document)
		for _, match := range testName.FindAllStringSubmatch(text, -1) {
			assert.True(t, known[match[1]], "%s: %s", document, match[1])
		}
		for _, match := range testFile.FindAllStringSubmatch(text, -1) {
			assert.FileExists(t, filepath.Join(root, match[1]), document)
		}
	}
}

// Every row of the threat tables names a test, or says that there is no defence.
func TestSecurity_everyDefenceIsShown(t *testing.T) {
	t.Parallel()
	for _, line := range strings.Split(section(t, security, "## Threats and defences"), "\n") {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| attempt |") || strings.HasPrefix(line, "| mishap |") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		require.Len(t, cells, 3, line)
		if cells[2] == "–" {
			assert.Regexp(t, `^(\*\*none\*\*|not this plugin's)`, cells[1])
			continue
		}
		assert.Regexp(t, testName, cells[2])
	}
}

// functions are the names of all tests in the checkout.
func functions(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "vendor" || strings.HasPrefix(entry.Name(), ".") && path != root):
			return filepath.SkipDir
		case !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, match := range function.FindAllStringSubmatch(string(content), -1) {
			names[match[1]] = true
		}
		return nil
	})
	require.NoError(t, err)
	return names
}
