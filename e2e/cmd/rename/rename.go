package main

import (
	"bytes"
	"fmt"
	"go/format"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// repository is the only last element that a path may have. Traefik takes the package's name from it, and the package is
// named huaweiid in every file, configuration and document.
const repository = "huaweiid"

// modulePath is a path that Traefik's catalog can find: a repository of an owner on GitHub.
var modulePath = regexp.MustCompile(`^github\.com/[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?/([A-Za-z0-9._-]+)$`)

// moduleLine is the first directive of go.mod.
var moduleLine = regexp.MustCompile(`(?m)^module\s+(\S+)\s*$`)

// skipped are the directories that hold no text of this project.
var skipped = map[string]bool{".git": true, "vendor": true, ".bin": true}

func checkModule(module string) error {
	match := modulePath.FindStringSubmatch(module)
	if match == nil {
		return fmt.Errorf("%q is not of the form github.com/OWNER/%s", module, repository)
	}
	if match[1] != repository {
		return fmt.Errorf("%q ends in %q; it must end in %q, because Traefik expects the package %s under that name", module, match[1], repository, repository)
	}
	return nil
}

// rename replaces the module path in every text file under root. It returns the path before and the number of files changed.
func rename(root, to string) (string, int, error) {
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return "", 0, fmt.Errorf("reading the module path: %w", err)
	}
	match := moduleLine.FindSubmatch(mod)
	if match == nil {
		return "", 0, fmt.Errorf("reading the module path: go.mod has no module line")
	}
	from := string(match[1])
	if from == to {
		return from, 0, nil
	}

	changed := 0
	err = filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && skipped[entry.Name()]:
			return filepath.SkipDir
		case !entry.Type().IsRegular():
			return nil
		}
		did, err := renameIn(file, from, to)
		if did {
			changed++
		}
		return err
	})
	if err != nil {
		return "", 0, fmt.Errorf("renaming %s to %s: %w", from, to, err)
	}
	return from, changed, nil
}

func renameIn(file, from, to string) (bool, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return false, err
	}
	// A NUL byte is git's sign of a binary file as well.
	if bytes.IndexByte(content, 0) >= 0 || !bytes.Contains(content, []byte(from)) {
		return false, nil
	}
	renamed := replaceModule(content, from, to)
	if bytes.Equal(renamed, content) {
		return false, nil
	}
	if strings.HasSuffix(file, ".go") {
		// Imports are sorted by path, so another path may need another place.
		if renamed, err = format.Source(renamed); err != nil {
			return false, fmt.Errorf("formatting %s: %w", file, err)
		}
	}
	info, err := os.Stat(file)
	if err != nil {
		return false, err
	}
	return true, os.WriteFile(file, renamed, info.Mode())
}

// replaceModule replaces from where it is a path of its own or the beginning of a longer one, not where another name merely
// begins with it.
func replaceModule(content []byte, from, to string) []byte {
	whole := regexp.MustCompile(regexp.QuoteMeta(from) + `([^A-Za-z0-9_-]|$)`)
	return whole.ReplaceAll(content, []byte(to+"${1}"))
}
