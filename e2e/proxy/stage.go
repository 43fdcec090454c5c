package proxy

import (
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// pluginAlias is the plugin's key in Traefik's configuration.
const pluginAlias = "huaweiid"

// Stage copies this checkout's plugin to where Traefik, started in dir, looks for a local plugin:
// dir/plugins-local/src/MODULE. It returns the module path, which is the plugin's moduleName.
func Stage(dir string) (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	return stageFrom(root, dir)
}

// stageAll stages this checkout's plugin and the extra ones, and returns their module paths by alias.
func stageAll(dir string, plugins map[string]string) (map[string]string, error) {
	modules := map[string]string{}
	for alias, from := range plugins {
		module, err := stageFrom(from, dir)
		if err != nil {
			return nil, err
		}
		modules[alias] = module
	}
	if _, replaced := modules[pluginAlias]; !replaced {
		module, err := Stage(dir)
		if err != nil {
			return nil, err
		}
		modules[pluginAlias] = module
	}
	return modules, nil
}

// stageFrom copies what Traefik needs of the module in from. Tests, commands and examples stay behind, so that a plugin that
// needs one of them fails here and not at its first user.
func stageFrom(from, dir string) (string, error) {
	module, files, err := PluginFiles(from)
	if err != nil {
		return "", fmt.Errorf("staging the plugin: %w", err)
	}
	to := filepath.Join(dir, "plugins-local", "src", filepath.FromSlash(module))
	for _, name := range files {
		if err := copyFile(filepath.Join(from, filepath.FromSlash(name)), filepath.Join(to, filepath.FromSlash(name))); err != nil {
			return "", fmt.Errorf("staging the plugin %s: %w", module, err)
		}
	}
	return module, nil
}

// PluginFiles lists what Traefik needs of the plugin in dir, by names relative to it, with slashes: manifest, go.mod, the
// package at its top, and of the module's own and the vendored packages those that it imports, with the licences of the latter.
// Images and ConfigMaps have these files and no others.
func PluginFiles(dir string) (module string, files []string, err error) {
	module, err = modulePath(dir)
	if err != nil {
		return "", nil, err
	}
	found := map[string]bool{"go.mod": true, ".traefik.yml": true}
	if err := addPackage(dir, module, ".", found); err != nil {
		return "", nil, err
	}
	for name := range found {
		if strings.HasSuffix(name, "/") {
			continue // a package that was seen
		}
		files = append(files, name)
	}
	slices.Sort(files)
	return module, files, nil
}

// addPackage adds the files of a package and of those that it imports. A package that was seen is in found with a slash.
func addPackage(dir, module, pkg string, found map[string]bool) error {
	if found[pkg+"/"] {
		return nil
	}
	found[pkg+"/"] = true

	sources, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(pkg), "*.go"))
	if err != nil {
		return err
	}
	for _, source := range sources {
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		found[path.Join(pkg, filepath.Base(source))] = true
		parsed, err := parser.ParseFile(token.NewFileSet(), source, nil, parser.ImportsOnly)
		if err != nil {
			return fmt.Errorf("reading its imports: %w", err)
		}
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return fmt.Errorf("reading its imports: %w", err)
			}
			if err := addImport(dir, module, imported, found); err != nil {
				return err
			}
		}
	}
	return nil
}

func addImport(dir, module, imported string, found map[string]bool) error {
	if own, ok := strings.CutPrefix(imported, module+"/"); ok {
		return addPackage(dir, module, path.Clean(own), found)
	}
	vendored := path.Join("vendor", imported)
	if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(vendored))); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // the standard library's
		}
		return err
	}
	for at := vendored; at != "vendor"; at = path.Dir(at) {
		licences, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(at), "LICENSE*"))
		if err != nil {
			return err
		}
		for _, licence := range licences {
			found[path.Join(at, filepath.Base(licence))] = true
		}
	}
	return addPackage(dir, module, vendored, found)
}

func copyFile(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o644)
}
