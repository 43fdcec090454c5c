package traps

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// plugin is the interpreted source of one module, parsed and typed.
type plugin struct {
	dir    string
	module string
	// requires are the modules that go.mod requires directly.
	requires []string

	fset     *token.FileSet
	files    []*ast.File
	packages map[string]*types.Package
	info     *types.Info
	// functions are the plugin's own, by what a call refers to.
	functions map[*types.Func]*ast.FuncDecl

	newer      newerAPI
	typeErrors []error
}

// load reads the package at dir and its own module's packages that it imports.
func load(dir string) (*plugin, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	newer, err := loadNewerAPI()
	if err != nil {
		return nil, err
	}

	p := &plugin{
		dir:      dir,
		fset:     compiled.fset,
		packages: map[string]*types.Package{},
		info: &types.Info{
			Types:      map[ast.Expr]types.TypeAndValue{},
			Defs:       map[*ast.Ident]types.Object{},
			Uses:       map[*ast.Ident]types.Object{},
			Selections: map[*ast.SelectorExpr]*types.Selection{},
		},
		functions: map[*types.Func]*ast.FuncDecl{},
		newer:     newer,
	}
	if err := p.readModule(); err != nil {
		return nil, err
	}
	if _, err := p.check(p.module); err != nil {
		return nil, err
	}

	for _, f := range p.files {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				if obj, ok := p.info.Defs[fn.Name].(*types.Func); ok {
					p.functions[obj] = fn
				}
			}
		}
	}

	return p, nil
}

// readModule takes the module's path and direct requirements from its go.mod.
func (p *plugin) readModule() error {
	out, err := goCommand(p.dir, "mod", "edit", "-json", filepath.Join(p.dir, "go.mod"))
	if err != nil {
		return err
	}
	var mod struct {
		Module  struct{ Path string }
		Require []struct {
			Path     string
			Indirect bool
		}
	}
	if err := json.Unmarshal(out, &mod); err != nil {
		return fmt.Errorf("reading go.mod: %w", err)
	}

	p.module = mod.Module.Path
	for _, r := range mod.Require {
		if !r.Indirect {
			p.requires = append(p.requires, r.Path)
		}
	}

	return nil
}

// check types one of the module's own packages.
func (p *plugin) check(importPath string) (*types.Package, error) {
	dir := filepath.Join(p.dir, filepath.FromSlash(strings.TrimPrefix(importPath, p.module)))
	files, err := p.parse(dir)
	if err != nil {
		return nil, err
	}
	p.files = append(p.files, files...)

	var others []string
	for _, f := range files {
		for _, path := range imports(f) {
			if !p.ownPath(path) {
				others = append(others, path)
			}
		}
	}
	if err := compiled.prepare(p.dir, others); err != nil {
		return nil, err
	}

	conf := types.Config{
		Importer:    importerFunc(p.importPackage),
		FakeImportC: true,
		Error:       func(err error) { p.typeErrors = append(p.typeErrors, err) },
	}
	// Named first, so that a cycle ends: the type checker then speaks of it.
	p.packages[importPath] = types.NewPackage(importPath, path.Base(importPath))
	pkg, _ := conf.Check(importPath, p.fset, typed(files), p.info)
	p.packages[importPath] = pkg

	return pkg, nil
}

// parse reads what Yaegi would: all files but tests, whatever their //go:build line says.
func (p *plugin) parse(dir string) ([]*ast.File, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}

	var files []*ast.File
	for _, name := range names {
		base := filepath.Base(name)
		if strings.HasSuffix(base, "_test.go") || base[0] == '_' || base[0] == '.' {
			continue
		}
		src, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		f, err := parser.ParseFile(p.fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no Go files in %s", dir)
	}

	return files, nil
}

// typed leaves out what the compiler leaves out: a file with a build line that belongs to another package, as a
// generator's does. It is refused for that line, and would not type beside the others.
func typed(files []*ast.File) []*ast.File {
	name := files[0].Name.Name
	for _, f := range files {
		if len(buildLines(f)) == 0 {
			name = f.Name.Name

			break
		}
	}

	return slices.DeleteFunc(slices.Clone(files), func(f *ast.File) bool {
		return f.Name.Name != name && len(buildLines(f)) > 0
	})
}

func (p *plugin) importPackage(path string) (*types.Package, error) {
	if pkg, ok := p.packages[path]; ok {
		if !pkg.Complete() {
			return nil, errors.New("import cycle")
		}

		return pkg, nil
	}
	if p.ownPath(path) {
		return p.check(path)
	}

	return compiled.Import(path)
}

// ownPath tells whether an import path is the module's own.
func (p *plugin) ownPath(path string) bool {
	return path == p.module || strings.HasPrefix(path, p.module+"/")
}

// stdPath tells whether an import path is the standard library's, whose first element has no dot.
func (p *plugin) stdPath(path string) bool {
	first, _, _ := strings.Cut(path, "/")

	return !p.ownPath(path) && !strings.Contains(first, ".")
}

func imports(f *ast.File) []string {
	var paths []string
	for _, spec := range f.Imports {
		paths = append(paths, importedPath(spec))
	}

	return paths
}

func importedPath(spec *ast.ImportSpec) string {
	path, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return spec.Path.Value
	}

	return path
}

type importerFunc func(string) (*types.Package, error)

func (f importerFunc) Import(path string) (*types.Package, error) { return f(path) }
