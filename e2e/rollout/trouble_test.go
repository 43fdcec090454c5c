package rollout

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

// shop is a configuration with a router that names a middleware, and a middleware of some options.
func shop(named, options string) string {
	return fmt.Sprintf("http:\n  routers:\n    shop: {rule: Host(`shop.example`), middlewares: [%s], service: shop}\n"+
		"  middlewares:\n    huawei-id:\n      plugin:\n        %s\n"+
		"  services:\n    shop: {loadBalancer: {servers: [{url: 'http://127.0.0.1:1'}]}}\n", named, options)
}

// Each message of the document's table is what a real Traefik logs.
func TestTroubles_showTheMessagesThatTheDocumentHas(t *testing.T) {
	root, err := proxy.Root()
	require.NoError(t, err)
	document, err := os.ReadFile(filepath.Join(root, "docs", "operations.md"))
	require.NoError(t, err)
	for message, trouble := range map[string]struct {
		configuration string
		broken        bool // another plugin does not load
	}{
		"unknown plugin type: huaweid":                        {configuration: shop("huawei-id", "huaweid: {}")},
		"EntryPoint doesn't exist":                            {configuration: strings.Replace(shop("huawei-id", "huaweiid: {}"), "service: shop}", "service: shop, entryPoints: [webb]}", 1)},
		`middleware "huawei-idd@file" does not exist`:         {configuration: shop("huawei-idd", "huaweiid: {}")},
		`invalid configuration: mode: "enforced" is none of `: {configuration: shop("huawei-id", "huaweiid: {mode: enforced}")},
		"failed to decode configuration":                      {configuration: shop("huawei-id", "huaweiid: {mode: [enforce]}")},
		"plugin cannot be a standalone element":               {configuration: shop("huawei-id", "huaweiid:")},
		"Plugins are disabled because an error has occurred":  {configuration: shop("huawei-id", "huaweiid: {}"), broken: true},
	} {
		t.Run(message, func(t *testing.T) {
			assert.Contains(t, string(document), "`"+strings.TrimSuffix(message, " "))
			options := proxy.Options{Dynamic: trouble.configuration}
			if trouble.broken {
				options.Plugins = map[string]string{"other": brokenPlugin(t)}
			}
			p, err := proxy.Start(context.Background(), options)
			log := fmt.Sprint(err)
			if err == nil {
				log = p.Log()
				require.NoError(t, p.Stop())
			}
			assert.Contains(t, strings.ReplaceAll(log, `\"`, `"`), message)
		})
	}
}

// An application that is down is Traefik's own 502, which the plugin's never look like.
func TestTroubles_anApplicationThatDoesNotAnswerIsTraefiksOwn502(t *testing.T) {
	p, err := proxy.Start(context.Background(), proxy.Options{Dynamic: shop("huawei-id", "huaweiid: {mode: optional}"), LogLevel: "DEBUG"})
	require.NoError(t, err)
	defer func() { _ = p.Stop() }() // also where it fails below
	require.NoError(t, p.WaitRouters(context.Background(), "shop"))
	req, err := http.NewRequest(http.MethodGet, p.URL(), nil)
	require.NoError(t, err)
	req.Host = "shop.example"
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Equal(t, http.StatusBadGateway, resp.StatusCode)
	assert.Equal(t, "Bad Gateway", string(body))
	require.NoError(t, p.Stop())
	assert.Contains(t, p.Log(), "connection refused")
}

// brokenPlugin is one that the interpreter cannot load.
func brokenPlugin(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"go.mod":       "module example.org/other\n\ngo 1.21\n",
		"other.go":     "package other\n\nimport \"unsafe\"\n\nvar size = unsafe.Sizeof(0)\n",
		".traefik.yml": "displayName: other\ntype: middleware\nimport: example.org/other\nsummary: other\ntestData: {a: b}\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	return dir
}
