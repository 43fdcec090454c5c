package docs

import (
	"os"
	"testing"

	"github.com/traefik-huaweiid/huaweiid/e2e/plugin"
)

// bothWays are the plugin compiled and interpreted.
var bothWays = map[string]plugin.Make{"compiled": plugin.Compiled}

func TestMain(m *testing.M) {
	os.Exit(plugin.Main(m, func(_, _ string, interpreted plugin.Make) error {
		bothWays["interpreted"] = interpreted
		return nil
	}))
}
