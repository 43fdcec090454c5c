// Package kubelet lays a ConfigMap out as Kubernetes' kubelet does where a container has it mounted.
package kubelet

import (
	"os"
	"path/filepath"
	"strings"
)

// version is the directory that holds the files, as one of its kind is named.
const version = "..2026_11_28_12_00_00.1234567890"

// Project writes files into a directory by their paths, which have slashes. They lie in a directory of their own, to which ..data
// leads; every name at the top is a link through that, so that a new version takes the place of all files at once.
func Project(dir string, files map[string]string) error {
	if err := os.MkdirAll(filepath.Join(dir, version), 0o755); err != nil {
		return err
	}
	if err := os.Symlink(version, filepath.Join(dir, "..data")); err != nil {
		return err
	}
	linked := map[string]bool{}
	for path, content := range files {
		file := filepath.Join(dir, version, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			return err
		}
		top, _, _ := strings.Cut(path, "/")
		if linked[top] {
			continue
		}
		linked[top] = true
		if err := os.Symlink(filepath.Join("..data", top), filepath.Join(dir, top)); err != nil {
			return err
		}
	}
	return nil
}
