package traps

import (
	"bytes"
	"errors"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
)

// compiled gives the types of packages that are not the plugin's own, from what the compiler left in its cache: far
// quicker than from their sources, and kept for all checks of one process. It is to be locked while in use.
var compiled = newCompiledPackages()

type compiledPackages struct {
	sync.Mutex

	fset *token.FileSet
	// exports are the files that hold the packages' types, by import path.
	exports map[string]string
	types   types.Importer
}

func newCompiledPackages() *compiledPackages {
	c := &compiledPackages{fset: token.NewFileSet(), exports: map[string]string{}}
	c.types = importer.ForCompiler(c.fset, "gc", c.open)

	return c
}

// prepare asks the go command, as the module at dir would, for the packages that are not known yet. One that does not
// exist is left to Import.
func (c *compiledPackages) prepare(dir string, paths []string) error {
	args := []string{"list", "-e", "-export", "-f", "{{.ImportPath}}\t{{.Export}}", "--"}
	known := len(args)
	for _, path := range paths {
		if _, ok := c.exports[path]; !ok && path != "unsafe" && path != "C" {
			args = append(args, path)
		}
	}
	if len(args) == known {
		return nil
	}

	out, err := goCommand(dir, args...)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if file != "" {
			c.exports[path] = file
		}
	}

	return nil
}

// Import implements types.Importer.
func (c *compiledPackages) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}

	return c.types.Import(path)
}

func (c *compiledPackages) open(path string) (io.ReadCloser, error) {
	file, ok := c.exports[path]
	if !ok {
		return nil, errors.New("no such package, or one that does not compile")
	}

	return os.Open(file)
}

// goCommand runs the go command in a module's directory.
func goCommand(dir string, args ...string) ([]byte, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	// What the module itself says decides, such as whether it has a vendor directory.
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w: %s", args[0], err, bytes.TrimSpace(stderr.Bytes()))
	}

	return out, nil
}
