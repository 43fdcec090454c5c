package traps

import (
	"go/types"
	"reflect"
	"strings"
)

// eachConfigField calls visit for every field that Traefik's decoder can reach from the plugin's Config.
func (p *plugin) eachConfigField(visit func(of string, field *types.Var, tag string)) {
	config, ok := p.Pkg.Scope().Lookup("Config").(*types.TypeName)
	if ok && (p.Pkg.Path() == p.module() || p.Pkg.Scope().Lookup("CreateConfig") != nil) {
		p.eachField(config.Type(), map[*types.Named]bool{}, visit)
	}
}

// eachField calls visit for the fields of the plugin's own structs that t is made of, at every depth.
func (p *plugin) eachField(t types.Type, seen map[*types.Named]bool, visit func(of string, field *types.Var, tag string)) {
	switch t := types.Unalias(t).(type) {
	case container:
		p.eachField(t.Elem(), seen, visit)
	case *types.Named:
		s, ok := t.Underlying().(*types.Struct)
		if !ok || !p.ownObject(t.Obj()) || seen[t] {
			return
		}
		seen[t] = true
		for i := range s.NumFields() {
			visit(t.Obj().Name(), s.Field(i), s.Tag(i))
			p.eachField(s.Field(i).Type(), seen, visit)
		}
	}
}

func unexportedConfigFields(p *plugin, found report) {
	p.eachConfigField(func(of string, field *types.Var, _ string) {
		if !field.Exported() {
			found(field.Pos(), "unexported field "+of+"."+field.Name())
		}
	})
}

func durationConfigFields(p *plugin, found report) {
	p.eachConfigField(func(of string, field *types.Var, _ string) {
		if hasDuration(field.Type()) {
			found(field.Pos(), "field "+of+"."+field.Name()+" of type "+p.write(field.Type()))
		}
	})
}

func renamedConfigFields(p *plugin, found report) {
	p.eachConfigField(func(of string, field *types.Var, tag string) {
		name, _, _ := strings.Cut(reflect.StructTag(tag).Get("json"), ",")
		if name != "" && name != "-" && !strings.EqualFold(name, field.Name()) {
			found(field.Pos(), "field "+of+"."+field.Name()+" with the tag json:\""+name+"\"")
		}
	})
}

// hasDuration finds time.Duration and the types made of it, which are integers to the decoder just as well.
func hasDuration(t types.Type) bool {
	switch t := types.Unalias(t).(type) {
	case container:
		return hasDuration(t.Elem())
	case *types.Named:
		basic, ok := t.Underlying().(*types.Basic)
		return ok && basic.Kind() == types.Int64 && t.Obj().Name() == "Duration"
	}
	return false
}
