package mutate

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"

	"golang.org/x/tools/go/packages"
)

// Checker tells whether changed copies of a package compile, without compiling them.
type Checker struct {
	path    string
	imports map[string]*types.Package
}

// NewChecker is for copies of the package in dir, which compiles.
func NewChecker(dir string) (*Checker, error) {
	loaded, err := packages.Load(&packages.Config{Mode: packages.LoadSyntax, Dir: dir}, ".")
	if err != nil {
		return nil, fmt.Errorf("loading the package to compare with: %w", err)
	}
	whole := loaded[0]
	if len(whole.Errors) > 0 {
		return nil, fmt.Errorf("loading the package to compare with: %w", whole.Errors[0])
	}
	c := &Checker{path: whole.PkgPath, imports: map[string]*types.Package{}}
	for _, imported := range whole.Types.Imports() {
		c.imports[imported.Path()] = imported
	}
	return c, nil
}

// Import implements types.Importer.
func (c *Checker) Import(path string) (*types.Package, error) {
	if c.imports[path] == nil {
		return nil, errors.New("the package itself does not import it")
	}
	return c.imports[path], nil
}

// Check type-checks the copy in dir. Variables and imports that are not used any more are let pass, as Yaegi lets them.
func (c *Checker) Check(dir string) error {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return err
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range names {
		file, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, file)
	}
	var problems []error
	config := types.Config{Importer: c, Error: func(err error) {
		if problem, ok := err.(types.Error); !ok || !problem.Soft {
			problems = append(problems, err)
		}
	}}
	_, _ = config.Check(c.path, fset, files, nil) // its error is the first of those reported
	return errors.Join(problems...)
}
