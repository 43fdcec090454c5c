package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/checkout"
)

// The whole checkout under another name: the old one stands nowhere, all three modules are whole, and the catalog's analyzer makes
// the middleware.
func TestRename_leavesACheckoutThatIsWhole(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, checkout.Copy(t.Context(), dir))
	from, _, err := rename(dir, "github.com/another-owner/huaweiid")
	require.NoError(t, err)

	in := func(sub string, command ...string) {
		t.Helper()
		c := exec.CommandContext(t.Context(), command[0], command[1:]...)
		c.Dir = filepath.Join(dir, sub)
		output, err := c.CombinedOutput()
		assert.NoError(t, err, "%s: %v\n%s", sub, command, output)
	}
	in(".", "git", "init", "-q")
	_, files, err := checkout.Files(t.Context())
	require.NoError(t, err)
	for _, name := range files {
		if strings.HasPrefix(name, "vendor/") {
			continue
		}
		content, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		require.NoError(t, err)
		assert.Equal(t, len(replaceModule(content, from, "")), len(content), "%s still has the old name", name)
	}
	in(".", "go", "vet", "./...")
	in("cmd/huaweiid-lint", "go", "vet", "./...")
	in("e2e", "go", "test", "./catalog", "./docs", "-run", "TestCatalog|TestImage|TestConfigurations")
}
