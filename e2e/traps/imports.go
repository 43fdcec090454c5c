package traps

import (
	"fmt"
	"go/ast"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

func unrequiredImports(p *plugin, found report) {
	var required []string
	p.eachImport(func(spec *ast.ImportSpec, path string) {
		if path == "C" || p.ownPath(path) || p.stdPath(path) {
			return
		}
		if required == nil {
			var err error
			if required, err = requiredModules(filepath.Dir(p.Fset.File(spec.Pos()).Name())); err != nil {
				found(spec.Pos(), fmt.Sprintf("import of %s, with no go.mod to read (%v)", path, err))
				return
			}
		}
		if !slices.ContainsFunc(required, func(module string) bool {
			return path == module || strings.HasPrefix(path, module+"/")
		}) {
			found(spec.Pos(), "import of "+path)
		}
	})
}

// requiredModules are those that the go.mod in dir, or above it, requires directly.
func requiredModules(dir string) ([]string, error) {
	text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if os.IsNotExist(err) && filepath.Dir(dir) != dir {
		return requiredModules(filepath.Dir(dir))
	}
	if err != nil {
		return nil, err
	}
	mod, err := modfile.ParseLax("go.mod", text, nil)
	if err != nil {
		return nil, err
	}
	paths := []string{}
	for _, r := range mod.Require {
		if !r.Indirect {
			paths = append(paths, r.Mod.Path)
		}
	}
	return paths, nil
}
