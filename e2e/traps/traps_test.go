package traps

import (
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/analysistest"
	"golang.org/x/tools/go/packages"

	// So that the go command does not take a result from before the plugin changed.
	_ "github.com/traefik-huaweiid/huaweiid"
)

// TestThePluginAvoidsYaegisTraps looks at the plugin itself, the module around this one, and at what it vendors.
func TestThePluginAvoidsYaegisTraps(t *testing.T) {
	t.Parallel()
	const root = "../.."
	mode := packages.NeedName | packages.NeedImports | packages.NeedDeps | packages.NeedModule
	plugin, err := packages.Load(&packages.Config{Mode: mode, Dir: root}, ".")
	require.NoError(t, err)
	paths := []string{"."}
	packages.Visit(plugin, nil, func(pkg *packages.Package) {
		if pkg.Module != nil && !pkg.Module.Main {
			paths = append(paths, pkg.PkgPath)
		}
	})
	require.Contains(t, paths, "github.com/traefik/paerser/types")
	for _, pkg := range paths {
		findings, err := Check(root, pkg)
		require.NoError(t, err)
		for _, f := range findings {
			if !slices.Contains(excused[pkg], f.Trap) {
				t.Error(f)
			}
		}
	}
}

// excused are traps in vendored packages that the plugin does not run into.
var excused = map[string][]string{
	"github.com/traefik/paerser/types": {"representation"}, // Duration has such methods; the plugin calls Set, and nothing else
}

// all is every analyzer in one, so that what the examples import is loaded once. They have no facts: each example is alone.
var all = &analysis.Analyzer{Name: "traps", Doc: "all traps", Run: func(pass *analysis.Pass) (any, error) {
	alone := *pass
	alone.ExportPackageFact = func(analysis.Fact) {}
	alone.AllPackageFacts = func() []analysis.PackageFact { return nil }
	alone.ExportObjectFact = func(types.Object, analysis.Fact) {}
	for _, t := range table {
		if _, err := t.run(&alone); err != nil {
			return nil, err
		}
	}
	return nil, nil
}}

func TestEachTrapIsFoundWhereItIsAndNowhereElse(t *testing.T) {
	t.Setenv("CGO_ENABLED", "0")
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "go.mod"), "module example.org/plugin\n\ngo 1.25\n")
	for _, e := range examples(t) {
		e.write(t, dir)
	}
	require.NoError(t, analysis.Validate(Analyzers))
	analysistest.Run(t, dir, all, "./...")
}

func TestEachTrapHasWhatIsRefusedAndWhatPasses(t *testing.T) {
	t.Parallel()
	refused, passed, names := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, e := range examples(t) {
		if e.refused() {
			refused[e.trap] = true
		} else {
			passed[e.trap] = true
		}
		assert.False(t, names[e.pkg], "two examples are called %s", e.pkg)
		names[e.pkg] = true
	}
	// It is about go.mod: TestFindings_acrossFilesAndPackages.
	refused[trapImport], passed[trapImport] = true, true
	for _, row := range table {
		assert.True(t, refused[row.name] && passed[row.name], row.name)
		assert.True(t, row.title != "" && row.because != "" && row.instead != "", "row %s lacks a text", row.name)
		delete(refused, row.name)
	}
	assert.Empty(t, refused, "archives of no trap")
}

// module writes a module, and beside it one that it can require, and checks it.
func check(t *testing.T, files map[string]string) ([]Finding, error) {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "dep", "go.mod"), "module example.org/dep\n")
	writeFile(t, filepath.Join(dir, "dep", "part", "part.go"), "package part\n")
	for name, text := range files {
		writeFile(t, filepath.Join(dir, "plugin", name), text)
	}
	if _, ok := files["go.mod"]; !ok {
		writeFile(t, filepath.Join(dir, "plugin", "go.mod"), "module example.org/plugin\n\ngo 1.25\n")
	}
	findings, err := Check(filepath.Join(dir, "plugin"), ".")
	for i := range findings {
		findings[i].Filename, _ = filepath.Rel(filepath.Join(dir, "plugin"), findings[i].Filename)
	}
	return findings, err
}

const receives = "\n\nfunc get(c chan int) int { return <-c }\n"

func TestAFindingSaysWhereWhyAndWhatToWriteInstead(t *testing.T) {
	t.Parallel()
	findings, err := check(t, map[string]string{"plugin.go": "package plugin" + receives})
	require.NoError(t, err)
	require.Len(t, findings, 1)
	assert.Equal(t, "plugin.go:3:35: receivereturn: return <-c: Yaegi panics: reflect.Value.Set using unaddressable value; "+
		"write instead: `v := <-ch` and then `return v`", findings[0].String())
}

// The file tells of each finding, where the rest of the table shows what is meant.
func TestFindings_acrossFilesAndPackages(t *testing.T) {
	t.Parallel()
	required := func(comment string) string {
		return "module example.org/plugin\n\ngo 1.22\n\nrequire example.org/dep v0.0.0" + comment +
			"\n\nreplace example.org/dep => ../dep\n"
	}
	for _, row := range []struct {
		name  string
		files map[string]string
		want  []string // file and trap
	}{
		{"in a package of the module that the plugin imports", map[string]string{
			"plugin.go":             "package plugin\n\nimport _ \"example.org/plugin/internal/part\"\n",
			"internal/part/part.go": "package part" + receives,
		}, []string{"internal/part/part.go receivereturn"}},
		{"in a package that it does not import, and in tests", map[string]string{
			"plugin.go":             "package plugin\n",
			"plugin_test.go":        "package plugin" + receives,
			"internal/part/part.go": "package part" + receives,
		}, nil},
		{"a tool beside the plugin", map[string]string{
			"plugin.go": "package plugin\n",
			"gen.go":    "//go:build ignore\n\npackage main\n\nfunc main() { println(0) }\n",
		}, []string{"gen.go directive"}},
		{"a build line that holds, and an old one that does not", map[string]string{
			"plugin.go": "//go:build !ignore\n\npackage plugin\n",
			"old.go":    "// +build ignore\n\npackage plugin\n",
		}, []string{"old.go directive", "plugin.go directive"}},
		{"a file for another system", map[string]string{
			"plugin.go":       "package plugin\n",
			"plugin_plan9.go": "package plugin\n",
		}, []string{"plugin_plan9.go directive"}},
		{"cgo", map[string]string{
			"plugin.go": "package plugin\n",
			"c.go":      "package plugin\n\nimport \"C\"\n",
		}, []string{"c.go directive"}},
		{"an embedded file", map[string]string{
			"plugin.go": "package plugin\n\nimport _ \"embed\"\n\n//go:embed plugin.go\nvar text string\n",
		}, []string{"plugin.go std", "plugin.go directive"}},
		{"functions of another package that recover, or do not", map[string]string{
			"plugin.go": "package plugin\n\nimport \"example.org/plugin/safe\"\n\n" +
				"func start() {\n\tgo safe.Run()\n\tgo safe.Bare()\n\tgo run()\n}\n\nfunc run() { defer safe.Recovered() }\n",
			"safe/safe.go": "package safe\n\nfunc Run() { defer Recovered() }\n\n" +
				"func Bare() {}\n\nfunc Recovered() { _ = recover() }\n",
		}, []string{"plugin.go recover"}},
		{"structs of one shape in an importing package", map[string]string{
			"plugin.go": "package plugin\n\nimport \"example.org/plugin/a\"\n\ntype own struct{ n int }\n\nvar n = a.N\n",
			"a/a.go":    "package a\n\ntype hidden struct{ n int }\n\nvar N = hidden{}.n\n",
		}, []string{"plugin.go twins"}},
		{"structs of one shape in two packages", map[string]string{
			"plugin.go": "package plugin\n\nimport (\n\t_ \"example.org/plugin/a\"\n\t_ \"example.org/plugin/b\"\n)\n",
			"a/a.go":    "package a\n\ntype T struct{ N int }\n",
			"b/b.go":    "package b\n\ntype U struct{ N int }\n",
		}, []string{"plugin.go twins"}},
		{"a field of Config in another package", map[string]string{
			"plugin.go":    "package plugin\n\nimport \"example.org/plugin/conf\"\n\ntype Config struct{ Token conf.Token }\n",
			"conf/conf.go": "package conf\n\ntype Token struct{ scheme string }\n",
		}, []string{"conf/conf.go configfield"}},
		{"a required module, the module itself and the standard library", map[string]string{
			"go.mod": required(""),
			"plugin.go": "package plugin\n\nimport (\n\t_ \"net/http\"\n\n" +
				"\t_ \"example.org/dep/part\"\n\t_ \"example.org/plugin/a\"\n)\n",
			"a/a.go": "package a\n",
		}, nil},
		{"a module that is required indirectly", map[string]string{
			"go.mod":    required(" // indirect"),
			"plugin.go": "package plugin\n\nimport _ \"example.org/dep/part\"\n",
		}, []string{"plugin.go imports"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			findings, err := check(t, row.files)
			require.NoError(t, err)
			var got []string
			for _, f := range findings {
				got = append(got, f.Filename+" "+f.Trap)
			}
			assert.Equal(t, row.want, got, "%v", findings)
		})
	}
}

func TestWhatCannotBeCheckedIsAnError(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"syntax": "package plugin\n\nfunc {\n",
		"types":  "package plugin\n\nvar n int = \"one\"\n",
		"import": "package plugin\n\nimport _ \"golang.org/x/time/rate\"\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			findings, err := check(t, map[string]string{"plugin.go": text})
			assert.Error(t, err)
			if name == "import" {
				require.Len(t, findings, 1)
				assert.Equal(t, "imports", findings[0].Trap)
			}
		})
	}
	_, err := Check(t.TempDir(), ".")
	assert.Error(t, err, "no module")
}

func TestAMissingListOfNewSymbolsIsAnError(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"go1", "go1.1", "go1.2"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".txt"), nil, 0o644))
	}
	_, err := readNewerAPI(dir, "go1.3.1")
	assert.ErrorContains(t, err, "api")
	_, err = readNewerAPI(dir, "devel")
	assert.Error(t, err, "a Go without a version")
}
