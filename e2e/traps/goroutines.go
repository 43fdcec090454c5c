package traps

import (
	"fmt"
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
	for fn, decl := range p.functions {
		r := recovery{p.callsRecover(decl.Body).Recovers, p.defersRecover(decl.Body).Deferred}
		if r != (recovery{}) {
			p.ExportObjectFact(fn, &r)
		}
	}
}

// recovery is what a package tells those that import it of one of its functions.
type recovery struct {
	Recovers bool // itself calls recover, so that it can be deferred
	Deferred bool // defers what does
}

func (*recovery) AFact() {}

func (r *recovery) String() string { return fmt.Sprintf("%+v", *r) }

// recovers tells whether a function's own body defers what recovers; a literal may also be nothing but the call of a
// function that does. One whose body is not the plugin's does not.
func (p *plugin) recovers(fun ast.Expr) bool {
	lit, ok := ast.Unparen(fun).(*ast.FuncLit)
	if !ok {
		return p.recovery(p.callee(fun), p.defersRecover).Deferred
	}
	if call := soleCall(lit.Body); call != nil {
		return p.recovers(call.Fun)
	}
	return p.defersRecover(lit.Body).Deferred
}

// recovery is that of the plugin's own function or method: as judged from its body, or as its package tells.
func (p *plugin) recovery(fn *types.Func, judge func(*ast.BlockStmt) recovery) (r recovery) {
	switch {
	case fn == nil:
	case p.functions[fn.Origin()] != nil:
		return judge(p.functions[fn.Origin()].Body)
	case p.ownObject(fn):
		p.ImportObjectFact(fn.Origin(), &r)
	}
	return r
}

func (p *plugin) defersRecover(body *ast.BlockStmt) (r recovery) {
	eachOutsideLiterals(body, func(n ast.Node) {
		d, ok := n.(*ast.DeferStmt)
		if !ok {
			return
		}
		deferred := recovery{}
		if lit, ok := ast.Unparen(d.Call.Fun).(*ast.FuncLit); ok {
			deferred = p.callsRecover(lit.Body)
		} else {
			deferred = p.recovery(p.callee(d.Call.Fun), p.callsRecover)
		}
		r.Deferred = r.Deferred || deferred.Recovers
	})
	return r
}

// callsRecover looks for recover in the body itself, since further down it does nothing.
func (p *plugin) callsRecover(body *ast.BlockStmt) (r recovery) {
	eachOutsideLiterals(body, func(n ast.Node) {
		if call, ok := n.(*ast.CallExpr); ok {
			if id, ok := ast.Unparen(call.Fun).(*ast.Ident); ok && p.builtin(id) == "recover" {
				r.Recovers = true
			}
		}
	})
	return r
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
