// Command traps refuses, in the source of a Traefik plugin, what Traefik's interpreter (Yaegi v0.16.1) gets wrong.
//
//	go run ./cmd/traps PACKAGE...
//
// A package is what the go command takes for one where this runs, or the directory of any plugin: ../my-plugin is the package
// there with what it imports of its module, ../my-plugin/... all packages of the module. The exit status is 1 where it finds
// something, and 2 where it cannot look.
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/traefik-huaweiid/huaweiid/e2e/traps"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(packages []string, stdout, stderr io.Writer) (status int) {
	if len(packages) == 0 || strings.HasPrefix(packages[0], "-") {
		fmt.Fprintln(stderr, "usage: traps PACKAGE...\n\nA package is a pattern of the go command, or a plugin's directory. It finds:")
		for _, a := range traps.Analyzers {
			title, _, _ := strings.Cut(a.Doc, "\n")
			fmt.Fprintf(stderr, "  %-15s %s\n", a.Name, title)
		}
		return 2
	}
	for _, pkg := range packages {
		dir, pattern := ".", pkg
		path, rest := strings.CutSuffix(pkg, "/...")
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			dir, pattern = path, "."
			if rest {
				pattern = "./..."
			}
		}
		findings, err := traps.Check(dir, pattern)
		for _, f := range findings {
			f.Filename = relative(f.Filename)
			fmt.Fprintln(stdout, f)
			status = max(status, 1)
		}
		if err != nil {
			fmt.Fprintf(stderr, "checking %s: %v\n", pkg, err)
			status = 2
		}
	}
	return status
}

// relative is a file's name as seen from here, where that is shorter.
func relative(file string) string {
	here, err := os.Getwd()
	if err != nil {
		return file
	}
	if name, err := filepath.Rel(here, file); err == nil && len(name) < len(file) {
		return name
	}
	return file
}
