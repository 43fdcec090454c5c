package traps

import (
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"path/filepath"
	"slices"
	"strings"
)

// compilerDirectives are the comments, beside build lines, by which a file asks something of the compiler that changes
// what the file means.
var compilerDirectives = []string{"//go:embed", "//go:linkname", "//go:cgo_", "//export "}

func directives(p *plugin, found report) {
	files := slices.Clone(p.files)
	// What the compiler leaves out here, Yaegi may load.
	for _, name := range p.IgnoredFiles {
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(p.Fset, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if f != nil && (err != nil || len(buildLines(f)) == 0 && !importsC(f)) {
			found(f.FileStart, "file "+filepath.Base(name)+" that not every system builds, or that is not Go")
			continue
		}
		files = append(files, f)
	}
	for _, f := range files {
		for _, c := range buildLines(f) {
			found(c.Pos(), "build line "+c.Text)
		}
		if importsC(f) {
			found(f.Package, "cgo")
		}
		for _, g := range f.Comments {
			for _, c := range g.List {
				for _, d := range compilerDirectives {
					if strings.HasPrefix(c.Text, d) {
						found(c.Pos(), "directive "+strings.TrimSpace(d))
					}
				}
			}
		}
	}
}

func importsC(f *ast.File) bool {
	return slices.ContainsFunc(f.Imports, func(spec *ast.ImportSpec) bool { return spec.Path.Value == `"C"` })
}

// buildLines are a file's constraints on when it is part of the package; they stand before the package clause.
func buildLines(f *ast.File) (lines []*ast.Comment) {
	for _, g := range f.Comments {
		for _, c := range g.List {
			if c.Pos() < f.Package && (constraint.IsGoBuild(c.Text) || constraint.IsPlusBuild(c.Text)) {
				lines = append(lines, c)
			}
		}
	}
	return lines
}
