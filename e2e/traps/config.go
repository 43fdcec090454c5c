package traps

import "go/types"

// eachConfigField calls visit for every field that Traefik's decoder can reach from the plugin's Config.
func (p *plugin) eachConfigField(visit func(of *types.TypeName, field *types.Var)) {
	root, ok := p.packages[p.module]
	if !ok {
		return
	}
	config, ok := root.Scope().Lookup("Config").(*types.TypeName)
	if !ok {
		return
	}

	seen := map[*types.TypeName]bool{}
	var walk func(types.Type)
	walk = func(t types.Type) {
		switch t := types.Unalias(t).(type) {
		case *types.Pointer:
			walk(t.Elem())
		case *types.Slice:
			walk(t.Elem())
		case *types.Array:
			walk(t.Elem())
		case *types.Map:
			walk(t.Elem())
		case *types.Named:
			s, ok := t.Underlying().(*types.Struct)
			if !ok || !p.ownObject(t.Obj()) || seen[t.Obj()] {
				return
			}
			seen[t.Obj()] = true
			for f := range s.Fields() {
				visit(t.Obj(), f)
				walk(f.Type())
			}
		}
	}
	walk(config.Type())
}

func unexportedConfigFields(p *plugin, found report) {
	p.eachConfigField(func(of *types.TypeName, field *types.Var) {
		if !field.Exported() {
			found(field.Pos(), "unexported field "+of.Name()+"."+field.Name())
		}
	})
}

func durationConfigFields(p *plugin, found report) {
	p.eachConfigField(func(of *types.TypeName, field *types.Var) {
		if hasDuration(field.Type()) {
			found(field.Pos(), "field "+of.Name()+"."+field.Name()+" of type "+p.write(field.Type()))
		}
	})
}

// hasDuration finds time.Duration and the types made of it, which are integers to the decoder just as well.
func hasDuration(t types.Type) bool {
	switch t := types.Unalias(t).(type) {
	case *types.Pointer:
		return hasDuration(t.Elem())
	case *types.Slice:
		return hasDuration(t.Elem())
	case *types.Array:
		return hasDuration(t.Elem())
	case *types.Map:
		return hasDuration(t.Elem())
	case *types.Named:
		basic, ok := t.Underlying().(*types.Basic)

		return ok && basic.Kind() == types.Int64 && t.Obj().Name() == "Duration"
	}

	return false
}
