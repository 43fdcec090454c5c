package proxy

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/echo"
)

// stampPlugin is the smallest plugin there is. With it this test says whether the harness works, whatever the state of the
// plugin that the harness is for.
var stampPlugin = map[string]string{
	"go.mod":        "module example.org/stamp\n\ngo 1.22\n",
	".traefik.yml":  "displayName: stamp\ntype: middleware\nimport: example.org/stamp\nsummary: sets a header\ntestData:\n  value: x\n",
	"stamp_test.go": "package stamp\n\nthis is no Go, and must not be staged\n",
	"mark/mark.go":  "package mark\n\nconst Name = \"X-Stamp\"\n",
	"stamp.go": `package stamp

import (
	"context"
	"fmt"
	"net/http"

	"example.org/stamp/mark"
)

type Config struct{ Value string }

func CreateConfig() *Config { return &Config{} }

type stamp struct {
	next  http.Handler
	value string
}

func New(_ context.Context, next http.Handler, config *Config, name string) (http.Handler, error) {
	if config.Value == "" {
		return nil, fmt.Errorf("stamp %s: value is empty", name)
	}
	fmt.Println("stamp made with", config.Value)
	return &stamp{next, config.Value}, nil
}

func (s *stamp) ServeHTTP(rw http.ResponseWriter, req *http.Request) {
	req.Header.Set(mark.Name, s.value)
	s.next.ServeHTTP(rw, req)
}
`,
}

func writeStamp(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range stampPlugin {
		file := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(content), 0o644))
	}
	return dir
}

func stamped(backend, value string) string {
	return fmt.Sprintf(`
http:
  routers:
    app: {rule: "PathPrefix(%s)", entryPoints: [web], middlewares: [stamp], service: echo}
  middlewares:
    stamp: {plugin: {huaweiid: {value: %q}}}
  services:
    echo: {loadBalancer: {servers: [{url: %q}]}}
`, "`/`", value, backend)
}

func startStamp(t *testing.T, options Options) *Proxy {
	t.Helper()
	options.Plugins = map[string]string{pluginAlias: writeStamp(t)}
	p, err := Start(context.Background(), options)
	require.NoError(t, err)
	t.Cleanup(func() { _ = p.Stop() })
	return p
}

func seenAt(t *testing.T, url string) echo.Request {
	t.Helper()
	resp, err := http.Get(url)
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, http.StatusOK, resp.StatusCode)
	var seen echo.Request
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&seen))
	return seen
}

func TestProxy_runsFromAnEmptyConfigurationThroughChangesToItsStop(t *testing.T) {
	ctx := context.Background()
	backend := httptest.NewServer(echo.Handler())
	defer backend.Close()

	p := startStamp(t, Options{AccessLog: true, EntryPoints: map[string]string{"internal": ""}})
	resp, err := http.Get(p.URL() + "/")
	require.NoError(t, err)
	resp.Body.Close()
	assert.Equal(t, http.StatusNotFound, resp.StatusCode, "nothing is configured yet")

	require.NoError(t, p.Apply(ctx, stamped(backend.URL, "one")))
	require.NoError(t, p.WaitRouters(ctx, "app"))
	assert.Equal(t, []string{"one"}, seenAt(t, p.URL()+"/hello").Header["X-Stamp"])
	require.NoError(t, p.WaitLog(ctx, "stamp made with one"))

	require.NoError(t, p.Apply(ctx, stamped(backend.URL, "two")))
	assert.Equal(t, "two", seenAt(t, p.URL()+"/").Header.Get("X-Stamp"))

	require.NoError(t, p.Apply(ctx, stamped(backend.URL, "")))
	short, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
	defer cancel()
	assert.ErrorContains(t, p.WaitRouters(short, "app"), "value is empty")

	assert.Contains(t, p.AccessLog(), "GET /hello")
	assert.Equal(t, p.Addr(), p.EntryPoint("web"))
	assert.NotEmpty(t, p.EntryPoint("internal"))
	routers, err := p.Routers(ctx)
	require.NoError(t, err)
	for _, router := range routers {
		assert.NotContains(t, router.Name, markerName)
	}

	require.NoError(t, p.Stop())
	require.NoError(t, p.Stop(), "a second stop changes nothing")
	assert.NoDirExists(t, p.dir)
	assert.Contains(t, p.Log(), "stamp made with one", "the log outlives the stop")
	_, err = net.Dial("tcp", p.Addr())
	assert.Error(t, err, "the port is free again")
}

func TestProxy_tellsTheVersionOfTheBinaryItRuns(t *testing.T) {
	ctx := context.Background()
	p := startStamp(t, Options{})

	told, err := p.Version(ctx)
	require.NoError(t, err)
	version, err := VersionOf(ctx, p.cmd.Path)
	require.NoError(t, err)
	assert.Equal(t, "v"+version, told)
}

func TestProxy_tellsWhatTraefikUses(t *testing.T) {
	ctx := context.Background()
	p := startStamp(t, Options{})

	goroutines, err := p.Goroutines(ctx)
	require.NoError(t, err)
	assert.Greater(t, goroutines, int64(5))
	heap, err := p.Heap(ctx)
	require.NoError(t, err)
	assert.Greater(t, heap, int64(1<<20))
	vars, err := p.Vars(ctx)
	require.NoError(t, err)
	assert.Contains(t, vars, "memstats")
	if runtime.GOOS == "linux" {
		assert.Greater(t, p.RSS(), heap)
	}
}

func TestProxy_endsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	p, err := Start(ctx, Options{Plugins: map[string]string{pluginAlias: writeStamp(t)}})
	require.NoError(t, err)
	defer p.Stop()

	cancel()
	select {
	case <-p.Done():
	case <-time.After(stopTimeout):
		t.Fatal("Traefik outlived its context")
	}
	require.NoError(t, p.Stop())
}

func TestStart_saysWhyTraefikDidNotStart(t *testing.T) {
	tests := map[string]struct {
		options func(t *testing.T) Options
		want    string
	}{
		"a static configuration that Traefik refuses": {
			options: func(*testing.T) Options { return Options{Static: "metrics: {noSuchOption: 1}\n"} },
			want:    "noSuchOption",
		},
		"a dynamic configuration that is no YAML": {
			options: func(*testing.T) Options { return Options{Dynamic: "http: ]["} },
			want:    "Error while building configuration",
		},
		"a plugin that does not load": {
			options: func(t *testing.T) Options {
				dir := writeStamp(t)
				require.NoError(t, os.WriteFile(filepath.Join(dir, "broken.go"), []byte("package stamp\n\nvar x = undefined\n"), 0o644))
				return Options{Plugins: map[string]string{pluginAlias: dir}}
			},
			want: "stamp/broken.go:3:5",
		},
		"a port that stays taken": {
			options: func(t *testing.T) Options {
				taken, err := net.Listen("tcp", "127.0.0.1:0")
				require.NoError(t, err)
				t.Cleanup(func() { taken.Close() })
				return Options{EntryPoints: map[string]string{"web": taken.Addr().String()}}
			},
			want: "address already in use",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			options := test.options(t)
			if options.Plugins == nil {
				options.Plugins = map[string]string{pluginAlias: writeStamp(t)}
			}
			temp := t.TempDir()
			t.Setenv("TMPDIR", temp)
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			defer cancel()
			p, err := Start(ctx, options)
			if p != nil {
				_ = p.Stop()
			}
			require.ErrorContains(t, err, test.want)
			left, err := os.ReadDir(temp)
			require.NoError(t, err)
			assert.Empty(t, left, "the working directory is removed")
		})
	}
}

func TestStage_copiesWhatTraefikReadsAndNothingElse(t *testing.T) {
	dir := t.TempDir()
	module, err := stageFrom(writeStamp(t), dir)
	require.NoError(t, err)
	assert.Equal(t, "example.org/stamp", module)

	var staged []string
	base := filepath.Join(dir, "plugins-local", "src", "example.org", "stamp")
	require.NoError(t, filepath.WalkDir(base, func(file string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			staged = append(staged, strings.TrimPrefix(filepath.ToSlash(file), filepath.ToSlash(base)+"/"))
		}
		return err
	}))
	assert.ElementsMatch(t, []string{".traefik.yml", "go.mod", "stamp.go", "mark/mark.go"}, staged)
}
