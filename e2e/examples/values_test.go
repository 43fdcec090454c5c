package examples

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// initContainer is the one of the Helm values.
type initContainer struct {
	Args            []string
	SecurityContext struct {
		RunAsUser              int  `yaml:"runAsUser"`
		ReadOnlyRootFilesystem bool `yaml:"readOnlyRootFilesystem"`
	} `yaml:"securityContext"`
	VolumeMounts []struct {
		MountPath string `yaml:"mountPath"`
	} `yaml:"volumeMounts"`
}

func readInitContainer(t *testing.T) initContainer {
	t.Helper()
	var values struct {
		Deployment struct {
			InitContainers []initContainer `yaml:"initContainers"`
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte((&example{name: "kubernetes"}).read(t, "values-initcontainer.yaml")), &values))
	require.Len(t, values.Deployment.InitContainers, 1)
	return values.Deployment.InitContainers[0]
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

// placeConfigMap puts what make configmap writes beside the example's files.
func (e *example) placeConfigMap(t *testing.T) {
	t.Helper()
	manifest, volume := configMap(t)
	for name, content := range map[string]string{"plugin-configmap.yaml": manifest, "plugin-volume.values.yaml": volume} {
		require.NoError(t, os.WriteFile(filepath.Join(e.dir, name), []byte(content), 0o600))
	}
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
