package docs

import (
	"go/ast"
	"go/token"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// What an operator is to look up is what the plugin writes, to the letter: codes, and causes up to what depends on the case.
func TestWhatToDo_quotesWhatThePluginSays(t *testing.T) {
	t.Parallel()
	// Go's net package says the first two, and the last is a header.
	written := []string{"dial", "proxyconnect", "Retry-After"}
	inspect(t, func(node ast.Node) {
		if l, ok := node.(*ast.BasicLit); ok && l.Kind == token.STRING {
			if text, ok := literal(l); ok {
				written = append(written, strings.Trim(text, ", "))
			}
		}
	})
	for _, row := range rows(t, section(t, operations, "## What to do")) {
		for i, quoted := range strings.Split(row[0], "`") {
			if i%2 == 0 {
				continue
			}
			if strings.Trim(quoted, "abcdefghijklmnopqrstuvwxyz_") == "" {
				assert.Contains(t, written, quoted, "a code")
			} else {
				assert.True(t, beginsAs(quoted, written), "`%s` is nothing that the plugin says", quoted)
			}
		}
	}
}

// beginsAs tells whether a text begins with one of others. One of a letter or two would prove nothing.
func beginsAs(text string, others []string) bool {
	for _, other := range others {
		if len(other) > 3 && strings.HasPrefix(text, other) {
			return true
		}
	}
	return false
}
