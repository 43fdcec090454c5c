package main

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/traefik-huaweiid/huaweiid/e2e/kubelet"
	"github.com/traefik-huaweiid/huaweiid/e2e/plugin"
	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

func TestPlugin_isInstalledAnewWhereTraefikLooksForIt(t *testing.T) {
	dir := t.TempDir()
	root, err := proxy.Root()
	require.NoError(t, err)
	module, files, err := proxy.PluginFiles(root)
	require.NoError(t, err)
	to := filepath.Join(dir, "plugins-local", "src", module)
	require.NoError(t, os.MkdirAll(to, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(to, "old.go"), []byte("package nonsense"), 0o600))

	require.NoError(t, run([]string{"directory", dir}, io.Discard))
	assert.NoFileExists(t, filepath.Join(to, "old.go"), "an older version's file would be compiled in")
	for _, name := range files {
		assert.FileExists(t, filepath.Join(to, name))
	}
	_, err = plugin.Interpreted(dir, module, io.Discard)
	require.NoError(t, err)
}

// A volume with the items is what Traefik loads, links and all, as the kubelet makes them.
func TestConfigMap_mountedWithItsItemsIsThePlugin(t *testing.T) {
	written := t.TempDir()
	require.NoError(t, run([]string{"configmap", written}, io.Discard))
	var manifest struct {
		APIVersion, Kind string
		Data             map[string]string
	}
	var values struct {
		Deployment struct {
			AdditionalVolumes []struct {
				Name      string
				ConfigMap struct {
					Name  string
					Items []item
				} `yaml:"configMap"`
			} `yaml:"additionalVolumes"`
		}
	}
	for name, into := range map[string]any{configMapFile: &manifest, volumeFile: &values} {
		text, err := os.ReadFile(filepath.Join(written, name))
		require.NoError(t, err)
		require.NoError(t, yaml.Unmarshal(text, into))
	}
	assert.Equal(t, "ConfigMap", manifest.Kind)
	require.Len(t, values.Deployment.AdditionalVolumes, 1)
	items := values.Deployment.AdditionalVolumes[0].ConfigMap.Items
	require.Len(t, items, len(manifest.Data))

	root, err := proxy.Root()
	require.NoError(t, err)
	module, _, err := proxy.PluginFiles(root)
	require.NoError(t, err)
	dir := t.TempDir()
	mounted := map[string]string{}
	for _, one := range items {
		assert.Regexp(t, `^[-._a-zA-Z0-9]+$`, one.Key, "what Kubernetes takes for a key")
		content, found := manifest.Data[one.Key]
		require.True(t, found, one.Key)
		mounted[one.Path] = content
	}
	require.NoError(t, kubelet.Project(filepath.Join(dir, "plugins-local", "src", module), mounted))
	_, err = plugin.Interpreted(dir, module, io.Discard)
	require.NoError(t, err)
}

func TestCommand_saysWhatItWants(t *testing.T) {
	for want, args := range map[string][]string{
		"make plugin DIR=":        {"directory", ""},
		"make configmap DIR=":     {"other", t.TempDir()},
		"is no directory; create": {"directory", filepath.Join(t.TempDir(), "missing")},
	} {
		assert.ErrorContains(t, run(args, io.Discard), want)
	}
}
