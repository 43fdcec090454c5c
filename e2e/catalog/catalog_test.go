package catalog

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mitchellh/mapstructure"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/traefik/paerser/file"
	"github.com/traefik/yaegi/interp"
	"github.com/traefik/yaegi/stdlib"
	"golang.org/x/mod/modfile"
	"gopkg.in/yaml.v3"

	"github.com/traefik-huaweiid/huaweiid/e2e/checkout"
	"github.com/traefik-huaweiid/huaweiid/e2e/plugin"
)

// manifest has the fields of .traefik.yml that the catalog knows.
type manifest struct {
	DisplayName   string         `yaml:"displayName"`
	Type          string         `yaml:"type"`
	Import        string         `yaml:"import"`
	BasePkg       string         `yaml:"basePkg"`
	Compatibility string         `yaml:"compatibility"`
	Summary       string         `yaml:"summary"`
	Runtime       string         `yaml:"runtime"`
	WasmPath      string         `yaml:"wasmPath"`
	UseUnsafe     bool           `yaml:"useUnsafe"`
	IconPath      string         `yaml:"iconPath"`
	BannerPath    string         `yaml:"bannerPath"`
	TestData      map[string]any `yaml:"testData"`
}

func readManifest(t *testing.T) manifest {
	t.Helper()
	content := read(t, ".traefik.yml")
	var m manifest
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	decoder.KnownFields(true)
	require.NoError(t, decoder.Decode(&m), "a field that the catalog does not know")
	// testData as a file of Traefik's is decoded: texts all.
	var again struct{ TestData map[string]any }
	fields := map[string]any{}
	require.NoError(t, yaml.Unmarshal(content, &fields))
	alone, err := yaml.Marshal(map[string]any{"testData": fields["testData"]})
	require.NoError(t, err)
	require.NoError(t, file.DecodeContent(string(alone), ".yaml", &again))
	m.TestData = again.TestData
	return m
}

func module(t *testing.T) *modfile.File {
	t.Helper()
	parsed, err := modfile.Parse("go.mod", read(t, "go.mod"), nil)
	require.NoError(t, err)
	return parsed
}

func TestCatalog_manifestHasWhatItAsksFor(t *testing.T) {
	t.Parallel()
	m := readManifest(t)
	assert.Equal(t, "middleware", m.Type)
	assert.NotEmpty(t, m.DisplayName)
	assert.NotEmpty(t, m.Summary)
	assert.NotEmpty(t, m.TestData)
	assert.False(t, m.UseUnsafe)
	assert.Empty(t, m.Runtime+m.WasmPath+m.BasePkg)
	_, files := tagged(t)
	assert.Contains(t, files, "README.md")
	assert.Contains(t, files, "go.mod")
}

// The repository's name is in both paths, and the package is named by the last element of the import.
func TestCatalog_namesAreThoseOfARepository(t *testing.T) {
	t.Parallel()
	m, path := readManifest(t), module(t).Module.Mod.Path
	assert.Regexp(t, `^github\.com/[A-Za-z0-9-]+/huaweiid$`, path)
	assert.Equal(t, path, m.Import)
	assert.Equal(t, plugin.Key, m.Import[strings.LastIndex(m.Import, "/")+1:])
}

// The catalog refuses a plugin whose go.mod requires Traefik or Yaegi, and Yaegi runs what the language had at 1.22.
func TestCatalog_moduleRequiresNothingThatItRefuses(t *testing.T) {
	t.Parallel()
	parsed := module(t)
	assert.Equal(t, "1.22.0", parsed.Go.Version)
	var required []string
	for _, r := range parsed.Require {
		required = append(required, r.Mod.Path)
		for _, refused := range []string{
			"github.com/containous/yaegi", "github.com/containous/traefik", "github.com/containous/maesh",
			"github.com/traefik/yaegi", "github.com/traefik/traefik", "github.com/traefik/mesh",
		} {
			assert.NotContains(t, r.Mod.Path, refused)
		}
	}
	assert.Contains(t, required, "github.com/traefik/paerser")
	assert.Empty(t, parsed.Replace, "the catalog knows the module as it is published")
}

// Traefik runs what is in vendor: what the plugin imports must be there.
func TestCatalog_tagHasWhatThePluginImports(t *testing.T) {
	t.Parallel()
	vendored := string(read(t, "vendor/modules.txt"))
	assert.Contains(t, vendored, "github.com/traefik/paerser/types\n")
	assert.NotContains(t, vendored, "mapstructure")
}

// Its analyzer loads the whole tag in Yaegi, decodes testData, and calls New, all within ten seconds, without network or
// variables that may be secrets. Not parallel: it changes the environment.
func TestCatalog_analyzerMakesTheMiddleware(t *testing.T) {
	m, goPath := readManifest(t), t.TempDir()
	require.NoError(t, checkout.Copy(t.Context(), filepath.Join(goPath, "src", filepath.FromSlash(m.Import))))
	cleanEnvironment(t)

	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	i := interp.New(interp.Options{GoPath: goPath})
	require.NoError(t, i.Use(stdlib.Symbols))
	_, err := i.EvalWithContext(ctx, fmt.Sprintf("import %q", m.Import))
	require.NoError(t, err)
	pkg := strings.ReplaceAll(path.Base(m.Import), "-", "_")
	config, err := i.EvalWithContext(ctx, pkg+".CreateConfig()")
	require.NoError(t, err)
	decoder, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{
		DecodeHook: mapstructure.StringToSliceHookFunc(","), WeaklyTypedInput: true, Result: config.Interface(),
	})
	require.NoError(t, err)
	require.NoError(t, decoder.Decode(m.TestData))

	makes, err := i.EvalWithContext(ctx, pkg+".New")
	require.NoError(t, err)
	requireSignature(t, makes.Type(), config.Type())
	next := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	made := makes.Call([]reflect.Value{reflect.ValueOf(ctx), reflect.ValueOf(next), config, reflect.ValueOf("test")})
	require.Nil(t, made[1].Interface())
	assert.Implements(t, (*http.Handler)(nil), made[0].Interface())
	require.NoError(t, ctx.Err(), "it took more than ten seconds")
}

// cleanEnvironment takes away what the analyzer takes away.
func cleanEnvironment(t *testing.T) {
	t.Helper()
	for _, variable := range os.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		lower := strings.ToLower(name)
		if slices.ContainsFunc([]string{"token", "password", "username", "_url", "_host", "_port"}, func(s string) bool { return strings.Contains(lower, s) }) {
			t.Setenv(name, value) // puts it back in the end
			require.NoError(t, os.Unsetenv(name))
		}
	}
}

func requireSignature(t *testing.T, makes, config reflect.Type) {
	t.Helper()
	require.Equal(t, 4, makes.NumIn())
	require.Equal(t, 2, makes.NumOut())
	handler, failure := reflect.TypeFor[http.Handler](), reflect.TypeFor[error]()
	assert.True(t, makes.In(0).Implements(reflect.TypeFor[context.Context]()))
	assert.True(t, makes.In(1).Implements(handler))
	assert.True(t, makes.In(2).AssignableTo(config))
	assert.Equal(t, reflect.String, makes.In(3).Kind())
	assert.True(t, makes.Out(0).Implements(handler))
	assert.True(t, makes.Out(1).Implements(failure))
}

// The catalog shows testData as a configuration to copy, so it has to be one that serves.
func TestCatalog_snippetServes(t *testing.T) {
	t.Parallel()
	m := readManifest(t)
	snippet, err := yaml.Marshal(map[string]any{"http": map[string]any{"middlewares": map[string]any{"my-huaweiid": map[string]any{
		"plugin": map[string]any{"huaweiid": m.TestData},
	}}}})
	require.NoError(t, err)
	configuration, err := plugin.Configuration(string(snippet), ".yml")
	require.NoError(t, err)
	options, err := plugin.Options(configuration, "my-huaweiid")
	require.NoError(t, err)
	handler, err := plugin.Compiled(t.Context(), http.NotFoundHandler(), options, "my-huaweiid@file")
	require.NoError(t, err)
	assert.NotNil(t, handler)
}

// The catalog shows icons in a square, and banners as links are previewed.
func TestCatalog_picturesAreThereAndFit(t *testing.T) {
	t.Parallel()
	m := readManifest(t)
	_, files := tagged(t)
	for name, size := range map[string][2]int{m.IconPath: {200, 200}, m.BannerPath: {1200, 630}} {
		require.Contains(t, files, name)
		content := read(t, name)
		picture, err := png.DecodeConfig(bytes.NewReader(content))
		require.NoError(t, err, name)
		assert.Equal(t, size, [2]int{picture.Width, picture.Height}, name)
		assert.Less(t, len(content), 200<<10, name)
	}
}

// A nested module's tag, such as e2e/v0.1.0, would make the catalog refuse the repository.
func TestCatalog_tagsAreVersionsOfThePlugin(t *testing.T) {
	t.Parallel()
	for _, tag := range tags(t) {
		assert.Regexp(t, `^v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`, tag)
	}
}
