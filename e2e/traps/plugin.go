package traps

import (
	"go/ast"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// plugin is one package of a plugin, as an analyzer sees it.
type plugin struct {
	*analysis.Pass
	files     []*ast.File // without tests, which are not interpreted
	functions map[*types.Func]*ast.FuncDecl
}

func newPlugin(pass *analysis.Pass) *plugin {
	p := &plugin{Pass: pass, functions: map[*types.Func]*ast.FuncDecl{}}
	for _, f := range pass.Files {
		if strings.HasSuffix(p.filename(f), "_test.go") {
			continue
		}
		p.files = append(p.files, f)
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				if obj, ok := pass.TypesInfo.Defs[fn.Name].(*types.Func); ok {
					p.functions[obj] = fn
				}
			}
		}
	}
	// In the order in which Yaegi reads them.
	slices.SortFunc(p.files, func(a, b *ast.File) int { return strings.Compare(p.filename(a), p.filename(b)) })
	return p
}

func (p *plugin) filename(f *ast.File) string { return filepath.Base(p.Fset.File(f.FileStart).Name()) }

// module is the path of the plugin's module.
func (p *plugin) module() string {
	if p.Module != nil && p.Module.Path != "" {
		return p.Module.Path
	}
	return p.Pkg.Path()
}

// ownPath tells whether an import path is the module's own.
func (p *plugin) ownPath(path string) bool {
	return path == p.module() || strings.HasPrefix(path, p.module()+"/")
}

// stdPath tells whether an import path is the standard library's, whose first element has no dot.
func (p *plugin) stdPath(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !p.ownPath(path) && !strings.Contains(first, ".")
}

func (p *plugin) ownObject(obj types.Object) bool {
	return obj.Pkg() != nil && p.ownPath(obj.Pkg().Path())
}

func (p *plugin) stdObject(obj types.Object) bool {
	return obj.Pkg() != nil && p.stdPath(obj.Pkg().Path())
}

// eachImport calls visit for every import specification.
func (p *plugin) eachImport(visit func(spec *ast.ImportSpec, path string)) {
	for _, f := range p.files {
		for _, spec := range f.Imports {
			if path, err := strconv.Unquote(spec.Path.Value); err == nil {
				visit(spec, path)
			}
		}
	}
}

// each calls visit for every node of every file, with the nodes around it, the file first.
func (p *plugin) each(visit func(n ast.Node, around []ast.Node)) {
	for _, f := range p.files {
		ast.PreorderStack(f, nil, func(n ast.Node, around []ast.Node) bool {
			visit(n, around)
			return true
		})
	}
}

// eachOf calls visit for every node of type N.
func eachOf[N ast.Node](p *plugin, visit func(n N, around []ast.Node)) {
	p.each(func(n ast.Node, around []ast.Node) {
		if n, ok := n.(N); ok {
			visit(n, around)
		}
	})
}

// parent is the nearest node around that is no parenthesis.
func parent(around []ast.Node) ast.Node {
	for _, n := range slices.Backward(around) {
		if _, ok := n.(*ast.ParenExpr); !ok {
			return n
		}
	}
	return nil
}

// callee is the function or method that an expression names, if it names one.
func (p *plugin) callee(fun ast.Expr) *types.Func {
	switch fun := ast.Unparen(fun).(type) {
	case *ast.Ident:
		fn, _ := p.TypesInfo.Uses[fun].(*types.Func)
		return fn
	case *ast.SelectorExpr:
		fn, _ := p.TypesInfo.Uses[fun.Sel].(*types.Func)
		return fn
	case *ast.IndexExpr:
		return p.callee(fun.X)
	}
	return nil
}

// isStd tells whether fn is one of the named functions or methods of a standard package.
func isStd(fn *types.Func, pkg string, names ...string) bool {
	return fn != nil && fn.Pkg() != nil && fn.Pkg().Path() == pkg && slices.Contains(names, fn.Name())
}

// builtin is the name of the predeclared function that an identifier stands for, or empty.
func (p *plugin) builtin(id *ast.Ident) string {
	if b, ok := p.TypesInfo.Uses[id].(*types.Builtin); ok {
		return b.Name()
	}
	return ""
}

// ownTypes are all types that the plugin declares, inside functions too, in the order of their positions.
func (p *plugin) ownTypes() []*types.TypeName {
	var names []*types.TypeName
	for _, obj := range p.TypesInfo.Defs {
		name, ok := obj.(*types.TypeName)
		if !ok || name.IsAlias() {
			continue
		}
		if _, ok := name.Type().(*types.Named); ok && !strings.HasSuffix(p.Fset.File(obj.Pos()).Name(), "_test.go") {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b *types.TypeName) int { return int(a.Pos() - b.Pos()) })
	return names
}

// own tells whether a type is declared by the plugin, or is made of one that is.
func (p *plugin) own(t types.Type) bool {
	switch t := types.Unalias(t).(type) {
	case *types.Named:
		return p.ownObject(t.Obj())
	case *types.Map:
		return p.own(t.Key()) || p.own(t.Elem())
	case container:
		return p.own(t.Elem())
	}
	return false
}

// container is a pointer, slice, array, map or channel type.
type container interface{ Elem() types.Type }

// ownInterface tells whether a type is an interface with methods that is written out where it is used.
func ownInterface(t types.Type) bool {
	i, ok := types.Unalias(t).(*types.Interface)
	return ok && i.NumMethods() > 0
}

// namedOf is the named type that t is or points to.
func namedOf(t types.Type) *types.Named {
	t = types.Unalias(t)
	if ptr, ok := t.(*types.Pointer); ok {
		t = types.Unalias(ptr.Elem())
	}
	named, _ := t.(*types.Named)
	return named
}

// write gives a type as the plugin's own source would.
func (p *plugin) write(t types.Type) string {
	return types.TypeString(t, func(pkg *types.Package) string {
		if p.ownPath(pkg.Path()) {
			return ""
		}
		return pkg.Name()
	})
}

// eachMethod calls visit for every method that the plugin declares with one of the names.
func (p *plugin) eachMethod(names []string, visit func(at token.Pos, what string)) {
	eachOf(p, func(fn *ast.FuncDecl, _ []ast.Node) {
		if fn.Recv == nil || !slices.Contains(names, fn.Name.Name) {
			return
		}
		if obj, ok := p.TypesInfo.Defs[fn.Name].(*types.Func); ok {
			visit(fn.Name.Pos(), "method "+fn.Name.Name+" of "+p.write(obj.Signature().Recv().Type()))
		}
	})
}
