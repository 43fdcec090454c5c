package examples

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

// The Helm values name the plugin where Traefik looks for it, and the volume that make configmap writes.
func TestKubernetes_valuesNameThePluginsPlace(t *testing.T) {
	t.Parallel()
	module, _, err := proxy.PluginFiles(root(t))
	require.NoError(t, err)
	e := &example{name: "kubernetes"}
	for _, name := range []string{"values-configmap.yaml", "values-initcontainer.yaml"} {
		var values struct {
			Experimental struct {
				LocalPlugins map[string]struct {
					ModuleName string `yaml:"moduleName"`
					MountPath  string `yaml:"mountPath"`
					Type       string `yaml:"type"`
					VolumeName string `yaml:"volumeName"`
				} `yaml:"localPlugins"`
			}
		}
		require.NoError(t, yaml.Unmarshal([]byte(e.read(t, name)), &values))
		plugin := values.Experimental.LocalPlugins["huaweiid"]
		assert.Equal(t, module, plugin.ModuleName, name)
		assert.Equal(t, "/plugins-local/src/"+module, plugin.MountPath, name)
		assert.Equal(t, "localPath", plugin.Type, name)
		assert.Equal(t, "huaweiid", plugin.VolumeName, name)
	}
	assert.Contains(t, e.read(t, "values-image.yaml"), "localPlugins.huaweiid.moduleName="+module+"\n")
}
