package traps

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// module writes a module with one package, and one package each in it and beside it to import.
func module(t *testing.T, src, mod string) string {
	t.Helper()

	if !strings.Contains(src, "package plugin\n") {
		src = "package plugin\n" + src
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":                "module example.org/plugin\n\ngo 1.22\n\n" + mod,
		"plugin.go":             src,
		"plugin_test.go":        "package plugin\n\nfunc least(a, b int) int { return min(a, b) }\n",
		"internal/part/part.go": "package part\n",
		"dep/go.mod":            "module example.org/dep\n",
		"dep/part/part.go":      "package part\n",
	} {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}

	return dir
}

// marked are the lines of a fixture's source that end in "// trap", once for each time that the word is there.
func marked(src string) []int {
	var lines []int
	for i, line := range strings.Split("package plugin\n"+src, "\n") {
		if _, mark, ok := strings.Cut(line, "// trap"); ok {
			for range 1 + strings.Count(mark, "trap") {
				lines = append(lines, i+1)
			}
		}
	}

	return lines
}

func TestEachTrapIsFoundWhereItIsAndNowhereElse(t *testing.T) {
	t.Parallel()

	for _, f := range fixtures {
		t.Run(f.trap+"/"+f.name, func(t *testing.T) {
			t.Parallel()

			findings, err := Check(module(t, f.src, f.mod))
			if err != nil {
				t.Fatal(err)
			}

			var lines []int
			for _, got := range findings {
				lines = append(lines, got.Line)
				if got.Trap != f.trap || got.File != "plugin.go" || got.Column < 1 {
					t.Errorf("found something else: %s", got)
				}
			}
			want := marked(f.src)
			if f.at > 0 {
				want = []int{f.at}
			}
			if !slices.Equal(lines, want) {
				t.Errorf("found in lines %v, want %v", lines, want)
			}
		})
	}
}

func TestEachTrapHasAFixtureAndANearMiss(t *testing.T) {
	t.Parallel()

	traps, misses := map[string]int{}, map[string]int{}
	for _, f := range fixtures {
		if len(marked(f.src)) > 0 || f.at > 0 {
			traps[f.trap]++
		} else {
			misses[f.trap]++
		}
	}
	for _, row := range table {
		if traps[row.name] == 0 || misses[row.name] == 0 {
			t.Errorf("%s: %d fixtures, %d near misses", row.name, traps[row.name], misses[row.name])
		}
	}
}

func TestAFindingSaysWhereWhyAndWhatToWriteInstead(t *testing.T) {
	t.Parallel()

	findings, err := Check(module(t, "\nfunc get(c chan int) int { return <-c }\n", ""))
	if err != nil {
		t.Fatal(err)
	}
	if len(findings) != 1 {
		t.Fatalf("found %v, want one", findings)
	}
	want := "plugin.go:3:35: return of a receive: return <-c: Yaegi panics: reflect.Value.Set using unaddressable " +
		"value; write instead: `v := <-ch` and then `return v`"
	if got := findings[0].String(); got != want {
		t.Errorf("says\n%s\nwant\n%s", got, want)
	}

	for _, row := range table {
		if row.name == "" || row.because == "" || row.instead == "" {
			t.Errorf("row %q lacks a text", row.name)
		}
	}
}

func TestPackagesOfTheModuleThatThePluginImportsAreCheckedToo(t *testing.T) {
	t.Parallel()

	dir := module(t, "\nimport _ \"example.org/plugin/internal/part\"\n", "")
	part := filepath.Join(dir, "internal", "part", "part.go")
	if err := os.WriteFile(part, []byte("package part\n\nfunc get(c chan int) int { return <-c }\n"), 0o644); err != nil {
		t.Fatal(err)
	}

	findings, err := Check(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(findings) != 1 || findings[0].File != "internal/part/part.go" || findings[0].Line != 3 {
		t.Errorf("found %v, want one in internal/part/part.go:3", findings)
	}
}

// A tool beside the plugin's files is of another package, so that it cannot be typed with them.
func TestAToolBesideThePluginIsRefusedForItsBuildLine(t *testing.T) {
	t.Parallel()

	dir := module(t, "\nvar n int\n", "")
	tool := "//go:build ignore\n\npackage main\n\nfunc main() { println(0) }\n"
	if err := os.WriteFile(filepath.Join(dir, "gen.go"), []byte(tool), 0o644); err != nil {
		t.Fatal(err)
	}

	findings, err := Check(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(findings) != 1 || findings[0].Trap != "compiler directive" || findings[0].File != "gen.go" {
		t.Errorf("found %v, want the build line of gen.go", findings)
	}
}

func TestWhatCannotBeCheckedIsAnError(t *testing.T) {
	t.Parallel()

	for name, src := range map[string]string{
		"syntax": "\nfunc {\n",
		"types":  "\nvar n int = \"one\"\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			if findings, err := Check(module(t, src, "")); err == nil {
				t.Errorf("no error, findings %v", findings)
			}
		})
	}

	t.Run("no module", func(t *testing.T) {
		t.Parallel()

		if findings, err := Check(t.TempDir()); err == nil {
			t.Errorf("no error, findings %v", findings)
		}
	})
}

func TestAMissingListOfNewSymbolsIsAnError(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	for _, name := range []string{"go1", "go1.1", "go1.2"} {
		if err := os.WriteFile(filepath.Join(dir, name+".txt"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}

	if _, err := readNewerAPI(dir, "go1.3.1"); err == nil || !strings.Contains(err.Error(), "api") {
		t.Errorf("got %v, want an error about the folder api", err)
	}
	if _, err := readNewerAPI(dir, "devel"); err == nil {
		t.Error("a Go without a version gives no error")
	}
}
