package traps

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

func selects(p *plugin, found report) {
	eachOf(p, func(s *ast.SelectStmt, _ []ast.Node) { found(s.Pos(), "select {...}") })
}

func returnsOfReceives(p *plugin, found report) {
	eachOf(p, func(r *ast.ReturnStmt, _ []ast.Node) {
		for _, result := range r.Results {
			if u, ok := ast.Unparen(result).(*ast.UnaryExpr); ok && u.Op == token.ARROW {
				found(u.Pos(), "return "+types.ExprString(u))
			}
		}
	})
}

func caseLists(p *plugin, found report) {
	eachOf(p, func(s *ast.SwitchStmt, _ []ast.Node) {
		if s.Tag != nil {
			return
		}
		for _, clause := range s.Body.List {
			if c, ok := clause.(*ast.CaseClause); ok && len(c.List) > 1 {
				found(c.Pos(), "case with several conditions")
			}
		}
	})
}

// staleValues are two-valued assertions and map look-ups whose variable has been in use before: assigned, or declared in a
// loop. Where an if statement asks for the second value at once, the first one is not looked at unless it is there.
func staleValues(p *plugin, found report) {
	eachOf(p, func(s *ast.AssignStmt, around []ast.Node) {
		if len(s.Lhs) != 2 || len(s.Rhs) != 1 || !p.mayHaveNoValue(s.Rhs[0]) {
			return
		}
		if first, ok := s.Lhs[0].(*ast.Ident); ok && first.Name == "_" {
			return
		}
		if s.Tok == token.ASSIGN || inLoop(around) && !asksAtOnce(s, around) {
			found(s.Pos(), types.ExprString(s.Lhs[0])+", ... "+s.Tok.String()+" "+types.ExprString(s.Rhs[0]))
		}
	})
}

func (p *plugin) mayHaveNoValue(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.TypeAssertExpr:
		return true
	case *ast.IndexExpr:
		t := p.TypesInfo.TypeOf(e.X)
		if t == nil {
			return false
		}
		_, isMap := t.Underlying().(*types.Map)
		return isMap
	}
	return false
}

// inLoop tells whether the innermost function around has a loop around the node.
func inLoop(around []ast.Node) bool {
	for _, n := range slices.Backward(around) {
		switch n.(type) {
		case *ast.ForStmt, *ast.RangeStmt:
			return true
		case *ast.FuncLit, *ast.FuncDecl:
			return false
		}
	}
	return false
}

// asksAtOnce tells whether a statement is the first half of `if v, ok := x; ok {` without an else.
func asksAtOnce(s *ast.AssignStmt, around []ast.Node) bool {
	branch, ok := parent(around).(*ast.IfStmt)
	if !ok || branch.Init != s || branch.Else != nil {
		return false
	}
	second, ok := s.Lhs[1].(*ast.Ident)
	asked, isName := branch.Cond.(*ast.Ident)
	return ok && isName && asked.Name == second.Name
}

// mixedAssignments are assignments of several values of which one is nil, or of which some come from calls and others do not.
// Declarations by := and var work.
func mixedAssignments(p *plugin, found report) {
	eachOf(p, func(s *ast.AssignStmt, _ []ast.Node) {
		if len(s.Rhs) < 2 {
			return
		}
		calls := 0
		for _, value := range s.Rhs {
			if p.TypesInfo.Types[value].IsNil() {
				found(value.Pos(), "nil among several values")
				return
			}
			if p.isCall(value) {
				calls++
			}
		}
		if s.Tok == token.ASSIGN && calls > 0 && calls < len(s.Rhs) {
			found(s.Pos(), types.ExprString(s.Lhs[0])+", ... = a call and a value beside it")
		}
	})
}

// returnsOfBuiltins are calls of predeclared functions in a return statement, behind another result. Within an expression or in
// parentheses they return what they should.
func returnsOfBuiltins(p *plugin, found report) {
	eachOf(p, func(s *ast.ReturnStmt, _ []ast.Node) {
		for i, result := range s.Results {
			call, ok := result.(*ast.CallExpr)
			if !ok || i == 0 {
				continue
			}
			// complex(1, 2) of constants is one itself.
			if name, ok := call.Fun.(*ast.Ident); ok && p.builtin(name) != "" && p.TypesInfo.Types[call].Value == nil {
				found(call.Pos(), types.ExprString(call))
			}
		}
	})
}

// returnsOfFields are calls of functions that are fields, in a return statement of several results. Other functions return what they
// should, and those that are fields do where they are part of an expression.
func returnsOfFields(p *plugin, found report) {
	copies := map[types.Object]bool{} // variables that are declared as a field
	eachOf(p, func(s *ast.AssignStmt, _ []ast.Node) {
		if s.Tok != token.DEFINE || len(s.Lhs) != len(s.Rhs) {
			return
		}
		for i, value := range s.Rhs {
			if name, ok := s.Lhs[i].(*ast.Ident); ok && p.isField(value) {
				copies[p.TypesInfo.Defs[name]] = true
			}
		}
	})
	eachOf(p, func(s *ast.ReturnStmt, _ []ast.Node) {
		if len(s.Results) < 2 {
			return
		}
		for _, result := range s.Results {
			call, ok := ast.Unparen(result).(*ast.CallExpr)
			if !ok {
				continue
			}
			name, isName := ast.Unparen(call.Fun).(*ast.Ident)
			if p.isField(call.Fun) || isName && copies[p.TypesInfo.Uses[name]] {
				found(call.Pos(), "return "+types.ExprString(call)+" and more")
			}
		}
	})
}

func (p *plugin) isField(e ast.Expr) bool {
	selector, ok := ast.Unparen(e).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	v, ok := p.TypesInfo.Uses[selector.Sel].(*types.Var)
	return ok && v.IsField()
}

// resultLiterals are assignments of a struct's literal to a named result.
func resultLiterals(p *plugin, found report) {
	eachOf(p, func(s *ast.AssignStmt, around []ast.Node) {
		if s.Tok != token.ASSIGN || len(s.Lhs) != len(s.Rhs) {
			return
		}
		for i, value := range s.Rhs {
			literal, ok := ast.Unparen(value).(*ast.CompositeLit)
			if !ok || !isStruct(p.TypesInfo.TypeOf(literal)) {
				continue
			}
			if name, ok := s.Lhs[i].(*ast.Ident); ok && p.isResult(name, around) {
				found(s.Pos(), "result "+name.Name+" = a literal of a struct")
			}
		}
	})
}

func isStruct(t types.Type) bool {
	_, ok := t.Underlying().(*types.Struct)
	return ok
}

// isResult tells whether a name is that of a result of a function around it.
func (p *plugin) isResult(name *ast.Ident, around []ast.Node) bool {
	for _, n := range around {
		var t *ast.FuncType
		switch n := n.(type) {
		case *ast.FuncDecl:
			t = n.Type
		case *ast.FuncLit:
			t = n.Type
		}
		if t == nil || t.Results == nil {
			continue
		}
		for _, result := range t.Results.List {
			for _, declared := range result.Names {
				if p.TypesInfo.Defs[declared] == p.TypesInfo.Uses[name] {
					return true
				}
			}
		}
	}
	return false
}

// isCall tells calls and receives from other expressions; a conversion is none.
func (p *plugin) isCall(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.CallExpr:
		return !p.TypesInfo.Types[e.Fun].IsType()
	case *ast.UnaryExpr:
		return e.Op == token.ARROW
	}
	return false
}

func unnamedParameters(p *plugin, found report) {
	check := func(t *ast.FuncType) {
		if t.Params == nil || t.Results == nil {
			return
		}
		for _, param := range t.Params.List {
			if len(param.Names) == 0 {
				found(param.Pos(), "parameter "+types.ExprString(param.Type)+" without a name")
			}
		}
	}
	p.each(func(n ast.Node, _ []ast.Node) {
		switch n := n.(type) {
		case *ast.FuncDecl:
			check(n.Type)
		case *ast.FuncLit:
			check(n.Type)
		}
	})
}

func newBuiltins(p *plugin, found report) {
	eachOf(p, func(id *ast.Ident, _ []ast.Node) {
		switch name := p.builtin(id); name {
		case "min", "max", "clear":
			found(id.Pos(), "built-in "+name)
		}
	})
}

func newRanges(p *plugin, found report) {
	eachOf(p, func(r *ast.RangeStmt, _ []ast.Node) {
		t := p.TypesInfo.TypeOf(r.X)
		if t == nil {
			return
		}
		switch t := t.Underlying().(type) {
		case *types.Signature:
			found(r.Pos(), "range "+types.ExprString(r.X)+", a function")
		case *types.Basic:
			if t.Info()&types.IsInteger != 0 {
				found(r.Pos(), "range "+types.ExprString(r.X)+", an integer")
			}
		}
	})
}

func typeParameters(p *plugin, found report) {
	p.each(func(n ast.Node, _ []ast.Node) {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Type.TypeParams != nil {
				found(n.Name.Pos(), "generic function "+n.Name.Name)
			}
		case *ast.TypeSpec:
			if n.TypeParams != nil {
				found(n.Name.Pos(), "generic type "+n.Name.Name)
			}
		}
	})
}

// loopVariables are what the clause of a for or range statement declares.
func (p *plugin) loopVariables(loop ast.Node) (map[types.Object]bool, *ast.BlockStmt) {
	var declared []ast.Expr
	var body *ast.BlockStmt
	switch loop := loop.(type) {
	case *ast.RangeStmt:
		body = loop.Body
		if loop.Tok == token.DEFINE {
			declared = []ast.Expr{loop.Key, loop.Value}
		}
	case *ast.ForStmt:
		body = loop.Body
		if init, ok := loop.Init.(*ast.AssignStmt); ok && init.Tok == token.DEFINE {
			declared = init.Lhs
		}
	}

	vars := map[types.Object]bool{}
	for _, e := range declared {
		if id, ok := e.(*ast.Ident); ok && p.TypesInfo.Defs[id] != nil {
			vars[p.TypesInfo.Defs[id]] = true
		}
	}
	return vars, body
}

func capturedLoopVariables(p *plugin, found report) {
	p.each(func(loop ast.Node, _ []ast.Node) {
		vars, body := p.loopVariables(loop)
		if len(vars) == 0 {
			return
		}
		ast.PreorderStack(body, nil, func(n ast.Node, around []ast.Node) bool {
			id, ok := n.(*ast.Ident)
			if ok && vars[p.TypesInfo.Uses[id]] && hasFuncLit(around) {
				found(id.Pos(), "closure over "+id.Name)
			}
			return true
		})
	})
}

func hasFuncLit(around []ast.Node) bool {
	for _, n := range around {
		if _, ok := n.(*ast.FuncLit); ok {
			return true
		}
	}
	return false
}
