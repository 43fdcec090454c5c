package traps

import (
	"go/ast"
	"go/token"
	"go/types"
)

// eachPackageVariable calls visit for the package variables that are declared with values, in the order in which Yaegi reads them.
func (p *plugin) eachPackageVariable(visit func(v *ast.ValueSpec)) {
	for _, f := range p.files {
		for _, d := range f.Decls {
			if d, ok := d.(*ast.GenDecl); ok && d.Tok == token.VAR {
				for _, s := range d.Specs {
					if v := s.(*ast.ValueSpec); len(v.Values) > 0 {
						visit(v)
					}
				}
			}
		}
	}
}

func packageTuples(p *plugin, found report) {
	p.eachPackageVariable(func(v *ast.ValueSpec) {
		if len(v.Names) > len(v.Values) {
			found(v.Pos(), "var "+v.Names[0].Name+", ... = "+types.ExprString(v.Values[0]))
		}
	})
}

// earlyCalls are package variables whose value comes from a call of a function that uses a package variable declared further down:
// Go sets that one first, Yaegi does not. What an expression itself names, Yaegi does set first.
func earlyCalls(p *plugin, found report) {
	later := map[types.Object]bool{}
	p.eachPackageVariable(func(v *ast.ValueSpec) {
		for _, name := range v.Names {
			later[p.TypesInfo.Defs[name]] = true
		}
	})
	p.eachPackageVariable(func(v *ast.ValueSpec) {
		for _, name := range v.Names {
			delete(later, p.TypesInfo.Defs[name])
		}
		for _, value := range v.Values {
			if fn, uses := p.usesLater(value, later); uses != nil {
				found(v.Pos(), v.Names[0].Name+" comes from "+fn.Name()+", which needs "+uses.Name()+" from further down")
			}
		}
	})
}

// usesLater finds a function that an expression calls, or hands to a call, and a later variable that it uses, itself or by way of
// others.
func (p *plugin) usesLater(value ast.Expr, later map[types.Object]bool) (fn *types.Func, uses types.Object) {
	ast.Inspect(value, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || uses != nil {
			return uses == nil
		}
		for _, e := range append([]ast.Expr{call.Fun}, call.Args...) {
			if called := p.callee(e); called != nil && uses == nil {
				fn, uses = called, p.reaches(called, later, map[*types.Func]bool{})
			}
		}
		return true
	})
	return fn, uses
}

func (p *plugin) reaches(fn *types.Func, later map[types.Object]bool, seen map[*types.Func]bool) (uses types.Object) {
	decl := p.functions[fn.Origin()]
	if decl == nil || seen[fn] {
		return nil
	}
	seen[fn] = true
	ast.Inspect(decl, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && uses == nil {
			switch obj := p.TypesInfo.Uses[id].(type) {
			case *types.Var:
				if later[obj] {
					uses = obj
				}
			case *types.Func:
				uses = p.reaches(obj, later, seen)
			}
		}
		return uses == nil
	})
	return uses
}
