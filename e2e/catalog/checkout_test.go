// Package catalog does with this checkout what Traefik's plugin catalog does with a tag of a repository before it lists a plugin
// (github.com/traefik/piceus, pkg/core). Whoever publishes this under a name of their own should not find out there.
package catalog

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/checkout"
)

func tagged(t *testing.T) (root string, files []string) {
	t.Helper()
	root, files, err := checkout.Files(t.Context())
	require.NoError(t, err)
	return root, files
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	root, _ := tagged(t)
	content, err := os.ReadFile(filepath.Join(root, name))
	require.NoError(t, err)
	return content
}

func tags(t *testing.T) []string {
	t.Helper()
	root, _ := tagged(t)
	command := exec.CommandContext(t.Context(), "git", "tag")
	command.Dir = root
	output, err := command.Output()
	require.NoError(t, err)
	return strings.Fields(string(output))
}
