package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

const (
	// configMapName is also the volume's, which the Helm values name.
	configMapName = "huaweiid"
	configMapFile = "plugin-configmap.yaml"
	volumeFile    = "plugin-volume.values.yaml"
	// maxConfigMap is what Kubernetes takes of data.
	maxConfigMap = 1 << 20
)

// keyOf is a file's key in the ConfigMap: one has no slash. The volume's items put each file back under its path.
func keyOf(name string) string { return strings.TrimPrefix(strings.ReplaceAll(name, "/", "__"), ".") }

// item says under which path a volume has a key.
type item struct {
	Key  string `yaml:"key"`
	Path string `yaml:"path"`
}

// configMap writes the plugin as a ConfigMap, and the volume of it as values for the official Helm chart.
func configMap(dir string, stdout io.Writer) error {
	root, err := proxy.Root()
	if err != nil {
		return err
	}
	_, files, err := proxy.PluginFiles(root)
	if err != nil {
		return err
	}
	data, items, size := map[string]string{}, []item{}, 0
	for _, name := range files {
		content, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		data[keyOf(name)] = string(content)
		items = append(items, item{keyOf(name), name})
		size += len(content)
	}
	if size > maxConfigMap {
		return fmt.Errorf("the plugin has %d bytes, and a ConfigMap takes %d; bring it in by an image instead, as examples/kubernetes shows",
			size, maxConfigMap)
	}
	manifest := map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": configMapName}, "data": data,
	}
	volume := map[string]any{"deployment": map[string]any{"additionalVolumes": []any{map[string]any{
		"name": configMapName, "configMap": map[string]any{"name": configMapName, "items": items},
	}}}}
	for name, document := range map[string]any{configMapFile: manifest, volumeFile: volume} {
		text, err := yaml.Marshal(document)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), append([]byte("# Written by make configmap.\n"), text...), 0o644); err != nil {
			return err
		}
	}
	fmt.Fprintf(stdout, "The plugin is in %s, and the volume for the Helm chart in %s.\n",
		filepath.Join(dir, configMapFile), filepath.Join(dir, volumeFile))
	return nil
}
