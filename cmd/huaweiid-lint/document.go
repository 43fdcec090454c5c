package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"github.com/BurntSushi/toml"
	"github.com/Masterminds/sprig/v3"
	"github.com/pelletier/go-toml/v2/unstable"
	"gopkg.in/yaml.v3"
)

// place is where something stands.
type place struct {
	file string
	line int
}

// document is one YAML document or TOML file: what Traefik's decoder makes of it, and on which line each key stands.
type document struct {
	file     string
	toml     bool
	first    int  // the line that it begins on
	template bool // carried out
	data     map[string]any
	lines    map[string]int // by path, see join
}

// separator joins the keys of a path. It is no character of a configuration file.
const separator = "\x00"

func join(path ...string) string { return strings.Join(path, separator) }

// at is the place of a path, or of the innermost key on the way to it that there is.
func (d *document) at(path ...string) place {
	for n := len(path); n > 0; n-- {
		if line, ok := d.lines[join(path[:n]...)]; ok {
			return place{d.file, line}
		}
	}
	return place{d.file, d.first}
}

// extensions are those that Traefik's file provider reads, and those of manifests.
var extensions = map[string]bool{".yml": true, ".yaml": true, ".toml": true, ".json": true}

// filesOf returns the files that the arguments name; of a directory those that Traefik or kubectl would read.
func filesOf(arguments []string) ([]string, error) {
	var files []string
	for _, argument := range arguments {
		info, err := os.Stat(argument)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, argument)
			continue
		}
		err = filepath.WalkDir(argument, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() && extensions[strings.ToLower(filepath.Ext(path))] {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}

// read decodes a file. A file of several YAML documents is several.
func read(file string) ([]*document, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	// Templates in a Compose file and in a static configuration are for others, such as the rule that routers have by default. The file
	// provider never sees manifests, which may hold anything: a ConfigMap the plugin's source.
	documents, err := parse(file, string(content))
	if errors.Is(err, errFormat) || err == nil && slices.ContainsFunc(documents, standsAsItIs) {
		return documents, err
	}
	text, err := render(string(content))
	if err != nil {
		return nil, err
	}
	documents, err = parse(file, text)
	for _, d := range documents {
		d.template = text != string(content)
	}
	return documents, err
}

// standsAsItIs tells whether Traefik carries out no template in a document.
func standsAsItIs(d *document) bool {
	_, hasEntryPoints := d.data["entryPoints"]
	_, hasProviders := d.data["providers"]
	return isCompose(d) || isResource(d) || hasEntryPoints || hasProviders
}

var errFormat = errors.New("the file's name tells no format; name it .yml, .yaml, .json or .toml")

func parse(file, text string) ([]*document, error) {
	switch strings.ToLower(filepath.Ext(file)) {
	case ".toml":
		return readTOML(file, text)
	case ".yml", ".yaml", ".json":
		return readYAML(file, text)
	}
	return nil, errFormat
}

// render carries out a file's template as Traefik's file provider does (pkg/provider/file, CreateConfiguration), with the
// environment of this process; what is not set there is known elsewhere only. A template on one line leaves the lines as they are.
func render(text string) (string, error) {
	if !strings.Contains(text, "{{") {
		return text, nil
	}
	functions := sprig.TxtFuncMap()
	functions["normalize"] = func(name string) string {
		return strings.Join(strings.FieldsFunc(name, func(c rune) bool { return !isLetterOrDigit(c) }), "-")
	}
	functions["split"] = strings.Split
	functions["env"] = func(name string) string { return valueOf(name, "", "") }
	parsed, err := template.New("").Funcs(functions).Parse(text)
	if err != nil {
		return "", fmt.Errorf("carrying out its template: %w; a Helm template has to be rendered first (helm template)", err)
	}
	var b strings.Builder
	if err := parsed.Execute(&b, false); err != nil {
		return "", fmt.Errorf("carrying out its template: %w; a Helm template has to be rendered first (helm template)", err)
	}
	return b.String(), nil
}

func isLetterOrDigit(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func readYAML(file, text string) ([]*document, error) {
	var documents []*document
	decoder := yaml.NewDecoder(strings.NewReader(text))
	for {
		var node yaml.Node
		switch err := decoder.Decode(&node); {
		case err != nil && err.Error() == "EOF":
			return documents, nil
		case err != nil:
			return nil, err
		}
		var data any
		if err := node.Decode(&data); err != nil {
			return nil, err
		}
		values, isMap := data.(map[string]any)
		if !isMap {
			continue // an empty document, or none of a configuration
		}
		d := &document{file: file, first: node.Line, data: values, lines: map[string]int{}}
		d.addYAML(&node, nil, map[*yaml.Node]bool{})
		documents = append(documents, d)
	}
}

// addYAML notes the lines of a node's keys. Keys that a merge (<<) brings stand where they were written.
func (d *document) addYAML(node *yaml.Node, path []string, above map[*yaml.Node]bool) {
	if above[node] {
		return // an alias within its own anchor
	}
	above[node] = true
	defer delete(above, node)
	switch node.Kind {
	case yaml.DocumentNode:
		for _, child := range node.Content {
			d.addYAML(child, path, above)
		}
	case yaml.AliasNode:
		d.addYAML(node.Alias, path, above)
	case yaml.SequenceNode:
		for i, child := range node.Content {
			d.note(append(path, fmt.Sprint(i)), child.Line)
			d.addYAML(child, append(path, fmt.Sprint(i)), above)
		}
	case yaml.MappingNode:
		var merged []*yaml.Node
		for i := 0; i+1 < len(node.Content); i += 2 {
			key, value := node.Content[i], node.Content[i+1]
			if key.Tag == "!!merge" {
				merged = append(merged, value)
				continue
			}
			d.note(append(path, key.Value), key.Line)
			d.addYAML(value, append(path, key.Value), above)
		}
		for _, value := range merged {
			if value.Kind != yaml.SequenceNode {
				d.addYAML(value, path, above)
				continue
			}
			for _, one := range value.Content {
				d.addYAML(one, path, above)
			}
		}
	}
}

func (d *document) note(path []string, line int) {
	if _, noted := d.lines[join(path...)]; !noted {
		d.lines[join(path...)] = line
	}
}

// readTOML decodes with the library that Traefik uses, which keeps no positions, and takes those from another.
func readTOML(file, text string) ([]*document, error) {
	d := &document{file: file, toml: true, first: 1, data: map[string]any{}, lines: map[string]int{}}
	if err := toml.Unmarshal([]byte(text), &d.data); err != nil {
		var parse toml.ParseError
		if errors.As(err, &parse) {
			return nil, positioned{parse.Position.Line, err}
		}
		return nil, err
	}
	parser := &unstable.Parser{}
	parser.Reset([]byte(text))
	var table []string
	count := map[string]int{}
	for parser.NextExpression() {
		expression := parser.Expression()
		switch expression.Kind {
		case unstable.Table:
			table = d.addKeys(parser, expression, nil)
		case unstable.ArrayTable:
			table = d.addKeys(parser, expression, nil)
			n := count[join(table...)]
			count[join(table...)]++
			table = append(table, fmt.Sprint(n))
		case unstable.KeyValue:
			d.addKeyValue(parser, expression, table)
		}
	}
	return []*document{d}, nil
}

func (d *document) addKeyValue(parser *unstable.Parser, expression *unstable.Node, table []string) {
	path := d.addKeys(parser, expression, table)
	if value := expression.Value(); value.Kind == unstable.InlineTable {
		for children := value.Children(); children.Next(); {
			d.addKeyValue(parser, children.Node(), path)
		}
	}
}

func (d *document) addKeys(parser *unstable.Parser, expression *unstable.Node, table []string) []string {
	path := append([]string(nil), table...)
	for keys := expression.Key(); keys.Next(); {
		key := keys.Node()
		path = append(path, string(key.Data))
		d.note(path, parser.Shape(key.Raw).Start.Line)
	}
	return path
}

// positioned is an error that knows its line.
type positioned struct {
	line int
	error
}
