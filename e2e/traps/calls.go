package traps

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

func methodExpressions(p *plugin, found report) {
	eachOf(p, func(sel *ast.SelectorExpr, _ []ast.Node) {
		if s := p.TypesInfo.Selections[sel]; s != nil && s.Kind() == types.MethodExpr {
			found(sel.Pos(), "method expression "+types.ExprString(sel))
		}
	})
}

// methodValuesOfStd refuses what fails: a method value through a pointer to a standard type. Called at once or converted
// it works, and so does one of a variable, an interface or a promoted method.
func methodValuesOfStd(p *plugin, found report) {
	eachOf(p, func(sel *ast.SelectorExpr, around []ast.Node) {
		s := p.TypesInfo.Selections[sel]
		if s == nil || s.Kind() != types.MethodVal || !p.stdObject(s.Obj()) {
			return
		}
		if _, ok := s.Recv().Underlying().(*types.Pointer); !ok || p.own(s.Recv()) {
			return
		}
		if _, ok := s.Obj().(*types.Func).Signature().Recv().Type().(*types.Pointer); !ok {
			return
		}
		if call, ok := parent(around).(*ast.CallExpr); ok {
			if ast.Unparen(call.Fun) == sel || p.TypesInfo.Types[call.Fun].IsType() {
				return
			}
		}
		found(sel.Pos(), "method value "+types.ExprString(sel))
	})
}

// ownValuesAsStdInterfaces refuses the two places where Yaegi does not wrap an interpreted value for compiled code; it
// does in assignments, returns, arguments and literals of own types.
func ownValuesAsStdInterfaces(p *plugin, found report) {
	concrete := func(e ast.Expr) bool {
		t := p.TypesInfo.TypeOf(e)
		return t != nil && namedOf(t) != nil && p.own(t) && !types.IsInterface(t)
	}
	stdInterface := func(t types.Type) bool {
		named := namedOf(t)
		return named != nil && types.IsInterface(t) && !p.own(t)
	}

	p.each(func(n ast.Node, _ []ast.Node) {
		switch n := n.(type) {
		case *ast.CompositeLit:
			named := namedOf(p.TypesInfo.TypeOf(n))
			if named == nil || p.own(named) {
				return
			}
			s, ok := named.Underlying().(*types.Struct)
			if !ok {
				return
			}
			for i, e := range n.Elts {
				var field types.Object
				if kv, ok := e.(*ast.KeyValueExpr); ok {
					key, _ := kv.Key.(*ast.Ident)
					field, e = p.TypesInfo.Uses[key], kv.Value
				} else if i < s.NumFields() {
					field = s.Field(i)
				}
				if field != nil && types.IsInterface(field.Type()) && concrete(e) {
					found(e.Pos(), p.write(p.TypesInfo.TypeOf(e))+" in a literal of "+p.write(named))
				}
			}
		case *ast.CallExpr:
			if t := p.TypesInfo.Types[n.Fun]; t.IsType() && len(n.Args) == 1 && stdInterface(t.Type) && concrete(n.Args[0]) {
				found(n.Pos(), "conversion to "+p.write(t.Type))
			}
		}
	})
}

func ownContextKeys(p *plugin, found report) {
	eachOf(p, func(call *ast.CallExpr, _ []ast.Node) {
		if !isStd(p.callee(call.Fun), "context", "WithValue") || len(call.Args) != 3 {
			return
		}
		t := p.TypesInfo.TypeOf(call.Args[1])
		if t == nil {
			return
		}
		if _, pointer := t.Underlying().(*types.Pointer); !pointer {
			found(call.Args[1].Pos(), "context key of type "+p.write(t))
		}
	})
}

func exits(p *plugin, found report) {
	eachOf(p, func(call *ast.CallExpr, _ []ast.Node) {
		fn := p.callee(call.Fun)
		id, _ := ast.Unparen(call.Fun).(*ast.Ident)
		switch {
		case id != nil && p.builtin(id) == "panic":
			found(call.Pos(), "panic")
		case isStd(fn, "os", "Exit"),
			fn != nil && fn.Pkg() != nil && fn.Pkg().Path() == "log" &&
				(strings.HasPrefix(fn.Name(), "Fatal") || strings.HasPrefix(fn.Name(), "Panic")):
			found(call.Pos(), types.ExprString(call.Fun))
		}
	})
}

// embeddedInterfaceValues refuses values of structs that embed an interface; pointers to them work.
func embeddedInterfaceValues(p *plugin, found report) {
	eachOf(p, func(lit *ast.CompositeLit, around []ast.Node) {
		t := p.TypesInfo.TypeOf(lit)
		if t == nil || !p.own(t) {
			return
		}
		if addr, ok := parent(around).(*ast.UnaryExpr); ok && addr.Op == token.AND {
			return
		}
		s, ok := t.Underlying().(*types.Struct)
		for i := 0; ok && i < s.NumFields(); i++ {
			if f := s.Field(i); f.Embedded() && types.IsInterface(f.Type()) && !p.own(f.Type()) {
				found(lit.Pos(), p.write(t)+"{...} with "+p.write(f.Type())+" in it")
				return
			}
		}
	})
}

// jsonFunctions are those of encoding/json that take a value to write or to read into, and which argument that is.
var jsonFunctions = map[string]int{"Marshal": 0, "MarshalIndent": 0, "Unmarshal": 1, "Encode": 0, "Decode": 0}

func unexportedInJSON(p *plugin, found report) {
	eachOf(p, func(call *ast.CallExpr, _ []ast.Node) {
		fn := p.callee(call.Fun)
		if fn == nil || fn.Pkg() == nil || fn.Pkg().Path() != "encoding/json" {
			return
		}
		if at, ok := jsonFunctions[fn.Name()]; ok && at < len(call.Args) {
			if t := p.TypesInfo.TypeOf(call.Args[at]); t != nil {
				p.eachField(t, map[*types.Named]bool{}, func(of string, field *types.Var, _ string) {
					if !field.Exported() {
						found(call.Pos(), "json."+fn.Name()+" of "+of+" with unexported field "+field.Name())
					}
				})
			}
		}
	})
}

func compilerNames(p *plugin, found report) {
	eachOf(p, func(id *ast.Ident, _ []ast.Node) {
		obj := p.TypesInfo.Uses[id]
		if obj != nil && obj.Name() == "Compiler" && obj.Pkg() != nil && obj.Pkg().Path() == "runtime" {
			found(id.Pos(), "runtime.Compiler")
		}
	})
}
