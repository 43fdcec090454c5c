package traps

import (
	"go/ast"
	"go/types"
	"slices"
)

func goLiteralsInLoops(p *plugin, found report) {
	eachOf(p, func(g *ast.GoStmt, around []ast.Node) {
		if _, ok := ast.Unparen(g.Call.Fun).(*ast.FuncLit); !ok {
			return
		}
		for _, n := range around {
			switch n.(type) {
			case *ast.ForStmt, *ast.RangeStmt:
				found(g.Pos(), "go func(...)")

				return
			}
		}
	})
}

func goroutinesWithoutRecover(p *plugin, found report) {
	p.each(func(n ast.Node, _ []ast.Node) {
		switch n := n.(type) {
		case *ast.GoStmt:
			if !p.recovers(n.Call.Fun) {
				found(n.Pos(), "go "+types.ExprString(n.Call.Fun))
			}
		case *ast.CallExpr:
			// Both call their last argument in a goroutine of its own.
			fn := p.callee(n.Fun)
			after := isStd(fn, "time", "AfterFunc") || isStd(fn, "context", "AfterFunc")
			if after && len(n.Args) == 2 && !p.recovers(n.Args[1]) {
				found(n.Pos(), types.ExprString(n))
			}
		}
	})
}

// recovers tells whether a function's own body defers what recovers; a literal may also be nothing but the call of a
// function that does. One whose body is not the plugin's does not.
func (p *plugin) recovers(fun ast.Expr) bool {
	if lit, ok := ast.Unparen(fun).(*ast.FuncLit); ok {
		if call := soleCall(lit.Body); call != nil {
			return p.recovers(call.Fun)
		}
	}

	found := false
	eachOutsideLiterals(p.body(fun), func(n ast.Node) {
		if d, ok := n.(*ast.DeferStmt); ok && p.callsRecover(p.body(d.Call.Fun)) {
			found = true
		}
	})

	return found
}

// soleCall is the call that a body consists of, if that is all there is to it: an argument that is itself a call may
// panic before.
func soleCall(body *ast.BlockStmt) *ast.CallExpr {
	if len(body.List) != 1 {
		return nil
	}
	s, ok := body.List[0].(*ast.ExprStmt)
	if !ok {
		return nil
	}
	call, ok := s.X.(*ast.CallExpr)
	if !ok || slices.ContainsFunc(call.Args, hasCall) {
		return nil
	}

	return call
}

func hasCall(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		_, call := n.(*ast.CallExpr)
		found = found || call

		return !found
	})

	return found
}

// callsRecover tells whether a body itself calls recover, which does nothing further down.
func (p *plugin) callsRecover(body *ast.BlockStmt) bool {
	found := false
	eachOutsideLiterals(body, func(n ast.Node) {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return
		}
		if id, ok := ast.Unparen(call.Fun).(*ast.Ident); ok && p.builtin(id) == "recover" {
			found = true
		}
	})

	return found
}

// body is that of a function literal, or of the plugin's own function or method that an expression names.
func (p *plugin) body(fun ast.Expr) *ast.BlockStmt {
	if lit, ok := ast.Unparen(fun).(*ast.FuncLit); ok {
		return lit.Body
	}
	if decl := p.declaration(p.callee(fun)); decl != nil {
		return decl.Body
	}

	return nil
}

func (p *plugin) declaration(fn *types.Func) *ast.FuncDecl {
	if fn == nil {
		return nil
	}

	return p.functions[fn.Origin()]
}

// eachOutsideLiterals calls visit for the nodes of a body, but not for those of function literals in it.
func eachOutsideLiterals(body *ast.BlockStmt, visit func(ast.Node)) {
	if body == nil {
		return
	}
	ast.Inspect(body, func(n ast.Node) bool {
		if n == nil {
			return false
		}
		visit(n)
		_, lit := n.(*ast.FuncLit)

		return !lit
	})
}
