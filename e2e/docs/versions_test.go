package docs

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The table names the Traefik and the interpreter that the tests require, and the Go that they need.
func TestVersions_areThoseOfTheTests(t *testing.T) {
	t.Parallel()
	requirements := read(t, "e2e/go.mod")
	required := func(pattern string) string {
		match := regexp.MustCompile(pattern).FindStringSubmatch(requirements)
		require.NotNil(t, match, pattern)
		return match[1]
	}
	versions := section(t, readme, "## Versions")
	assert.Contains(t, versions, "| "+required(`github\.com/traefik/traefik/v3 (v\S+)`)+" |")
	assert.Contains(t, versions, "Yaegi "+required(`github\.com/traefik/yaegi (v\S+)`))
	assert.Contains(t, versions, "Go "+required(`(?m)^go (\d+\.\d+)`)+" or newer")
}
