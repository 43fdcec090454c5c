package traps

import (
	"go/ast"
	"go/types"
)

var errorInterface = types.Universe.Lookup("error").Type().Underlying().(*types.Interface)

func errorsAsOwnType(p *plugin, found report) {
	eachOf(p, func(call *ast.CallExpr, _ []ast.Node) {
		if !isStd(p.callee(call.Fun), "errors", "As") || len(call.Args) != 2 {
			return
		}
		target, ok := p.TypesInfo.TypeOf(call.Args[1]).(*types.Pointer)
		if ok && (p.own(target.Elem()) || ownInterface(target.Elem())) {
			found(call.Pos(), "errors.As into "+p.write(target.Elem()))
		}
	})
}

// errorMethods are those by which the errors package, net and net/http ask an error about itself.
var errorMethods = []string{"Unwrap", "Is", "As", "Timeout", "Temporary"}

func ownErrors(p *plugin, found report) {
	for _, name := range p.ownTypes() {
		if types.Implements(types.NewPointer(name.Type()), errorInterface) || types.Implements(name.Type(), errorInterface) {
			found(name.Pos(), "error type "+name.Name())
		}
	}
	p.eachMethod(errorMethods, found)
}

func switchesOnErrors(p *plugin, found report) {
	eachOf(p, func(s *ast.SwitchStmt, _ []ast.Node) {
		if s.Tag == nil {
			return
		}
		t := p.TypesInfo.TypeOf(s.Tag)
		if t == nil || !types.IsInterface(t) || !types.Implements(t, errorInterface) {
			return
		}
		for _, c := range s.Body.List {
			for _, e := range c.(*ast.CaseClause).List {
				if !p.TypesInfo.Types[e].IsNil() {
					found(s.Pos(), "switch "+types.ExprString(s.Tag))
					return
				}
			}
		}
	})
}
