package traps

import (
	"fmt"
	"io"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/mitchellh/mapstructure"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/traefik/yaegi/interp"
	"github.com/traefik/yaegi/stdlib"
)

// unproven are the traps that no example shows one time for all times.
var unproven = map[string]string{
	"select":         "a race",
	"goliteral":      "a race within Yaegi, without a wrong result so far",
	"recover":        "ends the process",
	"configduration": "a habit of Traefik's decoder: TestConfig_isDecodedByTheNamesOfFieldsAndWithoutUnits",
	"configtag":      "the same",
	"imports":        "TestAnImportThatIsNotVendoredDoesNotLoad",
}

func TestYaegiDoesWhatTheExamplesSay(t *testing.T) {
	t.Parallel()
	proven := map[string]bool{}
	for _, e := range examples(t) {
		if !e.runs {
			continue
		}
		proven[e.trap] = proven[e.trap] || e.refused()
		t.Run(e.pkg, func(t *testing.T) {
			t.Parallel()
			got := e.interpret(t)
			if want, ok := strings.CutPrefix(e.want, "load: "); ok {
				// The place of the fault stands between.
				assert.True(t, strings.HasPrefix(got, "load: "), got)
				assert.Contains(t, got, want)
				return
			}
			assert.Equal(t, e.want, strings.TrimSpace(got))
		})
	}
	for _, row := range table {
		assert.True(t, proven[row.name] != (unproven[row.name] != ""), "%s: proven, or said why not", row.name)
	}
}

// interpret gives what Run returns. Yaegi's panics and failures to load come as a result that begins with "panic: " or "load: ".
func (e example) interpret(t *testing.T) (result string) {
	t.Helper()
	defer func() {
		if r := recover(); r != nil {
			result = fmt.Sprint("panic: ", r)
		}
	}()
	gopath := t.TempDir()
	e.write(t, filepath.Join(gopath, "src"))
	run, err := interpreted(t, gopath, e.pkg, "Run")
	if err != nil {
		return "load: " + err.Error()
	}
	return fmt.Sprint(run.Call(nil)[0].Interface())
}

// interpreted loads a package as Traefik does, from a GOPATH, and gives a function of it.
func interpreted(t *testing.T, gopath, pkg, name string) (reflect.Value, error) {
	t.Helper()
	i := interp.New(interp.Options{GoPath: gopath, Stdout: io.Discard, Stderr: io.Discard})
	require.NoError(t, i.Use(stdlib.Symbols))
	if _, err := i.Eval(`import "` + pkg + `"`); err != nil {
		return reflect.Value{}, err
	}
	return i.Eval(pkg + "." + name)
}

func TestABuildLineLeavesNothingOut(t *testing.T) {
	t.Parallel()
	gopath := t.TempDir()
	tool := "//go:build ignore\n\npackage tool\n\nfunc Run() string { return \"loaded\" }\n"
	writeFile(t, filepath.Join(gopath, "src", "tool", "tool.go"), tool)
	run, err := interpreted(t, gopath, "tool", "Run")
	require.NoError(t, err)
	assert.Equal(t, "loaded", run.Call(nil)[0].Interface())
}

func TestAnImportThatIsNotVendoredDoesNotLoad(t *testing.T) {
	t.Parallel()
	e := example{pkg: "importing", text: "import _ \"golang.org/x/time/rate\"\n\nfunc Run() int { return 0 }\n"}
	assert.Contains(t, e.interpret(t), `unable to find source related to: "golang.org/x/time/rate"`)
}

func TestConfig_isDecodedByTheNamesOfFieldsAndWithoutUnits(t *testing.T) {
	t.Parallel()
	gopath := t.TempDir()
	example{pkg: "config", text: `import "time"

type Config struct {
	TTL  time.Duration
	Mode string ` + "`json:\"kind\"`" + `
}

func CreateConfig() *Config { return &Config{} }
`}.write(t, filepath.Join(gopath, "src"))
	create, err := interpreted(t, gopath, "config", "CreateConfig")
	require.NoError(t, err)
	decode := func(option, value string) (reflect.Value, error) {
		config := create.Call(nil)[0]
		// As Traefik's pkg/plugins decodes it.
		decoder, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{
			DecodeHook:       mapstructure.StringToSliceHookFunc(","),
			WeaklyTypedInput: true,
			Result:           config.Interface(),
		})
		require.NoError(t, err)
		return config.Elem(), decoder.Decode(map[string]any{option: value})
	}

	_, err = decode("ttl", "30s")
	assert.ErrorContains(t, err, "cannot parse 'TTL' as int")
	config, err := decode("ttl", "30")
	require.NoError(t, err)
	assert.Equal(t, 30*time.Nanosecond, config.Field(0).Interface())

	config, err = decode("kind", "strict")
	require.NoError(t, err)
	assert.Empty(t, config.Field(1).Interface(), "the tag's name is an unknown option")
	config, err = decode("mode", "strict")
	require.NoError(t, err)
	assert.Equal(t, "strict", config.Field(1).Interface())
}
