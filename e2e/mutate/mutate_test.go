package mutate

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const source = `package p

const limit = 10

var names = split("a b")

// serve is a comment.
func serve(g *guard, h header) bool {
	strip(g,
		h) // in two lines
	if len(h) > limit && g.ready {
		return false
	} else if len(h) > limit {
		strip(g, nil)
	}
	for _, name := range names {
		if h[name] == h[name] || (h[name]) == "" {
			delete(h, name)
		}
	}
	return true
}

func (g *guard) serve() { strip(g, g.own) }
`

func write(t *testing.T, text string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "p.go"), []byte(text), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "p_test.go"), []byte("package p\n\nfunc gone() {}\n"), 0o644))
	return dir
}

func read(t *testing.T, dir string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "p.go"))
	require.NoError(t, err)
	return string(text)
}

func TestChange_putsOneThingInThePlaceOfAnother(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name    string
		change  Change
		has     []string
		without []string
	}{
		{"a call, however it is written", Change{"serve", "strip(g, h)", ""}, nil, []string{"strip"}},
		{"what a letter stands for", Change{"serve", "strip(x, nil)", "wipe(x)"}, []string{"wipe(g)", "strip(g,\n\t\th)"}, nil},
		{"a letter that is there twice", Change{"serve", "h[x] == h[x]", "false"}, []string{`false || (h[name]) == ""`}, nil},
		{"parentheses", Change{"serve", `h[n] == ""`, "true"}, []string{"|| true {"}, nil},
		{"one part of a condition", Change{"serve", "g.ready", "true"}, []string{"len(h) > limit && true {"}, nil},
		{"the head of an if, with an else", Change{"serve", "if len(h) > limit && x {}", "if x {}"},
			[]string{"if g.ready {\n\t\treturn false"}, nil},
		{"the head of a loop", Change{"serve", "for _, n := range names {}", "for n := range all {}"},
			[]string{"for name := range all {\n\t\tif h"}, nil},
		{"a constant", Change{"limit", "", "20"}, []string{"const limit = 20\n"}, nil},
		{"part of a variable", Change{"names", "split(s)", "append(split(s), s)"},
			[]string{`= append(split("a b"), "a b")`}, nil},
		{"all of a body", Change{"serve", "", "return false"}, []string{"bool {\nreturn false\n}"}, []string{"strip", "range"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			dir := write(t, source)
			require.NoError(t, row.change.Apply(dir))
			text := read(t, dir)
			for _, part := range row.has {
				assert.Contains(t, text, part)
			}
			for _, part := range row.without {
				assert.NotContains(t, text, part)
			}
		})
	}
}

func TestChange_saysWhatIsNotThere(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		change Change
		says   string
	}{
		{Change{"gone", "strip(g, h)", ""}, `declares no gone: name the function that has "strip(g, h)" now`},
		{Change{"serve", "wipe(g, h)", ""}, `serve has no "wipe(g, h)": write it as it is now`},
		{Change{"serve", "strip(g, h, h)", ""}, "serve has no"},
		{Change{"serve", "strip(x, x)", ""}, "serve has no"},
		{Change{"limit", "strip(g, h)", ""}, "limit has no"},
		{Change{"serve", "strip(", ""}, "neither an expression nor a statement"},
		{Change{"serve", "g.ready", ""}, "is not Go"},
	} {
		dir := write(t, source)
		assert.ErrorContains(t, row.change.Apply(dir), row.says)
		assert.Equal(t, source, read(t, dir))
	}
}

func TestChecker_tellsWhatDoesNotCompile(t *testing.T) {
	t.Parallel()
	whole := "package p\n\nimport \"os\"\n\nfunc serve(key string) bool { n := 1; return n > 0 && os.Getenv(key) != \"\" }\n"
	dir := write(t, whole)
	require.NoError(t, os.Remove(filepath.Join(dir, "p_test.go")))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.com/p\n\ngo 1.22\n"), 0o644))
	checker, err := NewChecker(dir)
	require.NoError(t, err)

	unused := Change{In: "serve", Take: "return x", Put: "return false"}
	require.NoError(t, unused.Apply(dir))
	assert.NoError(t, checker.Check(dir), "neither n nor os is used any more")

	undefined := Change{In: "serve", Take: "false", Put: "ready"}
	require.NoError(t, undefined.Apply(dir))
	assert.ErrorContains(t, checker.Check(dir), "undefined: ready")
}
