// Package checkout knows which files of this checkout a commit would have, so that tests can treat the checkout as a tag.
package checkout

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

// Files lists what git tracks, and what it would track after a git add: names relative to root, with slashes.
func Files(ctx context.Context) (root string, files []string, err error) {
	if root, err = proxy.Root(); err != nil {
		return "", nil, err
	}
	command := exec.CommandContext(ctx, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	command.Dir = root
	output, err := command.Output()
	if err != nil {
		return "", nil, fmt.Errorf("listing the checkout's files with git: %w", err)
	}
	for _, name := range strings.Split(strings.TrimRight(string(output), "\x00"), "\x00") {
		// What is removed, but not yet for git, is not there.
		if info, err := os.Stat(filepath.Join(root, filepath.FromSlash(name))); err == nil && info.Mode().IsRegular() {
			files = append(files, name)
		}
	}
	return root, files, nil
}

// Copy copies those files into a directory.
func Copy(ctx context.Context, dir string) error {
	root, files, err := Files(ctx)
	if err != nil {
		return err
	}
	for _, name := range files {
		from, to := filepath.Join(root, filepath.FromSlash(name)), filepath.Join(dir, filepath.FromSlash(name))
		content, err := os.ReadFile(from)
		if err != nil {
			return fmt.Errorf("copying the checkout: %w", err)
		}
		info, err := os.Stat(from)
		if err != nil {
			return fmt.Errorf("copying the checkout: %w", err)
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return fmt.Errorf("copying the checkout: %w", err)
		}
		if err := os.WriteFile(to, content, info.Mode().Perm()); err != nil {
			return fmt.Errorf("copying the checkout: %w", err)
		}
	}
	return nil
}
