package examples

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFile_servesInYAMLAndTOML(t *testing.T) {
	t.Parallel()
	for _, static := range []string{"traefik.yml", "traefik.toml"} {
		t.Run(static, func(t *testing.T) {
			t.Parallel()
			e := prepare(t, "file", appAddress)
			e.place(t)
			e.start(t, "--configFile="+static)
			e.tryAll(t)
		})
	}
}

func TestMultiApp_servesEachApplicationInItsWay(t *testing.T) {
	t.Parallel()
	e := prepare(t, "multi-app", appAddress, "127.0.0.1:9001", "127.0.0.1:9002", "127.0.0.1:9003")
	e.place(t)
	e.start(t, "--configFile=traefik.yml")
	e.tryAll(t)
}

// The metrics and the access log tell verdicts.
func TestEntryPoint_isInFrontOfEveryRouter(t *testing.T) {
	t.Parallel()
	e := prepare(t, "entrypoint", appAddress, "127.0.0.1:9001")
	e.addresses["127.0.0.1:8082"] = free(t)
	e.place(t)
	e.start(t, "--configFile=traefik.yml")
	e.tryAll(t)
	log, err := os.ReadFile(filepath.Join(e.dir, "access.log"))
	require.NoError(t, err)
	assert.Contains(t, string(log), `"request_X-User-Status":"verified"`)
}
