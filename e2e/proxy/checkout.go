package proxy

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// traefikModule is the module of the proxy; its version stands in e2e/go.mod and nowhere else.
const traefikModule = "github.com/traefik/traefik/v3"

// Root is the checkout's top directory, found upwards from the working directory: the one that has e2e/go.mod.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("finding the checkout: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "e2e", "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("finding the checkout: no directory with e2e/go.mod here or above; run this inside the checkout")
		}
		dir = parent
	}
}

// modulePath reads the module path of the Go module in dir.
func modulePath(dir string) (string, error) {
	return directive(filepath.Join(dir, "go.mod"), "module")
}

// TraefikVersion is the version of Traefik that the end-to-end module requires, such as v3.6.12.
func TraefikVersion() (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	return traefikVersion(root)
}

func traefikVersion(root string) (string, error) {
	return directive(filepath.Join(root, "e2e", "go.mod"), traefikModule)
}

// directive gives the word after the given first word of a line. The two things that are looked up are on lines of their
// own in every go.mod that the go command writes, so no parser of the whole format is needed.
func directive(file, first string) (string, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", filepath.Base(file), err)
	}
	for _, line := range strings.Split(string(content), "\n") {
		words := strings.Fields(line)
		if len(words) > 2 && words[0] == "require" {
			words = words[1:]
		}
		if len(words) > 1 && words[0] == first {
			return strings.Trim(words[1], `"`), nil
		}
	}
	return "", fmt.Errorf("reading %s: it has no line that starts with %q", file, first)
}
