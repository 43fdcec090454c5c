package configuration

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// saidInWords are the options that the line at start is about; it names all others where they are not at their defaults.
var saidInWords = []string{"mode", "token.header", "token.scheme", "token.cookie", "token.query", "headers.", "phone.require", "cache.ttl",
	"cache.staleIfError", "huawei.timeout"}

// The compiled line is announce_test.go's. Here the interpreter reads the settings by reflection, as in Traefik.
func TestLineAtStart_saysEveryOptionInterpretedToo(t *testing.T) {
	t.Parallel()
	const standard = "ready: mode enforce; token from header Authorization Bearer; openID in X-User-Openid, unionID in X-User-Unionid, " +
		"phone in X-User-Phone; tokens of any app; answers kept 1m0s and 5m0s past that while Huawei fails; lookups within 3s"
	require.Equal(t, standard, lineAtStart(t, nil))
	for _, row := range everyOption {
		if incomplete[row.path] {
			continue
		}
		options := formats["Kubernetes"].options(t, formats["Kubernetes"].one(row.path, row.written))
		line := lineAtStart(t, options)
		assert.NotEqual(t, standard, line, row.path)
		assert.NotContains(t, line, "0xc0", "%s: an address in memory", row.path)
		for _, hidden := range []string{":secret@", "hunter2", "0123456789abcdef"} {
			assert.NotContains(t, line, hidden, row.path)
		}
		inWords := false
		for _, said := range saidInWords {
			inWords = inWords || strings.HasPrefix(row.path, said)
		}
		if inWords {
			assert.NotContains(t, line, "also set", row.path)
		} else {
			assert.Regexp(t, "; also set: (.*, )?"+regexp.QuoteMeta(row.path), line, row.path)
		}
	}
	assert.Equal(t, standard+"; also set: phone.format=masked, huawei.proxyURL (not shown), cache.maxEntries=5000, logLevel=debug",
		lineAtStart(t, map[string]any{
			"phone": map[string]any{"format": "Masked"}, "huawei": map[string]any{"proxyURL": "http://user:secret@proxy.example\n"},
			"cache": map[string]any{"maxEntries": 5000, "ttl": "60"}, "logLevel": "DEBUG",
		}))
}

// lineAtStart makes a middleware and returns the text of its line. Options that are the last ones' have none.
func lineAtStart(t *testing.T, options map[string]any) string {
	t.Helper()
	log.Reset()
	_, err := logged(t.Context(), http.NotFoundHandler(), options, "auth@file")
	require.NoError(t, err)
	for _, line := range strings.Split(log.String(), "\n") {
		var entry struct{ Message string }
		if json.Unmarshal([]byte(line), &entry) != nil {
			continue
		}
		if _, text, found := strings.Cut(entry.Message, `msg="`); found && strings.HasPrefix(text, "ready: ") {
			text, _, _ = strings.Cut(text, `" middleware=`)
			return text
		}
	}
	require.Fail(t, "no line at start", "%s", log.String())
	return ""
}
