// Command huaweiid-lint reads Traefik's configuration files (dynamic and static, YAML and TOML), Kubernetes manifests and the labels in
// Compose files, and says with file and line what the plugin would refuse, and what neither it nor Traefik can see: ways around the
// middleware.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// Exit statuses.
const (
	exitClean    = 0
	exitMistakes = 1
	exitUsage    = 2
)

// run checks the files that the command line names. It returns the exit status: 1 where something has to be mended.
func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("huaweiid-lint", flag.ContinueOnError)
	flags.SetOutput(stderr)
	format := flags.String("format", "text", "how findings are written: `text, json or github`")
	key := flags.String("key", "huaweiid", "the plugin's `name` under experimental.localPlugins")
	flags.Usage = func() {
		fmt.Fprint(stderr, "Usage: huaweiid-lint [flags] FILE|DIRECTORY...\n\n"+
			"Give all files of a configuration together, the static one too: what one of them leaves out, another may have.\n\n")
		flags.PrintDefaults()
	}
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return exitClean
	case err != nil:
		return exitUsage
	}
	write, known := formats[strings.ToLower(*format)]
	if !known {
		fmt.Fprintf(stderr, "huaweiid-lint: -format %q is none of text, json, github\n", *format)
		return exitUsage
	}
	if flags.NArg() == 0 {
		fmt.Fprintln(stderr, "huaweiid-lint: no file to check; name one or more, such as dynamic.yml")
		return exitUsage
	}

	report := check(flags.Args(), *key)
	if err := write(stdout, report); err != nil {
		fmt.Fprintln(stderr, "huaweiid-lint:", err)
		return exitUsage
	}
	if slices.ContainsFunc(report.Findings, func(f finding) bool { return f.Severity == mistake }) {
		return exitMistakes
	}
	return exitClean
}
