package docs

import (
	"os"
	"testing"

	"github.com/traefik-huaweiid/huaweiid/e2e/load"
)

// bothWays are the plugin compiled and interpreted.
var bothWays = map[string]load.Make{"compiled": load.Compiled}

func TestMain(m *testing.M) {
	os.Exit(load.Main(m, func(_, _ string, interpreted load.Make) error {
		bothWays["interpreted"] = interpreted
		return nil
	}))
}
