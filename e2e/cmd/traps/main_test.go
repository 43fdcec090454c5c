package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRun_looksAtAnyPluginsDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":       "module example.org/plugin\n\ngo 1.22\n",
		"plugin.go":    "package plugin\n\nfunc least(a, b int) int { return min(a, b) }\n",
		"tool/tool.go": "package tool\n\nfunc most(a, b int) int { return max(a, b) }\n",
	} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	for _, row := range []struct {
		packages []string
		status   int
		stdout   []string // of each line, in order
		stderr   string
	}{
		{[]string{dir}, 1, []string{"plugin.go:3:35: builtin: built-in min: "}, ""},
		{[]string{dir + "/..."}, 1, []string{"plugin.go:3:35: builtin: ", "tool.go:3:34: builtin: "}, ""},
		{[]string{"github.com/traefik-huaweiid/huaweiid"}, 0, nil, ""},
		{[]string{dir + "/none", dir}, 2, []string{"plugin.go:3:35: "}, "checking " + dir + "/none: "},
		{nil, 2, nil, "usage: traps PACKAGE..."},
	} {
		var stdout, stderr strings.Builder
		assert.Equal(t, row.status, run(row.packages, &stdout, &stderr), row.packages)
		var lines []string
		for line := range strings.Lines(stdout.String()) {
			lines = append(lines, line)
		}
		require.Len(t, lines, len(row.stdout), "%q", lines)
		for i, want := range row.stdout {
			assert.Contains(t, lines[i], want)
		}
		assert.Contains(t, stderr.String(), row.stderr)
		assert.Equal(t, row.stderr == "", stderr.String() == "", stderr.String())
	}
}
