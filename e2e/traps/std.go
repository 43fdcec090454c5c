package traps

import (
	"go/ast"
	"go/types"
	"path"
	"slices"

	"github.com/traefik/yaegi/stdlib"
)

// genericStd are the generic functions of the standard library that Yaegi runs: it interprets their sources
// (stdlib/generic), and most do not survive it.
var genericStd = []string{
	"cmp.Compare", "cmp.Less",
	"slices.Contains", "slices.ContainsFunc", "slices.Index", "slices.IndexFunc",
}

func missingStd(p *plugin, found report) {
	p.eachImport(func(spec *ast.ImportSpec, path string) {
		if path != "C" && p.stdPath(path) && yaegiStd[path] == nil {
			found(spec.Pos(), "package "+path+", which Yaegi does not have")
		}
	})

	newer, err := loadNewerAPI()
	if err != nil && len(p.files) > 0 {
		found(p.files[0].Package, "no way to tell what is newer: "+err.Error())
	}
	eachOf(p, func(id *ast.Ident, _ []ast.Node) {
		obj := p.TypesInfo.Uses[id]
		if obj == nil || !p.stdObject(obj) || !obj.Exported() {
			return
		}
		if _, ok := obj.(*types.PkgName); ok {
			return
		}
		symbol := symbolOf(obj)
		symbols := yaegiStd[obj.Pkg().Path()]
		// Fields and methods are not in Yaegi's symbols: they come with their types.
		qualified := obj.Parent() == obj.Pkg().Scope()
		switch since := newer[symbol]; {
		case symbols == nil && qualified:
			// Said of the import.
		case since != "":
			found(id.Pos(), symbol+", new in "+since)
		case qualified && !symbols[obj.Name()] && !slices.Contains(genericStd, symbol):
			found(id.Pos(), symbol+", which Yaegi does not have")
		}
	})
}

// yaegiStd is what Yaegi has of the standard library, by import path.
var yaegiStd = func() map[string]map[string]bool {
	packages := map[string]map[string]bool{}
	for key, symbols := range stdlib.Symbols {
		// A key is the import path and then the package's name: "net/http/http".
		importPath := path.Dir(key)
		packages[importPath] = map[string]bool{}
		for name := range symbols {
			packages[importPath][name] = true
		}
	}
	return packages
}()
