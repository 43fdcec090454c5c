package lean

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

// What is left out is three fifths of all packages; what runs the plugin is there.
func TestFlags_leaveOutWhatTheDemoNeverRuns(t *testing.T) {
	t.Parallel()
	module, flags := leanFlags(t)
	whole, lean := deps(t, module, "{{.ImportPath}}"), deps(t, module, "{{.ImportPath}}", flags...)
	assert.Contains(t, lean, "github.com/traefik/traefik/v3/pkg/plugins")
	assert.Contains(t, lean, "github.com/traefik/yaegi/interp")
	for _, name := range lean {
		for _, left := range []string{"k8s.io/client-go/", "github.com/tetratelabs/", "go.opentelemetry.io/", "github.com/go-acme/"} {
			assert.False(t, strings.HasPrefix(name, left), name)
		}
	}
	assert.Less(t, 5*len(lean), 2*len(whole), "%d packages instead of %d", len(lean), len(whole))

	// The Makefile downloads these in advance.
	listed, err := os.ReadFile("modules.txt")
	require.NoError(t, err)
	modules := slices.DeleteFunc(deps(t, module, "{{with .Module}}{{.Path}}{{end}}", flags...), func(path string) bool {
		return strings.HasPrefix(path, "github.com/traefik-huaweiid/huaweiid")
	})
	slices.Sort(modules)
	assert.Equal(t, slices.Compact(modules), strings.Fields(string(listed)))
}

// leanFlags gives the directory of the module, and the flags of a lean build there.
func leanFlags(t *testing.T) (module string, flags []string) {
	t.Helper()
	root, err := proxy.Root()
	require.NoError(t, err)
	module = filepath.Join(root, "e2e")
	flags, err = Flags(t.Context(), module, t.TempDir())
	require.NoError(t, err)
	return module, flags
}

// deps tells something of all packages that the demo on the plugin engine is made of.
func deps(t *testing.T, module, format string, flags ...string) []string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", append(append([]string{"list", "-mod=readonly"}, flags...), "-deps", "-f", format, "./cmd/demo-engine")...)
	list.Dir = module
	output, err := list.Output()
	require.NoError(t, err)
	return strings.Fields(string(output))
}

// The engine's tests pass without it: the demo's requests are answered as Traefik does.
func TestFlags_leaveInWhatTheDemoRuns(t *testing.T) {
	t.Parallel()
	module, flags := leanFlags(t)
	test := exec.CommandContext(t.Context(), "go", append(append([]string{"test", "-mod=readonly", "-count=1"}, flags...), "./demo/engine")...)
	test.Dir = module
	output, err := test.CombinedOutput()
	require.NoError(t, err, string(output))
}

func TestFlags_sayWhereTheSourceCannotBeHad(t *testing.T) {
	t.Parallel()
	_, err := Flags(t.Context(), t.TempDir(), t.TempDir())
	require.ErrorContains(t, err, "getting Traefik's source: ")
}
