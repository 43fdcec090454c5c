package lean

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

// What is left out is a third of all packages; what runs the plugin is there.
func TestFlags_leaveOutWhatTheDemoNeverRuns(t *testing.T) {
	t.Parallel()
	root, err := proxy.Root()
	require.NoError(t, err)
	module := filepath.Join(root, "e2e")
	flags, err := Flags(t.Context(), module, t.TempDir())
	require.NoError(t, err)
	whole, lean := packages(t, module), packages(t, module, flags...)
	assert.Contains(t, lean, "github.com/traefik/traefik/v3/pkg/plugins")
	assert.Contains(t, lean, "github.com/traefik/yaegi/interp")
	for _, name := range lean {
		assert.False(t, strings.HasPrefix(name, "k8s.io/client-go/") || strings.HasPrefix(name, "github.com/tetratelabs/"), name)
	}
	assert.Less(t, 10*len(lean), 7*len(whole), "%d packages instead of %d", len(lean), len(whole))
}

// packages are all that the demo on the plugin engine is made of.
func packages(t *testing.T, module string, flags ...string) []string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", append(append([]string{"list", "-mod=readonly"}, flags...), "-deps", "./cmd/demo-engine")...)
	list.Dir = module
	output, err := list.Output()
	require.NoError(t, err)
	return strings.Fields(string(output))
}

func TestFlags_sayWhereTheSourceCannotBeHad(t *testing.T) {
	t.Parallel()
	_, err := Flags(t.Context(), t.TempDir(), t.TempDir())
	require.ErrorContains(t, err, "getting Traefik's source: ")
}
