package traps

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"
)

// eachImport calls visit for every import specification.
func (p *plugin) eachImport(visit func(spec *ast.ImportSpec, path string)) {
	for _, f := range p.files {
		for _, spec := range f.Imports {
			visit(spec, importedPath(spec))
		}
	}
}

// imported is a package that the plugin itself imports.
func (p *plugin) imported(path string) (*types.Package, bool) {
	for _, pkg := range p.packages {
		for _, i := range pkg.Imports() {
			if i.Path() == path {
				return i, true
			}
		}
	}

	return nil, false
}

func unrequiredImports(p *plugin, found report) {
	p.eachImport(func(spec *ast.ImportSpec, path string) {
		required := slices.ContainsFunc(p.requires, func(module string) bool {
			return path == module || strings.HasPrefix(path, module+"/")
		})
		if !required && path != "C" && !p.ownPath(path) && !p.stdPath(path) {
			found(spec.Pos(), "import of "+path)
		}
	})
}
