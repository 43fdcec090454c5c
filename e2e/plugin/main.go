package plugin

import (
	"fmt"
	"io"
	"os"

	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

// Main is for a package's TestMain: it stages the plugin in dir, loads it interpreted, gives both to prepare and then runs
// the tests, since loading changes the working directory for a moment, which no test may see. What comes back is for
// os.Exit.
func Main(tests interface{ Run() int }, prepare func(dir, module string, interpreted Make) error) int {
	code, err := run(tests, prepare)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

func run(tests interface{ Run() int }, prepare func(dir, module string, interpreted Make) error) (int, error) {
	dir, err := os.MkdirTemp("", "huaweiid-plugin")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	module, err := proxy.Stage(dir)
	if err != nil {
		return 0, err
	}
	interpreted, err := Interpreted(dir, module, io.Discard)
	if err != nil {
		return 0, err
	}
	if err := prepare(dir, module, interpreted); err != nil {
		return 0, err
	}
	return tests.Run(), nil
}
