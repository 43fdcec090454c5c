package rollout

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/traefik-huaweiid/huaweiid/e2e/echo"
	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// levels are rows of the document's table of troubles that name lines of the plugin's.
var levels = map[string]struct {
	options string   // of the middleware, beside Huawei's address
	tokens  []string // which make the line, at once
	says    []string // what the row quotes, and one line has
	debug   bool     // Traefik at ERROR does not show it
}{
	"denied":  {tokens: []string{"http/403/1"}, says: []string{"lookup brought no identity", "HTTP 403"}},
	"nsp":     {tokens: []string{"nsp/5/1"}, says: []string{"lookup brought no identity", `NSP_STATUS "5"`}},
	"scope":   {tokens: []string{"forbidden/1"}, says: []string{"lookup brought no identity", `NSP_STATUS "403"`}, debug: true},
	"foreign": {options: oursOnly, tokens: many("foreign", 20), says: []string{"no identity since the start, and many tokens refused"}},
	"app":     {options: oursOnly, tokens: []string{"foreign/1"}, says: []string{"the token was issued to app "}, debug: true},
	"expired": {tokens: []string{"expired/1"}, says: []string{"refused"}, debug: true},
	"nophone": {tokens: []string{"nophone/1"}, says: []string{"identity without a phone number"}, debug: true},
	"portal":  {tokens: []string{"body/html/1"}, says: []string{"lookup brought no identity", "cause"}},
	"crowded": {options: "huawei: {maxConcurrent: 1}", tokens: []string{"slow/2s/1", "slow/2s/2"}, says: []string{"not asking Huawei: huawei.maxConcurrent leaves no room"}},
	"down":    {options: `huawei: {getInfoURL: "http://127.0.0.1:1"}`, tokens: many("mainland", 5), says: []string{"not asking Huawei for a while: lookups fail"}},
}

const oursOnly = `audience: {clientIDs: ["` + huaweisim.ClientID + `"]}`

func many(kind string, n int) (tokens []string) {
	for i := range n {
		tokens = append(tokens, fmt.Sprint(kind, "/", i))
	}
	return tokens
}

// The document names a line at the level at which Traefik shows it: who looks for one that is not there looks for another cause.
func TestTroubles_nameThePluginsLinesAtTheirLevel(t *testing.T) {
	usual, debug := linesAt(t, "ERROR", "info"), linesAt(t, "DEBUG", "debug")
	for name, trouble := range levels {
		assert.True(t, has(debug, name, trouble.says), "%s: %q with Traefik at DEBUG", name, trouble.says)
		assert.Equal(t, !trouble.debug, has(usual, name, trouble.says), "%s: %q with Traefik at ERROR", name, trouble.says)
		for _, document := range []string{"operations.md", "zh/operations.md"} {
			row := rowOf(t, document, trouble.says)
			assert.Equal(t, trouble.debug, strings.Contains(row, "`logLevel: debug`"), "%s: %s", document, row)
		}
	}
}

// linesAt returns what a Traefik logs of all the troubles.
func linesAt(t *testing.T, level, logLevel string) []string {
	t.Helper()
	sim := huaweisim.New()
	huawei, backend := httptest.NewServer(sim), httptest.NewServer(echo.Handler())
	defer backend.Close()
	defer huawei.Close()
	defer sim.Close()
	routers, middlewares := map[string]any{}, map[string]any{}
	for name, trouble := range levels {
		options := map[string]any{"logLevel": logLevel, "cache": map[string]any{"maxEntries": 1000 + len(routers)}} // a state of its own
		require.NoError(t, yaml.Unmarshal([]byte(trouble.options), &options))
		h, _ := options["huawei"].(map[string]any)
		if h == nil {
			h = map[string]any{}
		}
		options["huawei"] = h
		for option, value := range map[string]any{
			"allowHTTP": true, "proxyURL": "direct", "getInfoURL": huawei.URL + huaweisim.GetInfoPath, "tokenInfoURL": huawei.URL + huaweisim.TokenInfoPath,
		} {
			if h[option] == nil {
				h[option] = value
			}
		}
		middlewares[name] = map[string]any{"plugin": map[string]any{"huaweiid": options}}
		routers[name] = map[string]any{"rule": "Host(`" + name + ".example`)", "middlewares": []string{name}, "service": "app"}
	}
	configuration, err := yaml.Marshal(map[string]any{"http": map[string]any{"routers": routers, "middlewares": middlewares, "services": map[string]any{
		"app": map[string]any{"loadBalancer": map[string]any{"servers": []any{map[string]any{"url": backend.URL}}}},
	}}})
	require.NoError(t, err)
	p, err := proxy.Start(context.Background(), proxy.Options{Dynamic: string(configuration), LogLevel: level})
	require.NoError(t, err)
	defer func() { _ = p.Stop() }() // also where it fails below
	require.NoError(t, p.WaitRouters(context.Background(), slices.Collect(maps.Keys(routers))...))
	var all sync.WaitGroup
	for name, trouble := range levels {
		for _, token := range trouble.tokens {
			all.Go(func() { ask(t, p.URL(), name+".example", token) })
		}
	}
	all.Wait()
	require.NoError(t, p.Stop())
	return strings.Split(strings.ReplaceAll(p.Log(), `\"`, `"`), "\n")
}

func ask(t *testing.T, url, host, token string) {
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if assert.NoError(t, err) {
		req.Host = host
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := http.DefaultClient.Do(req)
		if assert.NoError(t, err) {
			assert.NoError(t, resp.Body.Close())
		}
	}
}

// has tells whether one line of a middleware has all texts.
func has(lines []string, middleware string, texts []string) bool {
	return slices.ContainsFunc(lines, func(line string) bool {
		return strings.Contains(line, "middleware="+middleware+"@file") && hasAll(line, "", texts)
	})
}

func hasAll(text, before string, parts []string) bool {
	for _, part := range parts {
		if !strings.Contains(text, before+part) {
			return false
		}
	}
	return true
}

// rowOf returns what the first row of the table of troubles that quotes all texts says of the log.
func rowOf(t *testing.T, document string, texts []string) string {
	t.Helper()
	root, err := proxy.Root()
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(root, "docs", document))
	require.NoError(t, err)
	_, table, _ := strings.Cut(string(text), "`unknown plugin type: huaweid`")
	table, _, _ = strings.Cut(table, "\n\n")
	for _, row := range strings.Split(table, "\n") {
		if cells := strings.Split(row, " | "); len(cells) > 2 && hasAll(cells[1], "`", texts) {
			return cells[1]
		}
	}
	assert.Fail(t, "no row quotes it", "%s: %q", document, texts)
	return ""
}
