package traps

import (
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/mitchellh/mapstructure"
	"github.com/traefik/yaegi/interp"
	"github.com/traefik/yaegi/stdlib"
)

func TestMain(m *testing.M) {
	// Yaegi says on the standard log what it then panics with.
	log.SetOutput(io.Discard)
	os.Exit(m.Run())
}

// unproven are the traps that cannot be shown one time for all times.
var unproven = map[string]string{
	"select":                           "a race",
	"goroutine of a literal in a loop": "a race within Yaegi, without a wrong result so far",
	"goroutine without recover":        "ends the process",
	"duration in Config":               "a habit of Traefik's decoder: TestADurationInConfigIsDecodedAsANumber",
}

func TestYaegiDoesWhatTheTableSays(t *testing.T) {
	t.Parallel()

	for _, p := range proofs {
		t.Run(p.trap+"/"+p.name, func(t *testing.T) {
			t.Parallel()

			got := interpret(t, p.src)
			if strings.HasPrefix(p.want, "load: ") {
				// The place of the fault stands between.
				what := strings.TrimPrefix(p.want, "load: ")
				if !strings.HasPrefix(got, "load: ") || !strings.Contains(got, what) {
					t.Errorf("Yaegi gives %q, want %q", got, p.want)
				}
			} else if got != p.want {
				t.Errorf("Yaegi gives %q, want %q", got, p.want)
			}
		})
	}
}

// What goes wrong in Yaegi is refused, and what the table says to write instead is not.
func TestWhatGoesWrongIsRefusedAndWhatToWriteInsteadIsNot(t *testing.T) {
	t.Parallel()

	for _, p := range proofs {
		t.Run(p.trap+"/"+p.name, func(t *testing.T) {
			t.Parallel()

			src := strings.Replace(p.src, "package snippet\n", "package plugin\n", 1)
			findings, err := Check(module(t, src, ""))
			if err != nil {
				t.Fatal(err)
			}
			right := strings.HasPrefix(p.name, "instead")
			if right && len(findings) > 0 {
				t.Errorf("refused: %v", findings)
			}
			found := false
			for _, f := range findings {
				found = found || f.Trap == p.trap
			}
			if !right && !found {
				t.Errorf("not refused as %s: %v", p.trap, findings)
			}
		})
	}
}

func TestEachTrapIsProvenOrSaysWhyNot(t *testing.T) {
	t.Parallel()

	proven := map[string]bool{}
	for _, p := range proofs {
		proven[p.trap] = true
	}
	for _, row := range table {
		if !proven[row.name] && unproven[row.name] == "" {
			t.Errorf("%s: neither proven nor said why not", row.name)
		}
	}
}

// interpret gives what the function Run of an interpreted package returns.
func interpret(t *testing.T, src string) (result string) {
	t.Helper()

	defer func() {
		if r := recover(); r != nil {
			result = fmt.Sprint("panic: ", r)
		}
	}()
	run, err := interpreted(t, src, "Run")
	if err != nil {
		return "load: " + err.Error()
	}

	return fmt.Sprint(run.Call(nil)[0].Interface())
}

// interpreted loads a package as Traefik does, from a GOPATH, and gives a function of it.
func interpreted(t *testing.T, src, name string) (reflect.Value, error) {
	t.Helper()

	if !strings.Contains(src, "package snippet\n") {
		src = "package snippet\n" + src
	}
	gopath := t.TempDir()
	dir := filepath.Join(gopath, "src", "snippet")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "snippet.go"), []byte(src), 0o644); err != nil {
		t.Fatal(err)
	}

	i := interp.New(interp.Options{GoPath: gopath, Stdout: io.Discard, Stderr: io.Discard})
	if err := i.Use(stdlib.Symbols); err != nil {
		t.Fatal(err)
	}
	if _, err := i.Eval(`import "snippet"`); err != nil {
		return reflect.Value{}, err
	}

	return i.Eval("snippet." + name)
}

func TestADurationInConfigIsDecodedAsANumber(t *testing.T) {
	t.Parallel()

	create, err := interpreted(t, `
import "time"

type Config struct{ TTL time.Duration }

func CreateConfig() *Config { return &Config{} }`, "CreateConfig")
	if err != nil {
		t.Fatal(err)
	}
	decode := func(ttl string) (any, error) {
		config := create.Call(nil)[0]
		// As Traefik's pkg/plugins decodes it.
		decoder, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{
			DecodeHook:       mapstructure.StringToSliceHookFunc(","),
			WeaklyTypedInput: true,
			Result:           config.Interface(),
		})
		if err != nil {
			t.Fatal(err)
		}
		err = decoder.Decode(map[string]any{"ttl": ttl})

		return config.Elem().Field(0).Interface(), err
	}

	if _, err := decode("30s"); err == nil || !strings.Contains(err.Error(), "cannot parse 'TTL' as int") {
		t.Errorf("30s gives %v, want it refused as an integer", err)
	}
	if got, err := decode("30"); got != 30*time.Nanosecond || err != nil {
		t.Errorf("30 gives %v, %v; want 30ns", got, err)
	}
}
