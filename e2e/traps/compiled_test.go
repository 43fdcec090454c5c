package traps

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// incomparable are the traps whose examples do the same compiled, end the process, or do not compile without an import that Yaegi
// lacks.
var incomparable = map[string]bool{"compilername": true, "exit": true, "directive": true}

// A trap is where Yaegi and the compiler differ, and what to write instead is where they do not.
func TestCompiled_onlyWhatIsRefusedGivesSomethingElse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "go.mod"), "module examples\n\ngo 1.25\n")
	var imports, calls strings.Builder
	var run []example
	for _, e := range examples(t) {
		if e.runs && !incomparable[e.trap] {
			e.write(t, dir)
			run = append(run, e)
			fmt.Fprintf(&imports, "import %q\n", "examples/"+e.pkg)
			fmt.Fprintf(&calls, "\tfmt.Print(%s.Run(), \"\\x00\")\n", e.pkg)
		}
	}
	writeFile(t, filepath.Join(dir, "main.go"), "package main\n\nimport \"fmt\"\n\n"+imports.String()+"\nfunc main() {\n"+calls.String()+"}\n")
	cmd := exec.Command("go", "run", ".")
	cmd.Dir = dir
	var problems strings.Builder
	cmd.Stderr = &problems
	output, err := cmd.Output()
	require.NoError(t, err, problems.String())
	results := strings.Split(string(output), "\x00")
	require.Len(t, results, len(run)+1)
	for i, e := range run {
		got := strings.TrimSpace(results[i])
		assert.Equal(t, e.refused(), got != e.want, "%s: Yaegi gives %q, the compiler %q", e.pkg, e.want, got)
	}
}
