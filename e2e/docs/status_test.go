package docs

import (
	"go/ast"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The table of refusals has the codes of the plugin's status table with their statuses, no more and no fewer.
func TestRefusalsTable_isWhatTheStatusTableHas(t *testing.T) {
	t.Parallel()
	var got [][2]string
	for _, row := range rows(t, section(t, readme, "## Refusals")) {
		require.Len(t, row, 3, "%v", row)
		got = append(got, [2]string{code(row[0]), row[1]})
	}
	assert.ElementsMatch(t, outcomes(t), got)
}

// outcomes are the pairs of code and status in the literal of status.go.
func outcomes(t *testing.T) [][2]string {
	t.Helper()
	names := constants(t)
	var pairs [][2]string
	inspect(t, func(node ast.Node) {
		spec, ok := node.(*ast.ValueSpec)
		if !ok || spec.Names[0].Name != "outcomes" || len(spec.Values) == 0 {
			return
		}
		for _, row := range spec.Values[0].(*ast.CompositeLit).Elts {
			var pair [2]string
			for _, element := range row.(*ast.CompositeLit).Elts {
				field := element.(*ast.KeyValueExpr)
				switch field.Key.(*ast.Ident).Name {
				case "code":
					pair[0] = names[field.Value.(*ast.Ident).Name]
				case "status":
					pair[1] = field.Value.(*ast.BasicLit).Value
				}
			}
			if !slices.Contains(pairs, pair) {
				pairs = append(pairs, pair)
			}
		}
	})
	require.NotEmpty(t, pairs, "the literal outcomes is not where it was")
	return pairs
}

// Where the documents quote a code, there is one.
func TestDocuments_quoteOnlyCodesThatThereAre(t *testing.T) {
	t.Parallel()
	codes := map[string]bool{}
	for _, pair := range outcomes(t) {
		codes[pair[0]] = true
	}
	for _, document := range documents {
		for i, quoted := range strings.Split(read(t, document), "`") {
			for _, family := range []string{"token_", "huawei_"} {
				if i%2 == 1 && strings.HasPrefix(quoted, family) {
					assert.True(t, codes[quoted], "%s: `%s`", document, quoted)
				}
			}
		}
	}
}
