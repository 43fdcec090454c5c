package traps

import (
	"fmt"
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
)

func assertionsToOwnTypes(p *plugin, found report) {
	note := func(e ast.Expr, what string) {
		if t := p.TypesInfo.TypeOf(e); t != nil && (p.own(t) || ownInterface(t)) {
			found(e.Pos(), what+p.write(t))
		}
	}
	p.each(func(n ast.Node, _ []ast.Node) {
		switch n := n.(type) {
		case *ast.TypeAssertExpr:
			if n.Type != nil {
				note(n.Type, "type assertion to ")
			}
		case *ast.TypeSwitchStmt:
			for _, c := range n.Body.List {
				for _, e := range c.(*ast.CaseClause).List {
					note(e, "type switch with case ")
				}
			}
		}
	})
}

// shapes are what a package tells those that import it: the names of its structs by their shapes.
type shapes struct{ Names map[string]string }

func (*shapes) AFact() {}

func structsOfOneShape(p *plugin, found report) {
	first := map[string]string{}
	facts := slices.SortedFunc(slices.Values(p.AllPackageFacts()), func(a, b analysis.PackageFact) int {
		return strings.Compare(a.Package.Path(), b.Package.Path())
	})
	for _, fact := range facts {
		if !p.ownPath(fact.Package.Path()) {
			continue
		}
		for shape, name := range fact.Fact.(*shapes).Names {
			name = fact.Package.Path() + "." + name
			// Of two packages of which neither imports the other, only one that imports both sees it.
			if other, ok := first[shape]; ok && len(p.files) > 0 {
				found(p.files[0].Package, "struct "+name+" of the shape of "+other)
			}
			first[shape] = name
		}
	}
	own := map[string]string{}
	for _, name := range p.ownTypes() {
		if _, ok := name.Type().Underlying().(*types.Struct); !ok {
			continue
		}
		shape := p.shape(name.Type(), nil)
		if other, ok := first[shape]; ok {
			found(name.Pos(), "struct "+name.Name()+" of the shape of "+other)
			continue
		}
		first[shape], own[shape] = name.Name(), name.Name()
	}
	p.ExportPackageFact(&shapes{own})
}

// shape is what Yaegi leaves of a type for reflection: own names are gone at every depth, and an unexported field has an
// exported name. Field tags stay, and tell types apart. A type within itself is named, as such types stay apart.
func (p *plugin) shape(t types.Type, within []*types.Named) string {
	switch t := types.Unalias(t).(type) {
	case *types.Named:
		if !p.ownObject(t.Obj()) {
			return types.TypeString(t, nil)
		}
		if slices.Contains(within, t) {
			return types.TypeString(t, nil) + "#"
		}
		return p.shape(t.Underlying(), append(within, t))
	case *types.Struct:
		var b strings.Builder
		for i := range t.NumFields() {
			f := t.Field(i)
			name := f.Name()
			if !f.Exported() {
				name = "X" + name
			}
			fmt.Fprintf(&b, "%s %s %q;", name, p.shape(f.Type(), within), t.Tag(i))
		}
		return "struct{" + b.String() + "}"
	case *types.Interface:
		return "interface{}"
	case *types.Pointer:
		return "*" + p.shape(t.Elem(), within)
	case *types.Slice:
		return "[]" + p.shape(t.Elem(), within)
	case *types.Array:
		return fmt.Sprintf("[%d]%s", t.Len(), p.shape(t.Elem(), within))
	case *types.Map:
		return "map[" + p.shape(t.Key(), within) + "]" + p.shape(t.Elem(), within)
	case *types.Chan:
		return fmt.Sprintf("chan(%d) %s", t.Dir(), p.shape(t.Elem(), within))
	case *types.Signature:
		tuple := func(vars *types.Tuple) string {
			var shapes []string
			for v := range vars.Variables() {
				shapes = append(shapes, p.shape(v.Type(), within))
			}
			return "(" + strings.Join(shapes, ",") + ")"
		}
		return fmt.Sprintf("func%s%s%t", tuple(t.Params()), tuple(t.Results()), t.Variadic())
	default:
		return types.TypeString(t, nil)
	}
}

// representationMethods are those by which encoding/json, fmt and log/slog ask a value how it wants to be written.
var representationMethods = []string{
	"MarshalJSON", "UnmarshalJSON", "MarshalText", "UnmarshalText", "String", "GoString", "LogValue",
}

func ownRepresentations(p *plugin, found report) {
	p.eachMethod(representationMethods, found)
}

func embeddedOwnTypes(p *plugin, found report) {
	eachOf(p, func(s *ast.StructType, _ []ast.Node) {
		for _, f := range s.Fields.List {
			if t := p.TypesInfo.TypeOf(f.Type); len(f.Names) == 0 && t != nil && p.own(t) && !isPointerToRecord(t) {
				found(f.Pos(), "embedded "+p.write(t))
			}
		}
	})
}

// isPointerToRecord tells whether a type points to a struct of unexported fields without methods: one that no encoder looks into, compiled
// or not, so that all there is to go wrong is reading its fields, and that is right.
func isPointerToRecord(t types.Type) bool {
	pointer, ok := t.(*types.Pointer)
	if !ok || types.NewMethodSet(t).Len() > 0 {
		return false
	}
	record, ok := pointer.Elem().Underlying().(*types.Struct)
	if !ok {
		return false
	}
	for field := range record.Fields() {
		if field.Exported() {
			return false
		}
	}
	return true
}

func ownResponseWriters(p *plugin, found report) {
	pkg := imported(p.Pkg, "net/http", map[*types.Package]bool{})
	if pkg == nil {
		return
	}
	writer := pkg.Scope().Lookup("ResponseWriter").Type().Underlying().(*types.Interface)
	for _, name := range p.ownTypes() {
		if !types.IsInterface(name.Type()) && types.Implements(types.NewPointer(name.Type()), writer) {
			found(name.Pos(), "http.ResponseWriter "+name.Name())
		}
	}
}

// imported is a package that another imports, or that one of its imports does; nil = none of them does.
func imported(by *types.Package, path string, seen map[*types.Package]bool) *types.Package {
	for _, pkg := range by.Imports() {
		if pkg.Path() == path {
			return pkg
		}
		if !seen[pkg] {
			seen[pkg] = true
			if found := imported(pkg, path, seen); found != nil {
				return found
			}
		}
	}
	return nil
}
