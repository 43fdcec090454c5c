// Package mutate changes Go source for tests that need the plugin with a defence taken out or a fault put in.
//
// A place is found by syntax tree, so that other line breaks, comments, files and names of variables do not matter.
package mutate

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
)

// Change is one change of a package: within the declarations called In, each Take becomes Put.
//
// Take is an expression or a statement. As in gofmt -r, a name of one lower-case letter stands for any expression, in Put for the
// same one. A statement that ends in {} stands for all that begin so, whatever is in the braces, and so does Put then.
type Change struct {
	In   string // a function, a method, a variable or a constant of the package
	Take string // "" = the whole body or value
	Put  string // "" = nothing
}

// Apply makes the change in the package in dir. No place to change is an error, and so is a result that is not Go.
func (c Change) Apply(dir string) error {
	pattern, err := parse(c.Take)
	if err != nil {
		return err
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return err
	}
	declared, changed := false, false
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		edits, found, err := c.edits(text, pattern)
		if err != nil {
			return err
		}
		declared = declared || found
		if len(edits) == 0 {
			continue
		}
		text = apply(text, edits)
		if _, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution); err != nil {
			return fmt.Errorf("%q in place of %q is not Go: %w", c.Put, c.Take, err)
		}
		if err := os.WriteFile(name, text, 0o644); err != nil {
			return err
		}
		changed = true
	}
	switch {
	case !declared:
		return fmt.Errorf("the plugin declares no %s: name the function that has %q now", c.In, c.Take)
	case !changed:
		return fmt.Errorf("%s has no %q: write it as it is now, or name the function that has it", c.In, c.Take)
	}
	return nil
}

// edit puts a text in the place of the bytes from begin up to end.
type edit struct {
	begin, end int
	text       string
}

func apply(text []byte, edits []edit) []byte {
	var out bytes.Buffer
	at := 0
	for _, e := range edits {
		out.Write(text[at:e.begin])
		out.WriteString(e.text)
		at = e.end
	}
	out.Write(text[at:])
	return out.Bytes()
}

// edits are those of one file, in their order. found tells whether the file has the declaration.
func (c Change) edits(text []byte, pattern ast.Node) (edits []edit, found bool, err error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", text, parser.SkipObjectResolution)
	if err != nil {
		return nil, false, err
	}
	offset := func(at token.Pos) int { return fset.PositionFor(at, false).Offset }
	for _, place := range declarations(file, c.In) {
		found = true
		if pattern == nil {
			edits = append(edits, whole(place, offset, c.Put))
			continue
		}
		ast.Inspect(place, func(n ast.Node) bool {
			bound := bindings{}
			if n == nil || !bound.match(reflect.ValueOf(pattern), reflect.ValueOf(n)) {
				return true
			}
			e := edit{offset(n.Pos()), offset(n.End()), c.Put}
			if opening := opening(pattern, n); opening.IsValid() {
				e.end = offset(opening) + 1
				e.text = strings.TrimSuffix(c.Put, "}")
			}
			e.text = variable.ReplaceAllStringFunc(e.text, func(name string) string {
				if x, ok := bound[name]; ok {
					return string(text[offset(x.Pos()):offset(x.End())])
				}
				return name
			})
			edits = append(edits, e)
			return false
		})
	}
	return edits, found, nil
}

// declarations are the functions of that name and the values of variables and constants of that name at the top level.
func declarations(file *ast.File, name string) (found []ast.Node) {
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.Name == name && d.Body != nil {
				found = append(found, d.Body)
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				if s, ok := s.(*ast.ValueSpec); ok {
					for i, n := range s.Names {
						if n.Name == name && i < len(s.Values) {
							found = append(found, s.Values[i])
						}
					}
				}
			}
		}
	}
	return found
}

// whole replaces all of a value, or all that stands between a body's braces.
func whole(n ast.Node, offset func(token.Pos) int, put string) edit {
	if body, ok := n.(*ast.BlockStmt); ok {
		return edit{offset(body.Lbrace) + 1, offset(body.Rbrace), "\n" + put + "\n"}
	}
	return edit{offset(n.Pos()), offset(n.End()), put}
}

// parse reads an expression or a statement; nil is no text.
func parse(text string) (ast.Node, error) {
	if text == "" {
		return nil, nil
	}
	if x, err := parser.ParseExpr(text); err == nil {
		return x, nil
	}
	file, err := parser.ParseFile(token.NewFileSet(), "", "package p; func _() {\n"+text+"\n}", parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("%q is neither an expression nor a statement: %w", text, err)
	}
	statements := file.Decls[0].(*ast.FuncDecl).Body.List
	if len(statements) != 1 {
		return nil, errors.New(text + ": more than one statement")
	}
	return statements[0], nil
}

// opening is where the block of a statement opens whose pattern has an empty one.
func opening(pattern, n ast.Node) token.Pos {
	block := func(n ast.Node) *ast.BlockStmt {
		switch n := n.(type) {
		case *ast.IfStmt:
			return n.Body
		case *ast.ForStmt:
			return n.Body
		case *ast.RangeStmt:
			return n.Body
		}
		return nil
	}
	if p := block(pattern); p != nil && len(p.List) == 0 {
		return block(n).Lbrace
	}
	return token.NoPos
}

var variable = regexp.MustCompile(`\b[a-z]\b`)

// bindings are the expressions that a pattern's names of one letter stand for.
type bindings map[string]ast.Expr

// match compares two trees. Where they stand in their files makes no difference.
func (b bindings) match(pattern, n reflect.Value) bool {
	pattern, n = inside(pattern), inside(n)
	if !pattern.IsValid() || !n.IsValid() {
		return pattern.IsValid() == n.IsValid()
	}
	if name, ok := pattern.Interface().(*ast.Ident); ok && name != nil && len(name.Name) == 1 && variable.MatchString(name.Name) {
		if x, ok := n.Interface().(ast.Expr); ok && !n.IsZero() {
			if bound, ok := b[name.Name]; ok {
				return types.ExprString(bound) == types.ExprString(x)
			}
			b[name.Name] = x
			return true
		}
	}
	if pattern.Type() != n.Type() {
		return false
	}
	switch pattern := pattern.Interface().(type) {
	case token.Pos:
		return pattern.IsValid() == n.Interface().(token.Pos).IsValid()
	case *ast.BlockStmt:
		if pattern != nil && len(pattern.List) == 0 {
			return true
		}
	}
	switch pattern.Kind() {
	case reflect.Pointer:
		return b.match(pattern.Elem(), n.Elem())
	case reflect.Slice:
		if pattern.Len() != n.Len() {
			return false
		}
		for i := range pattern.Len() {
			if !b.match(pattern.Index(i), n.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Struct:
		for i := range pattern.NumField() {
			if pattern.Type().Field(i).Name == "Else" && pattern.Field(i).IsNil() {
				continue // an if without an else stands for one with it as well
			}
			if !b.match(pattern.Field(i), n.Field(i)) {
				return false
			}
		}
		return true
	}
	return pattern.Interface() == n.Interface()
}

// inside takes off an expression's parentheses, and what the reflect package has around a node in a field of an interface type.
func inside(n reflect.Value) reflect.Value {
	if n.Kind() == reflect.Interface {
		n = n.Elem()
	}
	if n.IsValid() {
		if x, ok := n.Interface().(*ast.ParenExpr); ok && x != nil {
			return reflect.ValueOf(ast.Unparen(x))
		}
	}
	return n
}
