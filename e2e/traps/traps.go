// Package traps refuses, in the source of a Traefik plugin, what Traefik's interpreter (Yaegi v0.16.1) does not run, or runs
// to another result than the compiler does. Compiled tests cannot see the difference; the syntax tree shows it.
//
// Each trap is an analyzer of golang.org/x/tools/go/analysis. table.go lists them, and testdata has for each what it refuses, what
// it lets pass, and what Yaegi makes of both.
package traps

import (
	"cmp"
	"errors"
	"fmt"
	"go/token"
	"maps"
	"os"
	"slices"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/packages"
)

// trap is one row of the table.
type trap struct {
	name    string // of the analyzer
	title   string
	find    func(*plugin, report)
	facts   []analysis.Fact // what find has to know of the packages that are imported
	because string          // what comes of it
	instead string          // what to write
}

// report notes a trap at a position, and what stands there.
type report func(at token.Pos, what string)

// Analyzers are all traps of the table.
var Analyzers = analyzers()

func analyzers() (all []*analysis.Analyzer) {
	for _, t := range table {
		all = append(all, &analysis.Analyzer{
			Name:      t.name,
			Doc:       t.title + "\n\nYaegi: " + t.because + ".\nWrite instead: " + t.instead + ".",
			Run:       t.run,
			FactTypes: t.facts,
			// An import that nothing provides is refused for that, whatever else cannot be typed then.
			RunDespiteErrors: t.name == trapImport,
		})
	}
	return all
}

func (t trap) run(pass *analysis.Pass) (any, error) {
	t.find(newPlugin(pass), func(at token.Pos, what string) {
		message := fmt.Sprintf("%s: %s: %s; write instead: %s", t.name, what, t.because, t.instead)
		pass.Report(analysis.Diagnostic{Pos: at, Category: t.name, Message: message})
	})
	return nil, nil
}

// Finding is a trap at a place.
type Finding struct {
	token.Position
	Trap    string // the analyzer's name
	Message string // begins with it
}

// String reads like a compiler's message.
func (f Finding) String() string { return f.Position.String() + ": " + f.Message }

// Check runs all analyzers on the packages that the go command, in dir, knows by the patterns, and on what they import of their
// own modules: all that is interpreted but vendored packages. Tests are compiled, so they are left out. The error says why packages
// could not be checked; there may be findings besides.
func Check(dir string, patterns ...string) ([]Finding, error) {
	pkgs, err := load(dir, patterns)
	if err != nil {
		return nil, err
	}
	var problems []error
	for _, pkg := range pkgs {
		for _, err := range pkg.Errors {
			problems = append(problems, err)
		}
	}
	graph, err := checker.Analyze(Analyzers, pkgs, nil)
	if err != nil {
		return nil, err
	}
	var findings []Finding
	for _, action := range graph.Roots {
		if action.Err != nil && len(problems) == 0 {
			problems = append(problems, action.Err)
		}
		for _, d := range action.Diagnostics {
			findings = append(findings, Finding{action.Package.Fset.PositionFor(d.Pos, false), d.Category, d.Message})
		}
	}
	slices.SortFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Filename, b.Filename), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Message, b.Message))
	})
	return findings, errors.Join(problems...)
}

func load(dir string, patterns []string) ([]*packages.Package, error) {
	config := &packages.Config{
		Mode: packages.NeedName | packages.NeedImports | packages.NeedDeps | packages.NeedModule,
		Dir:  dir,
		// What the module itself says decides, such as whether it has a vendor directory; and Yaegi has no cgo.
		Env: append(os.Environ(), "GOWORK=off", "GOFLAGS=", "CGO_ENABLED=0"),
	}
	named, err := packages.Load(config, patterns...)
	if err != nil {
		return nil, err
	}
	modules := map[string]bool{}
	for _, pkg := range named {
		if pkg.Module != nil {
			modules[pkg.Module.Path] = true
		}
	}
	own := map[string]bool{}
	packages.Visit(named, nil, func(pkg *packages.Package) {
		if slices.Contains(named, pkg) || pkg.Module != nil && modules[pkg.Module.Path] {
			own[pkg.PkgPath] = true
		}
	})
	config.Mode = packages.LoadSyntax | packages.NeedModule
	pkgs, err := packages.Load(config, slices.Sorted(maps.Keys(own))...)
	for _, pkg := range pkgs {
		// Facts are about own packages alone, so that the others do not have to be read.
		maps.DeleteFunc(pkg.Imports, func(_ string, imported *packages.Package) bool { return !own[imported.PkgPath] })
	}
	return pkgs, err
}
