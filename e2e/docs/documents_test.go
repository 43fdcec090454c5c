// Package docs tests what the documents say: every block in them is run, decoded or compared with what the plugin does.
package docs

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

var root = mustRoot()

func mustRoot() string {
	root, err := proxy.Root()
	if err != nil {
		panic(err)
	}
	return root
}

const (
	readme        = "README.md"
	security      = "SECURITY.md"
	changelog     = "CHANGELOG.md"
	contributing  = "CONTRIBUTING.md"
	configuration = "docs/configuration.md"
	revocation    = "docs/revocation.md"
	operations    = "docs/operations.md"
	performance   = "docs/performance.md"
	rollout       = "docs/rollout.md"
	scaling       = "docs/scaling.md"
	packages      = "e2e/README.md"
	notebook      = "e2e/bench/NOTES.md"
)

var documents = withChinese(
	readme, security, changelog, contributing, configuration, operations, performance, revocation, rollout, scaling, packages, notebook,
)

// withChinese adds the Chinese counterparts of those that have one.
func withChinese(names ...string) []string {
	all := names
	for _, name := range names {
		if slices.Contains(atTheTop, name) || path.Dir(name) == "docs" {
			all = append(all, chinese(name))
		}
	}
	return all
}

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	require.NoError(t, err)
	return string(content)
}

// block is what stands between two fences.
type block struct {
	language, text string
	indented       bool // in an item of a list
}

// blocks are a document's but for indented ones, which show a part of something.
func blocks(t *testing.T, document string) []block {
	t.Helper()
	all, _ := split(t, document)
	return slices.DeleteFunc(all, func(b block) bool { return b.indented })
}

// split parts a document into its blocks and the text around them.
func split(t *testing.T, document string) (found []block, text string) {
	t.Helper()
	var current *block
	for _, line := range strings.Split(read(t, document), "\n") {
		trimmed := strings.TrimSpace(line)
		language, fence := strings.CutPrefix(trimmed, "```")
		switch {
		case fence && current == nil:
			current = &block{language: language, indented: trimmed != line}
		case fence:
			found = append(found, *current)
			current = nil
		case current != nil:
			current.text += line + "\n"
		default:
			text += line + "\n"
		}
	}
	require.Nil(t, current, "%s: a block is not closed", document)
	return found, text
}

// kind says which test a block belongs to.
func (b block) kind() string {
	switch first, _, _ := strings.Cut(b.text, "\n"); {
	case b.language == "yaml" && first == "http:", b.language == "toml":
		return "dynamic configuration"
	case b.language == "yaml" && strings.HasPrefix(first, "apiVersion: "):
		return "resource"
	case b.language == "yaml" && first == "labels:":
		return "labels"
	case b.language == "yaml" && first == "entryPoints:":
		return "static configuration"
	case b.language == "mermaid":
		return "diagram"
	case b.language == "http":
		return "message"
	case b.language == "dockerfile":
		return "image"
	case b.language == "sh" && strings.HasPrefix(first, "make "):
		return "make"
	case b.language == "sh":
		return "installation"
	case b.language == "text" && strings.HasPrefix(first, "invalid configuration: "):
		return "error"
	case b.language == "text" && strings.HasPrefix(first, "level="):
		return "log line"
	}
	return ""
}

func blocksOf(t *testing.T, document, kind string) []block {
	t.Helper()
	var found []block
	for _, b := range blocks(t, document) {
		if b.kind() == kind {
			found = append(found, b)
		}
	}
	return found
}

func oneBlock(t *testing.T, document, kind string) string {
	t.Helper()
	found := blocksOf(t, document, kind)
	require.Len(t, found, 1, "%s: %s", document, kind)
	return found[0].text
}

// A block of another kind would be one that nothing tests.
func TestDocuments_haveOnlyBlocksThatAreTested(t *testing.T) {
	t.Parallel()
	for _, document := range documents {
		for _, b := range blocks(t, document) {
			assert.NotEmpty(t, b.kind(), "%s: ```%s\n%s", document, b.language, b.text)
		}
	}
}

// section returns what stands below a heading, up to the next of its level or above.
func section(t *testing.T, document, heading string) string {
	t.Helper()
	_, below, found := strings.Cut(read(t, document), "\n"+heading+"\n")
	require.True(t, found, "%s has no heading %q", document, heading)
	level := strings.Repeat("#", strings.Count(strings.Fields(heading)[0], "#"))
	for level != "" {
		below, _, _ = strings.Cut(below, "\n"+level+" ")
		level = level[1:]
	}
	return below
}

// rows returns the cells of a section's only table, without its head.
func rows(t *testing.T, text string) [][]string {
	t.Helper()
	var found [][]string
	for _, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "| ") {
			cells := strings.Split(strings.Trim(line, "| "), " | ")
			found = append(found, cells)
		}
	}
	require.NotEmpty(t, found)
	return found[1:]
}

// code returns what a cell has between its first two backticks; "" is an empty cell.
func code(cell string) string {
	_, rest, _ := strings.Cut(cell, "`")
	text, _, _ := strings.Cut(rest, "`")
	return text
}
