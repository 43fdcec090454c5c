// Package checkconfig compares what huaweiid-lint says with what Traefik's own decoders and the plugin say, and with what a real Traefik
// lets through. The command is a module of its own, without Traefik in it, and so decodes with code of its own.
package checkconfig

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/traefik/traefik/v3/pkg/config/label"

	"github.com/traefik-huaweiid/huaweiid/e2e/plugin"
	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

// command builds huaweiid-lint and returns its path.
func command(t *testing.T) string {
	t.Helper()
	root, err := proxy.Root()
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "huaweiid-lint")
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", path, ".")
	build.Dir = filepath.Join(root, "cmd", "huaweiid-lint")
	output, err := build.CombinedOutput()
	require.NoError(t, err, string(output))
	return path
}

// mistakes are the messages of all errors that the command finds in a document.
func mistakes(t *testing.T, command, document, extension string) []string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "document"+extension)
	require.NoError(t, os.WriteFile(path, []byte(document), 0o600))
	output, err := exec.CommandContext(t.Context(), command, "-format", "json", path).Output()
	var exit *exec.ExitError
	if err != nil {
		require.ErrorAs(t, err, &exit)
	}
	var report struct {
		Findings []struct{ Severity, Message string }
	}
	require.NoError(t, json.Unmarshal(output, &report))
	var messages []string
	for _, f := range report.Findings {
		if f.Severity == "error" {
			messages = append(messages, f.Message)
		}
	}
	return messages
}

// options are written as in a file, in JSON, which YAML contains.
var options = []string{
	`{"audience": {"clientIDs": ["101234567"]}}`,
	`{"audience": {"clientIDs": [101234567, 2]}}`,
	`{"audience": {"clientIDs": "1, 2 ,3"}}`,
	`{"audience": {"clientIDs": [1.5, true]}}`,
	`{"cache": {"tll": "60s", "ttl": 30.5}}`,
	`{"cache": {"ttl": "1d", "negativeTTL": -1, "maxEntries": 1e9}}`,
	`{"mode": "enforse", "cash": {"ttl": 1}, "Realm": "", "debugHeader": 2}`,
	`{"headers": {"openID": "X; cache.ttl: Y", "unionID": "x-user-phone"}}`,
	`{"huawei": {"retries": 4.9, "getInfoURL": "http://a.example", "proxyURL": "ftp://user:secret@proxy"}}`,
	`{"token": {"header": "", "scheme": "a b"}}`,
	`{"mode": ["report"]}`,
	`{"cache": "60s"}`,
	`{"cache": {"ttl": {"a": 1}}}`,
	`{"cache.ttl": "60s", "mode": "report", "Mode": "enforce"}`,
	`{"logLevel": true, "phone": {"require": "perhaps", "format": 1}}`,
}

func TestCheckConfig_saysOfFilesWhatTraefikAndThePluginSay(t *testing.T) {
	t.Parallel()
	command := command(t)
	for _, written := range options {
		t.Run(written, func(t *testing.T) {
			t.Parallel()
			yaml := "http: {middlewares: {auth: {plugin: {huaweiid: " + written + "}}}}"
			configuration, err := plugin.Configuration(yaml, ".yml")
			if err != nil { // Traefik refuses the whole file
				assert.Len(t, mistakes(t, command, yaml, ".yml"), 1)
				return
			}
			decoded, err := plugin.Options(configuration, "auth")
			require.NoError(t, err)
			requireSame(t, decoded, mistakes(t, command, yaml, ".yml"))
		})
	}
}

func TestCheckConfig_saysOfResourcesWhatTraefikAndThePluginSay(t *testing.T) {
	t.Parallel()
	command := command(t)
	for _, written := range options {
		t.Run(written, func(t *testing.T) {
			t.Parallel()
			resource := `{"apiVersion": "traefik.io/v1alpha1", "kind": "Middleware", "metadata": {"name": "auth"}, "spec": {"plugin": {"huaweiid": ` + written + `}}}`
			decoded, err := plugin.Resource(resource)
			require.NoError(t, err)
			requireSame(t, decoded, mistakes(t, command, resource, ".json"))
		})
	}
}

// labels are what stands behind the plugin's key, one set a middleware.
var labels = []map[string]string{
	{"": "true"},
	{"audience.clientIDs": "101234567, 2"},
	{"audience.clientIDs": "101234567,app"},
	{"audience.clientIDs": " "},
	{"audience.clientIDs[0]": "101234567"},
	{"cache.tll": "60s", "cache.ttl": "30.5", "Realm": ""},
	{"cache.ttl": "1d", "cache.negativeTTL": "-1", "cache.maxEntries": "1e9"},
	{"MODE": "enforse", "cash.ttl": "1", "debugHeader": "2"},
	{"cache": "60s"},
	{"cache.ttl.a": "1"},
	{"headers.openID": "X; cache.ttl: Y", "headers.unionID": "x-user-phone"},
	{"huawei.retries": "4.9", "huawei.getInfoURL": "http://a.example/rest.php?nsp_svc=x", "huawei.proxyURL": "ftp://user:secret@proxy"},
}

func TestCheckConfig_saysOfLabelsWhatTraefikAndThePluginSay(t *testing.T) {
	t.Parallel()
	command := command(t)
	for _, written := range labels {
		whole := map[string]string{}
		for option, value := range written {
			whole[strings.TrimSuffix("traefik.http.middlewares.auth.plugin.huaweiid."+option, ".")] = value
		}
		text, err := json.Marshal(map[string]any{"services": map[string]any{"shop": map[string]any{"labels": whole}}})
		require.NoError(t, err)
		t.Run(string(text), func(t *testing.T) {
			t.Parallel()
			got := mistakes(t, command, string(text), ".json")
			configuration, err := label.DecodeConfiguration(whole)
			if err != nil { // Traefik leaves all labels of the container alone
				assert.Len(t, got, 1)
				return
			}
			decoded, err := plugin.Options(configuration, "auth")
			require.NoError(t, err)
			requireSame(t, decoded, got)
		})
	}
}

func TestCheckConfig_readsTOMLAsTraefikDoes(t *testing.T) {
	t.Parallel()
	command := command(t)
	for _, written := range []string{
		"mode = \"enforse\"\n[http.middlewares.auth.plugin.huaweiid.cache]\nttl = 1.5\nnegativeTTL = 30\n",
		"debugHeader = 1979-05-27\n",
		"audience = {clientIDs = [\"x\", \"1\"]}\nhuawei.retries = 9\n",
		"cache = \"60s\"\n",
	} {
		toml := "[http.middlewares.auth.plugin.huaweiid]\n" + written
		configuration, err := plugin.Configuration(toml, ".toml")
		if err != nil {
			assert.NotEmpty(t, mistakes(t, command, toml, ".toml"), written)
			continue
		}
		decoded, err := plugin.Options(configuration, "auth")
		require.NoError(t, err)
		requireSame(t, decoded, mistakes(t, command, toml, ".toml"))
	}
}

// requireSame compares the command's messages with the one error that lists them all.
func requireSame(t *testing.T, options map[string]any, got []string) {
	t.Helper()
	_, err := plugin.Compiled(t.Context(), http.NotFoundHandler(), options, "auth@file")
	if err == nil {
		require.Empty(t, got)
		return
	}
	if want, found := strings.CutPrefix(err.Error(), "invalid configuration: "); found {
		length := 0
		for _, message := range got {
			assert.Contains(t, want, message)
			length += len(message) + len("; ")
		}
		assert.Equal(t, len(want)+len("; "), length, "%s\n%s", want, strings.Join(got, "\n"))
		return
	}
	require.Len(t, got, 1)
	inner := strings.TrimPrefix(err.Error(), "failed to decode configuration: ")
	assert.Contains(t, got[0], strings.Join(strings.Fields(inner), " "))
}
