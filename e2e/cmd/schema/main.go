// Command schema writes schema/huaweiid.json, the JSON Schema of the plugin's options, for editors and pipelines. Nothing in it is
// written by hand: names and defaults are those of Config, kinds and bounds those that New names when it refuses a value, and the
// descriptions those of the README's table.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "schema:", err)
		os.Exit(1)
	}
}

func run() error {
	root, err := proxy.Root()
	if err != nil {
		return err
	}
	text, err := generate(root)
	if err != nil {
		return err
	}
	path := filepath.Join(root, filepath.FromSlash(schemaFile))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}
