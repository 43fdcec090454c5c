package docs

import (
	"go/ast"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The table of messages has every message that the plugin writes, and no other.
func TestMessagesTable_isWhatThePluginWrites(t *testing.T) {
	t.Parallel()
	var written, listed []string
	inspect(t, func(node ast.Node) {
		call, ok := node.(*ast.CallExpr)
		if !ok {
			return
		}
		method, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return
		}
		// Which argument is the message.
		if at, ok := map[string]int{"event": 3, "say": 1, "detail": 0}[method.Sel.Name]; ok && at < len(call.Args) {
			text, ok := literal(call.Args[at])
			assert.True(t, ok, "a message that begins with no literal")
			written = append(written, upToColon(text))
		}
	})
	_, table, _ := strings.Cut(section(t, operations, "## Logs"), "| message |")
	table, _, _ = strings.Cut(table, "\n\n")
	for _, row := range rows(t, "| message |"+table) {
		if message := code(row[0]); message != "" {
			listed = append(listed, upToColon(message))
		}
	}
	slices.Sort(written)
	assert.ElementsMatch(t, slices.Compact(written), listed)
}

// upToColon is the part of a message that does not depend on the configuration.
func upToColon(message string) string {
	before, _, _ := strings.Cut(message, ":")
	return before
}

func TestCacheStatusTable_hasEveryForm(t *testing.T) {
	t.Parallel()
	text := read(t, operations)
	found := false
	inspect(t, func(node ast.Node) {
		function, ok := node.(*ast.FuncDecl)
		if !ok || function.Name.Name != "cacheStatus" {
			return
		}
		found = true
		ast.Inspect(function, func(node ast.Node) bool {
			if returned, ok := node.(*ast.ReturnStmt); ok {
				form, _ := literal(returned.Results[0])
				assert.Contains(t, text, "`"+form)
				if sum, ok := returned.Results[0].(*ast.BinaryExpr); ok {
					if detail, ok := literal(sum.Y); ok {
						assert.Contains(t, text, detail+"`")
					}
				}
			}
			return true
		})
	})
	assert.True(t, found, "no function cacheStatus writes the forms")
}
