package examples

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

// values are what the examples say to the official Helm chart.
type values struct {
	Image struct {
		Registry, Repository, Tag string
	}
	AdditionalArguments []string `yaml:"additionalArguments"`
	Deployment          struct {
		AdditionalVolumes []struct {
			Name      string
			EmptyDir  map[string]any `yaml:"emptyDir"`
			ConfigMap map[string]any `yaml:"configMap"`
		} `yaml:"additionalVolumes"`
		InitContainers []struct {
			Name, Image     string
			Args            []string
			SecurityContext struct {
				RunAsNonRoot             bool `yaml:"runAsNonRoot"`
				RunAsUser                int  `yaml:"runAsUser"`
				AllowPrivilegeEscalation bool `yaml:"allowPrivilegeEscalation"`
				ReadOnlyRootFilesystem   bool `yaml:"readOnlyRootFilesystem"`
				Capabilities             struct {
					Drop []string
				}
			} `yaml:"securityContext"`
			VolumeMounts []struct {
				Name      string
				MountPath string `yaml:"mountPath"`
			} `yaml:"volumeMounts"`
		} `yaml:"initContainers"`
	}
	Experimental struct {
		AbortOnPluginFailure bool `yaml:"abortOnPluginFailure"`
		LocalPlugins         map[string]struct {
			ModuleName string `yaml:"moduleName"`
			MountPath  string `yaml:"mountPath"`
			Type       string
			VolumeName string `yaml:"volumeName"`
		} `yaml:"localPlugins"`
	}
	Providers map[string]map[string]bool
	Gateway   struct{ Enabled bool }
}

// readValues decodes one file of the example's values, in which nothing may stand that this test does not know.
func readValues(t *testing.T, name string) values {
	t.Helper()
	return decodeValues(t, (&example{name: "kubernetes"}).read(t, name))
}

func decodeValues(t *testing.T, text string) (v values) {
	t.Helper()
	decoder := yaml.NewDecoder(strings.NewReader(text))
	decoder.KnownFields(true)
	require.NoError(t, decoder.Decode(&v))
	return v
}

// The Helm values name the plugin where Traefik looks for it.
func TestKubernetes_valuesNameThePluginsPlace(t *testing.T) {
	t.Parallel()
	module, _, err := proxy.PluginFiles(root(t))
	require.NoError(t, err)
	for _, name := range []string{"values-configmap.yaml", "values-initcontainer.yaml"} {
		plugin := readValues(t, name).Experimental.LocalPlugins["huaweiid"]
		assert.Equal(t, module, plugin.ModuleName, name)
		assert.Equal(t, "/plugins-local/src/"+module, plugin.MountPath, name)
		assert.Equal(t, "localPath", plugin.Type, name)
	}
	assert.Equal(t, []string{"--experimental.localPlugins.huaweiid.moduleName=" + module}, readValues(t, "values-image.yaml").AdditionalArguments)
	assert.True(t, readValues(t, "values.yaml").Experimental.AbortOnPluginFailure)
}

// A volume that values name is one that they or those of make configmap bring, and an init container writes where it is mounted.
func TestKubernetes_valuesBringTheVolumesThatTheyName(t *testing.T) {
	t.Parallel()
	_, volume := configMap(t)
	fromConfigMap := decodeValues(t, volume)
	require.Len(t, fromConfigMap.Deployment.AdditionalVolumes, 1)
	assert.NotEmpty(t, fromConfigMap.Deployment.AdditionalVolumes[0].ConfigMap)
	assert.Equal(t, readValues(t, "values-configmap.yaml").Experimental.LocalPlugins["huaweiid"].VolumeName, fromConfigMap.Deployment.AdditionalVolumes[0].Name)

	v := readValues(t, "values-initcontainer.yaml")
	require.Len(t, v.Deployment.AdditionalVolumes, 1)
	name := v.Deployment.AdditionalVolumes[0].Name
	assert.Equal(t, v.Experimental.LocalPlugins["huaweiid"].VolumeName, name)
	require.Len(t, v.Deployment.InitContainers, 1)
	container := v.Deployment.InitContainers[0]
	require.Len(t, container.VolumeMounts, 1)
	assert.Equal(t, name, container.VolumeMounts[0].Name)
	assert.Equal(t, []string{container.VolumeMounts[0].MountPath}, container.Args)
	assert.True(t, container.SecurityContext.RunAsNonRoot)
	assert.NotZero(t, container.SecurityContext.RunAsUser)
	assert.False(t, container.SecurityContext.AllowPrivilegeEscalation)
	assert.Equal(t, []string{"ALL"}, container.SecurityContext.Capabilities.Drop)
}

// configMap is what make configmap writes: the plugin as a ConfigMap, and the values with its volume.
func configMap(t *testing.T) (manifest, volume string) {
	t.Helper()
	dir := t.TempDir()
	write := exec.CommandContext(t.Context(), "go", "run", "-buildvcs=false", "./cmd/plugin", "configmap", dir)
	write.Dir = filepath.Join(root(t), "e2e")
	output, err := write.CombinedOutput()
	require.NoError(t, err, string(output))
	read := func(name string) string {
		content, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		return string(content)
	}
	return read("plugin-configmap.yaml"), read("plugin-volume.values.yaml")
}

// maxAnnotations is what Kubernetes takes of a resource's annotations. kubectl apply notes the whole manifest in one, unless it is
// told --server-side.
const maxAnnotations = 256 << 10

func TestKubernetes_theConfigMapIsAppliedAsItsSizeWants(t *testing.T) {
	t.Parallel()
	manifest, _ := configMap(t)
	readme := (&example{name: "kubernetes"}).read(t, "README.md")
	if len(manifest) > maxAnnotations {
		assert.Contains(t, readme, "kubectl apply --server-side -n traefik -f examples/kubernetes/plugin-configmap.yaml\n")
	}
}
