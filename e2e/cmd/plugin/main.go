// Command plugin puts what Traefik needs of the plugin where Traefik looks for it: into a directory, or into a ConfigMap of Kubernetes.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "plugin:", err)
		os.Exit(1)
	}
}

var errUsage = errors.New("run make plugin DIR=DIRECTORY, the one that Traefik is started in, or make configmap DIR=DIRECTORY")

func run(args []string, stdout io.Writer) error {
	if len(args) != 2 || args[1] == "" {
		return errUsage
	}
	dir := args[1]
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return fmt.Errorf("%s is no directory; create it, or name another", dir)
	}
	switch args[0] {
	case "directory":
		return install(dir, stdout)
	case "configmap":
		return configMap(dir, stdout)
	}
	return errUsage
}

// install puts the plugin into the directory that Traefik is started in. What was there of the plugin before goes.
func install(dir string, stdout io.Writer) error {
	root, err := proxy.Root()
	if err != nil {
		return err
	}
	module, _, err := proxy.PluginFiles(root)
	if err != nil {
		return err
	}
	to := filepath.Join(dir, "plugins-local", "src", filepath.FromSlash(module))
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	if _, err := proxy.Stage(dir); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "The plugin is in %s.\n", to)
	return nil
}
