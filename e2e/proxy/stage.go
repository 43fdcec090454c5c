package proxy

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
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

// stageFrom copies what Traefik's loader reads of the module in from: manifest, go.mod, vendor, and the package at its top
// with the module's own packages that it imports. Tests, commands and examples stay behind, so that a plugin that needs
// one of them fails here and not at its first user.
func stageFrom(from, dir string) (string, error) {
	module, err := modulePath(from)
	if err != nil {
		return "", fmt.Errorf("staging the plugin: %w", err)
	}
	to := filepath.Join(dir, "plugins-local", "src", filepath.FromSlash(module))

	for _, name := range []string{"go.mod", ".traefik.yml"} {
		if err := copyFile(filepath.Join(from, name), filepath.Join(to, name)); err != nil {
			return "", fmt.Errorf("staging the plugin %s: %w", module, err)
		}
	}
	if err := stagePackage(from, to, module, ".", map[string]bool{}); err != nil {
		return "", fmt.Errorf("staging the plugin %s: %w", module, err)
	}
	vendor := filepath.Join(from, "vendor")
	if _, err := os.Stat(vendor); err == nil {
		if err := copyTree(vendor, filepath.Join(to, "vendor")); err != nil {
			return "", fmt.Errorf("staging the plugin %s: %w", module, err)
		}
	}
	return module, nil
}

func stagePackage(from, to, module, pkg string, seen map[string]bool) error {
	if seen[pkg] {
		return nil
	}
	seen[pkg] = true

	files, err := filepath.Glob(filepath.Join(from, filepath.FromSlash(pkg), "*.go"))
	if err != nil {
		return err
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		target := filepath.Join(to, filepath.FromSlash(pkg), filepath.Base(file))
		if err := copyFile(file, target); err != nil {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return fmt.Errorf("reading its imports: %w", err)
		}
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return fmt.Errorf("reading its imports: %w", err)
			}
			if own, ok := strings.CutPrefix(imported, module+"/"); ok {
				if err := stagePackage(from, to, module, path.Clean(own), seen); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return nil
		}
		relative, err := filepath.Rel(from, file)
		if err != nil {
			return err
		}
		return copyFile(file, filepath.Join(to, relative))
	})
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
