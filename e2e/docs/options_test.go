package docs

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid"
	"github.com/traefik-huaweiid/huaweiid/e2e/plugin"
)

// The table has the options that there are, in their order, with the defaults that they have.
func TestOptionsTable_isWhatTheConfigurationHas(t *testing.T) {
	t.Parallel()
	var want, got [][2]string
	plugin.EachOption(huaweiid.CreateConfig(), func(path string, value reflect.Value) {
		written := value.String()
		switch {
		case value.Kind() == reflect.Slice:
			written = "[]"
		case written == "":
			written = `""`
		}
		want = append(want, [2]string{path, written})
	})
	for _, row := range rows(t, section(t, readme, "### Options")) {
		require.Len(t, row, 3, "%v", row)
		assert.NotEmpty(t, row[2], "%s", row[0])
		got = append(got, [2]string{code(row[0]), code(row[1])})
	}
	assert.Equal(t, want, got)
}

// Prose names options too.
func TestDocuments_nameOnlyOptionsThatThereAre(t *testing.T) {
	t.Parallel()
	known, groups := map[string]bool{}, map[string]bool{}
	plugin.EachOption(huaweiid.CreateConfig(), func(path string, _ reflect.Value) {
		known[path] = true
		if group, _, nested := strings.Cut(path, "."); nested {
			groups[group] = true
		}
	})
	for _, document := range documents {
		for i, quoted := range strings.Split(read(t, document), "`") {
			group, _, nested := strings.Cut(quoted, ".")
			if i%2 == 1 && nested && groups[group] && !strings.ContainsAny(quoted, " :\n") && !strings.HasSuffix(quoted, ".go") {
				assert.True(t, known[quoted], "%s: `%s`", document, quoted)
			}
		}
	}
}
