package plugin

import (
	"reflect"
	"strings"

	"github.com/traefik-huaweiid/huaweiid"
)

// EachOption visits every option of a configuration with its path, as the json tags spell it.
func EachOption(config *huaweiid.Config, visit func(path string, option reflect.Value)) {
	eachOption(reflect.ValueOf(config).Elem(), "", visit)
}

func eachOption(group reflect.Value, prefix string, visit func(path string, option reflect.Value)) {
	for i := range group.NumField() {
		name, _, _ := strings.Cut(group.Type().Field(i).Tag.Get("json"), ",")
		switch {
		case name == "-":
		case group.Field(i).Kind() == reflect.Struct:
			eachOption(group.Field(i), prefix+name+".", visit)
		default:
			visit(prefix+name, group.Field(i))
		}
	}
}
