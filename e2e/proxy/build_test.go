package proxy

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHasDashboard_goesByWhereALinkLeads(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	built, other := filepath.Join(dir, builtDir, "traefik"), filepath.Join(dir, "release", "traefik")
	for _, binary := range []string{built, other} {
		require.NoError(t, os.MkdirAll(filepath.Dir(binary), 0o755))
		require.NoError(t, os.WriteFile(binary, nil, 0o755))
	}
	require.False(t, hasDashboard(built))
	require.True(t, hasDashboard(other))
	link := filepath.Join(dir, "traefik")
	require.NoError(t, os.Symlink(built, link))
	require.False(t, hasDashboard(link))
}
