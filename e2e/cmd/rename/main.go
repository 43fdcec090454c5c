// Command rename gives the module another path, everywhere it stands: go.mod files, imports, manifest, documents and
// examples. The package, the plugin's key in configurations and the headers keep their names.
package main

import (
	"fmt"
	"os"

	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "rename:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 || args[0] == "" {
		return fmt.Errorf("reading MODULE: there is none; run make rename MODULE=github.com/OWNER/%s", repository)
	}
	if err := checkModule(args[0]); err != nil {
		return fmt.Errorf("reading MODULE: %w", err)
	}
	root, err := proxy.Root()
	if err != nil {
		return err
	}
	from, files, err := rename(root, args[0])
	if err != nil {
		return err
	}
	if from == args[0] {
		fmt.Printf("The module is %s already.\n", from)
		return nil
	}
	fmt.Printf("%s is now %s, in %d files. Run make test, then commit.\n", from, args[0], files)
	return nil
}
