package traps

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

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
		fn, _ := p.info.Uses[fun].(*types.Func)

		return fn
	case *ast.SelectorExpr:
		fn, _ := p.info.Uses[fun.Sel].(*types.Func)

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
	if b, ok := p.info.Uses[id].(*types.Builtin); ok {
		return b.Name()
	}

	return ""
}

// ownTypes are all types that the plugin declares, inside functions too, in the order of their positions.
func (p *plugin) ownTypes() []*types.TypeName {
	var names []*types.TypeName
	for _, obj := range p.info.Defs {
		name, ok := obj.(*types.TypeName)
		if !ok || name.IsAlias() {
			continue
		}
		if _, ok := name.Type().(*types.Named); ok {
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
	case *types.Pointer:
		return p.own(t.Elem())
	case *types.Slice:
		return p.own(t.Elem())
	case *types.Array:
		return p.own(t.Elem())
	case *types.Chan:
		return p.own(t.Elem())
	case *types.Map:
		return p.own(t.Key()) || p.own(t.Elem())
	}

	return false
}

// ownInterface tells whether a type is an interface with methods that is written out where it is used.
func ownInterface(t types.Type) bool {
	i, ok := types.Unalias(t).(*types.Interface)

	return ok && i.NumMethods() > 0
}

func (p *plugin) ownObject(obj types.Object) bool {
	return obj.Pkg() != nil && p.ownPath(obj.Pkg().Path())
}

func (p *plugin) stdObject(obj types.Object) bool {
	return obj.Pkg() != nil && p.stdPath(obj.Pkg().Path())
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
		if obj, ok := p.info.Defs[fn.Name].(*types.Func); ok {
			visit(fn.Name.Pos(), "method "+fn.Name.Name+" of "+p.write(obj.Signature().Recv().Type()))
		}
	})
}
