package traps

import (
	"io"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"
)

func TestMain(m *testing.M) {
	// Yaegi says on the standard log what it then panics with.
	log.SetOutput(io.Discard)
	os.Exit(m.Run())
}

// example is a file of testdata/TRAP.txtar: a package without its package clause. A line that is to be refused ends in what
// analysistest looks for. A first line "// Yaegi: ..." has what Yaegi makes of the function Run.
type example struct {
	trap string
	name string
	pkg  string
	text string
	runs bool
	want string // of Run, or "panic: " or "load: " and how that begins
}

const result = "// Yaegi:"

func examples(t *testing.T) (all []example) {
	t.Helper()
	archives, err := filepath.Glob("testdata/*.txtar")
	require.NoError(t, err)
	for _, name := range archives {
		archive, err := txtar.ParseFile(name)
		require.NoError(t, err)
		trap := strings.TrimSuffix(filepath.Base(name), ".txtar")
		for _, file := range archive.Files {
			pkg := trap + "_" + noLetter.ReplaceAllString(strings.ToLower(file.Name), "_")
			e := example{trap: trap, name: file.Name, pkg: pkg, text: string(file.Data)}
			first, _, _ := strings.Cut(e.text, "\n")
			e.want, e.runs = strings.CutPrefix(first, result)
			e.want = strings.TrimSpace(e.want)
			e.want = strings.ReplaceAll(e.want, `\n`, "\n")
			all = append(all, e)
		}
	}
	return all
}

var noLetter = regexp.MustCompile(`[^a-z]+`)

// refused tells whether the example has a line that is to be refused.
func (e example) refused() bool { return strings.Contains(e.text, "// want ") }

// write puts the package into a directory below dir. Its clause is in the first line, so that the lines' numbers stay.
func (e example) write(t *testing.T, dir string) {
	t.Helper()
	writeFile(t, filepath.Join(dir, e.pkg, "x.go"), "package "+e.pkg+"; "+e.text)
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
	require.NoError(t, os.WriteFile(name, []byte(text), 0o644))
}
