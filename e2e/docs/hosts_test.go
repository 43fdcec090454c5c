package docs

import (
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/traefik-huaweiid/huaweiid/e2e/load"
	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

// bothWays are the plugin compiled and interpreted.
var bothWays = map[string]load.Make{"compiled": load.Compiled}

// The plugin is interpreted before any test runs, because loading it changes the working directory for a moment.
func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "huaweiid-docs")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	module, err := proxy.Stage(dir)
	if err != nil {
		return 0, err
	}
	bothWays["interpreted"], err = load.Interpreted(dir, module, io.Discard)
	if err != nil {
		return 0, err
	}
	return m.Run(), nil
}
