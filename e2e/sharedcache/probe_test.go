package sharedcache

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/traefik/yaegi/interp"
	"github.com/traefik/yaegi/stdlib"

	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

// patient is a time-out that no test waits for on a busy machine.
const patient = 20 * time.Second

// probe is the shared tier of one interpreted replica.
type probe struct {
	set   func(key, value string) string // the fault; "" = none
	get   func(key string) (value, fault string)
	store func(token, openID, code string, age time.Duration)
	fetch func(token string) (openID, code string)
}

// maker makes probes. All that come from one share an interpreter, as the middlewares of one Traefik do.
type maker func(addresses, username, password, rootCAs string, timeout time.Duration) (func(key, value string) string,
	func(key string) (string, string), func(token, openID, code string, age time.Duration), func(token string) (string, string))

var interpreted maker

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "huaweiid-probe")
	if err == nil {
		interpreted, err = load(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// load stages the plugin with the probe beside its files, and interprets both.
func load(dir string) (maker, error) {
	module, err := proxy.Stage(dir)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile("testdata/probe.go.txt")
	if err != nil {
		return nil, err
	}
	gopath := filepath.Join(dir, "plugins-local")
	if err := os.WriteFile(filepath.Join(gopath, "src", filepath.FromSlash(module), "probe.go"), text, 0o600); err != nil {
		return nil, err
	}
	i := interp.New(interp.Options{GoPath: gopath})
	if err := i.Use(stdlib.Symbols); err != nil {
		return nil, err
	}
	if _, err := i.Eval(fmt.Sprintf("import %q", module)); err != nil {
		return nil, fmt.Errorf("interpreting the plugin: %w", err)
	}
	found, err := i.Eval("huaweiid.Probe")
	if err != nil {
		return nil, err
	}
	makes, ok := found.Interface().(func(string, string, string, string, time.Duration) (func(string, string) string,
		func(string) (string, string), func(string, string, string, time.Duration), func(string) (string, string)))
	if !ok {
		return nil, fmt.Errorf("the probe is a %T", found.Interface())
	}
	return makes, nil
}

type options struct {
	username, password, rootCAs string
	timeout                     time.Duration
}

func newProbe(t *testing.T, o options, addresses ...string) *probe {
	t.Helper()
	if o.timeout == 0 {
		o.timeout = patient
	}
	p := &probe{}
	p.set, p.get, p.store, p.fetch = interpreted(strings.Join(addresses, ","), o.username, o.password, o.rootCAs, o.timeout)
	require.NotNil(t, p.fetch)
	return p
}
