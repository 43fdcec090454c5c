package traps

import (
	"go/ast"
	"go/build/constraint"
	"strings"
)

// compilerDirectives are the comments, beside build lines, by which a file asks something of the compiler that changes
// what the file means.
var compilerDirectives = []string{"//go:embed", "//go:linkname", "//go:cgo_", "//export "}

func directives(p *plugin, found report) {
	for _, f := range p.files {
		for _, c := range buildLines(f) {
			found(c.Pos(), "build line "+c.Text)
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
	p.eachImport(func(spec *ast.ImportSpec, path string) {
		if path == "C" {
			found(spec.Pos(), "cgo")
		}
	})
}

// buildLines are a file's constraints on when it is part of the package; they stand before the package clause.
func buildLines(f *ast.File) []*ast.Comment {
	var lines []*ast.Comment
	for _, g := range f.Comments {
		for _, c := range g.List {
			if c.Pos() < f.Package && (constraint.IsGoBuild(c.Text) || constraint.IsPlusBuild(c.Text)) {
				lines = append(lines, c)
			}
		}
	}

	return lines
}
