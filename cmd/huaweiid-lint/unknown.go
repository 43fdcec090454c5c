package main

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/traefik-huaweiid/huaweiid"
)

// Values that are known elsewhere only are taken as given: what is said of a middleware has to be true whether they are left out or are
// something sensible, so that no option is judged by another that is not here.

// plausible are values for options whose default may be wrong beside another option. Files are not here to be read; in the place of a
// secret's stands the secret.
var plausible = map[string]string{
	"token.cookie": "placeholder", "token.query": "placeholder",
	"headers.openID": "X-Placeholder-OpenID", "headers.unionID": "X-Placeholder-UnionID", "headers.phone": "X-Placeholder-Phone",
	"audience.clientIDs": "100000000", "huawei.allowHTTP": "true", "redis.tls": "true",
	"redis.password": placeholderSecret, "redis.secret": placeholderSecret,
}

const placeholderSecret = "a secret of thirty-two bytes, or more"

// isUnknown tells whether an option's value is known elsewhere only.
func (m *middleware) isUnknown(value string) bool {
	return hasUnknown(value) || m.mounted[strings.TrimSpace(value)] || m.resource && secret.MatchString(strings.TrimSpace(value))
}

// problems are what New says of a middleware's options whatever the values are that are not here.
func (m *middleware) problems(options pluginConf) []problem {
	leftOut, found := m.without(func(string) string { return "" })
	said := problemsOf(leftOut, options)
	if !found {
		return said
	}
	filled, _ := m.without(func(path string) string { return plausible[path] })
	also := problemsOf(filled, options)
	return slices.DeleteFunc(said, func(p problem) bool { return !slices.Contains(also, p) })
}

// without is the configuration with other values, or where there are none the defaults, in the place of those that are not here. found
// tells whether there are any.
func (m *middleware) without(other func(path string) string) (config *huaweiid.Config, found bool) {
	copied := *m.config
	defaults := fieldsOf(reflect.ValueOf(huaweiid.CreateConfig()).Elem(), "")
	fields := fieldsOf(reflect.ValueOf(&copied).Elem(), "")
	for path, field := range fields {
		if values, isList := field.Interface().([]string); isList {
			filled := slices.DeleteFunc(slices.Clone(values), m.isUnknown)
			if len(filled) == len(values) {
				continue
			}
			found = true
			if value := other(path); value != "" {
				filled = append(filled, value)
			}
			if len(filled) == 0 {
				filled = nil // an empty list is a mistake
			}
			field.Set(reflect.ValueOf(filled))
			continue
		}
		if !m.isUnknown(field.String()) {
			continue
		}
		found = true
		if of, isFile := strings.CutSuffix(path, "File"); isFile {
			field.SetString("")
			if fields[of].String() == "" {
				fields[of].SetString(other(of))
			}
			continue
		}
		field.SetString(cmp.Or(other(path), defaults[path].String()))
	}
	return &copied, found
}

// fieldsOf are the options of a group and of those in it, by path.
func fieldsOf(group reflect.Value, prefix string) map[string]reflect.Value {
	fields := map[string]reflect.Value{}
	for i := range group.NumField() {
		name, _, _ := strings.Cut(group.Type().Field(i).Tag.Get("json"), ",")
		switch {
		case name == "-":
		case group.Field(i).Kind() == reflect.Struct:
			maps.Copy(fields, fieldsOf(group.Field(i), prefix+name+"."))
		default:
			fields[prefix+name] = group.Field(i)
		}
	}
	return fields
}
