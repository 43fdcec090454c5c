package examples

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// chartRepository is the one that the README tells to add. A copy with the official chart stands in its place.
const chartRepository = "https://traefik.github.io/charts"

// helm is a user's Helm, with a home of its own and Traefik's charts added to it.
type helm struct{ binary, home string }

// needBuilt skips a test where what make kubernetes builds is not there, and returns the directory where it is.
func needBuilt(t *testing.T, names ...string) string {
	t.Helper()
	bin := filepath.Join(root(t), "e2e", ".bin")
	for _, name := range names {
		if _, err := os.Stat(filepath.Join(bin, name)); err != nil {
			t.Skipf("e2e/.bin/%s is not there: make test-kubernetes builds it, once, in some minutes", name)
		}
	}
	return bin
}

// charts serves the official chart, as a repository of charts does.
func charts(t *testing.T) (url string) {
	t.Helper()
	bin := needBuilt(t, "charts/index.yaml")
	return "http://" + serve(t, http.FileServer(http.Dir(filepath.Join(bin, "charts"))))
}

func newHelm(t *testing.T) *helm {
	t.Helper()
	return &helm{binary: filepath.Join(needBuilt(t, "helm"), "helm"), home: t.TempDir()}
}

func (h *helm) kubeconfig() string { return filepath.Join(h.home, "kubeconfig") }

func (h *helm) command(t *testing.T, dir string, arguments ...string) *exec.Cmd {
	t.Helper()
	command := exec.CommandContext(t.Context(), h.binary, arguments...)
	command.Dir = dir
	command.Env = append(os.Environ(), "HOME="+h.home, "KUBECONFIG="+h.kubeconfig(),
		"HELM_CACHE_HOME="+h.home, "HELM_CONFIG_HOME="+h.home, "HELM_DATA_HOME="+h.home)
	return command
}

func (h *helm) run(t *testing.T, dir string, arguments ...string) string {
	t.Helper()
	output, err := h.command(t, dir, arguments...).CombinedOutput()
	require.NoError(t, err, "helm %v\n%s", arguments, output)
	return string(output)
}

// way is one of those in which the README brings the plugin into the chart.
type way struct {
	name    string
	install []string // the arguments of helm
}

// template are the arguments to render without a cluster.
func (w way) template() []string { return append([]string{"template"}, w.install[1:]...) }

// waysOf reads them from the README: its command, and that "with one values file in the place of the last two".
func waysOf(t *testing.T, readme string) []way {
	t.Helper()
	var install []string
	for _, command := range commandsOf(readme) {
		if strings.HasPrefix(command, "helm install ") {
			install = strings.Fields(command)[1:]
		}
	}
	require.Greater(t, len(install), 4, "the README has no helm install")
	ways := []way{{"ConfigMap", install}}
	first := install[:len(install)-4]
	require.Equal(t, []string{"-f", "values-configmap.yaml", "-f", "plugin-volume.values.yaml"}, install[len(first):])
	files, err := filepath.Glob(filepath.Join(root(t), "examples", "kubernetes", "values-*.yaml"))
	require.NoError(t, err)
	require.Len(t, files, 3)
	for _, file := range files {
		file = filepath.Base(file)
		name := strings.TrimSuffix(strings.TrimPrefix(file, "values-"), ".yaml")
		if name == "configmap" {
			continue
		}
		require.Contains(t, readme, "["+file+"]("+file+")")
		ways = append(ways, way{name, append(first[:len(first):len(first)], "-f", file)})
	}
	return ways
}

// commandsOf are the lines of a README's shell blocks that are no requests.
func commandsOf(readme string) []string {
	var commands []string
	for _, block := range shellBlock.FindAllStringSubmatch(readme, -1) {
		for _, line := range strings.Split(strings.TrimSpace(block[1]), "\n") {
			if !strings.HasPrefix(line, "curl ") {
				commands = append(commands, line)
			}
		}
	}
	return commands
}

// prepareHelm copies the example, for a Helm that has the chart.
func prepareHelm(t *testing.T) (*example, *helm) {
	t.Helper()
	h := newHelm(t)
	e := &example{name: "kubernetes", dir: t.TempDir(), addresses: map[string]string{chartRepository: charts(t)}}
	e.place(t)
	e.placeConfigMap(t)
	h.run(t, e.dir, "repo", "add", "traefik", e.addresses[chartRepository])
	return e, h
}

// A value that the chart does not know has no effect, and nobody says so: under experimental, deployment and gateway its schema takes
// any. So each key is misspelt once, upon which the chart has to refuse the values or to render something else.
func TestHelm_everyValueIsOneThatTheChartKnows(t *testing.T) {
	t.Parallel()
	e, h := prepareHelm(t)
	for _, way := range waysOf(t, e.read(t, "README.md")) {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			want := h.run(t, e.dir, way.template()...)
			for i, file := range way.install {
				common := file == "values.yaml" && way.name != "ConfigMap" // once is enough
				if !strings.HasPrefix(file, "values") || common {
					continue
				}
				for _, misspelt := range misspellings(t, e.read(t, file)) {
					other := filepath.Join(t.TempDir(), "values.yaml")
					require.NoError(t, os.WriteFile(other, []byte(misspelt.text), 0o600))
					arguments := way.template()
					arguments[i] = other
					got, err := h.command(t, e.dir, arguments...).CombinedOutput()
					if err == nil {
						assert.NotEqual(t, want, string(got), "%s: the chart does not know %s", file, misspelt.key)
					}
				}
			}
		})
	}
}

// What the README offers besides: no Gateway API, and the chart's own Gateway for routes of every namespace.
func TestHelm_theGatewayIsAsTheREADMESays(t *testing.T) {
	t.Parallel()
	e, h := prepareHelm(t)
	readme := e.read(t, "README.md")
	render := func(settings ...string) string {
		arguments := waysOf(t, readme)[0].template()
		for _, setting := range settings {
			require.Contains(t, readme, "`"+strings.TrimPrefix(setting, "providers.")+"`")
			arguments = append(arguments, "--set", strings.Replace(setting, ": ", "=", 1))
		}
		return h.run(t, e.dir, arguments...)
	}
	chartsOwn := regexp.MustCompile(`(?m)^kind: Gateway$`)

	asItStands := render()
	assert.Contains(t, asItStands, "--providers.kubernetesgateway\n")
	assert.NotRegexp(t, chartsOwn, asItStands)
	assert.NotContains(t, strings.ToLower(render("providers.kubernetesGateway.enabled: false")), "gateway")
	own := render("gateway.enabled: true", "gateway.listeners.web.namespacePolicy.from: All")
	assert.Regexp(t, chartsOwn, own)
	for _, line := range []string{"  name: traefik-gateway", "  namespace: traefik", "          from: All"} {
		assert.Contains(t, own, line+"\n")
	}
}

// The README names the versions that the tests take.
func TestHelm_theREADMENamesTheVersions(t *testing.T) {
	t.Parallel()
	readme := (&example{name: "kubernetes"}).read(t, "README.md")
	for _, c := range []struct{ what, file, module string }{
		{"Helm", "helm/go.mod", `helm\.sh/helm/v4`},
		{"chart", "helm/go.mod", `github\.com/traefik/traefik-helm-chart`},
		{"Traefik", "go.mod", `github\.com/traefik/traefik/v3`},
	} {
		requirements, err := os.ReadFile(filepath.Join(root(t), "e2e", filepath.FromSlash(c.file)))
		require.NoError(t, err)
		version := regexp.MustCompile(c.module + ` v([\d.]+)`).FindSubmatch(requirements)
		require.NotNil(t, version, c.module)
		assert.Contains(t, strings.Join(strings.Fields(readme), " "), c.what+" "+string(version[1]))
	}
}

// misspelling is a text in which one key is another.
type misspelling struct{ key, text string }

func misspellings(t *testing.T, text string) []misspelling {
	t.Helper()
	var document yaml.Node
	require.NoError(t, yaml.Unmarshal([]byte(text), &document))
	var found []misspelling
	var visit func(node *yaml.Node, path string)
	visit = func(node *yaml.Node, path string) {
		for i, child := range node.Content {
			if node.Kind != yaml.MappingNode {
				visit(child, path)
				continue
			}
			if i%2 == 1 {
				continue
			}
			key := child.Value
			child.Value += "x"
			other, err := yaml.Marshal(&document)
			require.NoError(t, err)
			child.Value = key
			found = append(found, misspelling{path + key, string(other)})
			visit(node.Content[i+1], path+key+".")
		}
	}
	visit(&document, "")
	require.NotEmpty(t, found)
	return found
}
