package docs

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What people read at the top and under docs/ is there in English and in Chinese. Prose is compared by nobody but people; what
// stands in tables, blocks, headings and links to elsewhere is compared here, so that neither language is left behind.

// atTheTop are the documents there that have a Chinese counterpart. The changelog has none.
var atTheTop = []string{readme, security, contributing}

// chinese is the name of a document's Chinese counterpart.
func chinese(document string) string {
	if slices.Contains(atTheTop, document) {
		return strings.TrimSuffix(document, ".md") + ".zh-CN.md"
	}
	return path.Join("docs/zh", path.Base(document))
}

// inBothLanguages are the English documents that have a Chinese counterpart.
func inBothLanguages(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(root, "docs"))
	require.NoError(t, err)
	found := slices.Clone(atTheTop)
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), ".md") {
			found = append(found, path.Join("docs", entry.Name()))
		}
	}
	return found
}

func TestLanguages_everyDocumentOfOperatorsIsThereInBoth(t *testing.T) {
	t.Parallel()
	var want []string
	for _, document := range inBothLanguages(t) {
		assert.Contains(t, documents, document, "the other tests of documents look at it")
		assert.Contains(t, documents, chinese(document), "the other tests of documents look at it")
		if path.Dir(document) == "docs" {
			want = append(want, path.Base(document))
		}
	}
	entries, err := os.ReadDir(filepath.Join(root, "docs", "zh"))
	require.NoError(t, err)
	var got []string
	for _, entry := range entries {
		got = append(got, entry.Name())
	}
	assert.ElementsMatch(t, want, got)
}

// A line under the title leads to the other language.
func TestLanguages_leadToEachOther(t *testing.T) {
	t.Parallel()
	for _, document := range inBothLanguages(t) {
		for name, line := range map[string]string{
			document:          "**English** | [简体中文](" + relative(t, document, chinese(document)) + ")",
			chinese(document): "[English](" + relative(t, chinese(document), document) + ") | **简体中文**",
		} {
			lines := strings.Split(read(t, name), "\n")
			require.Greater(t, len(lines), 3, name)
			assert.Equal(t, []string{"", line, ""}, lines[1:4], name)
		}
	}
}

func relative(t *testing.T, from, to string) string {
	t.Helper()
	relative, err := filepath.Rel(filepath.FromSlash(path.Dir(from)), filepath.FromSlash(to))
	require.NoError(t, err)
	return filepath.ToSlash(relative)
}

func TestLanguages_haveTheSameHeadings(t *testing.T) {
	t.Parallel()
	for _, document := range inBothLanguages(t) {
		assert.Equal(t, levels(t, document), levels(t, chinese(document)), "%s: the levels of its headings", document)
	}
}

var level = regexp.MustCompile(`(?m)^(#+) `)

func levels(t *testing.T, document string) []string {
	t.Helper()
	var found []string
	for _, match := range level.FindAllStringSubmatch(textOf(t, document), -1) {
		found = append(found, match[1])
	}
	return found
}

// Blocks are the same to the letter but for their comments and for what a diagram says.
func TestLanguages_haveTheSameBlocks(t *testing.T) {
	t.Parallel()
	for _, document := range inBothLanguages(t) {
		english, _ := split(t, document)
		other, _ := split(t, chinese(document))
		if !assert.Equal(t, len(english), len(other), "%s: blocks", document) {
			continue
		}
		for i := range english {
			assert.Equal(t, untranslated(english[i]), untranslated(other[i]), "%s: block %d", document, i+1)
		}
	}
}

var (
	comment  = regexp.MustCompile(`(?m)(^|\s)#( .*)?$`)
	diagrams = regexp.MustCompile(`(?m)(participant \w+ as|: |^\s*(?:alt|else)) ?.*$`)
)

func untranslated(b block) block {
	switch b.language {
	case "mermaid":
		b.text = diagrams.ReplaceAllString(b.text, "$1")
	case "yaml", "toml", "sh", "dockerfile":
		b.text = comment.ReplaceAllString(b.text, "$1")
	}
	return b
}

// Tables have as many rows, and in each cell the same text in backticks; words are translated.
func TestLanguages_haveTheSameTables(t *testing.T) {
	t.Parallel()
	for _, document := range inBothLanguages(t) {
		english, other := tableRows(t, document), tableRows(t, chinese(document))
		for i := 0; i < len(english) && i < len(other); i++ {
			if !assert.Equal(t, spans(english[i]), spans(other[i]), "%s: what stands in backticks, cell by cell:\n%s\n%s",
				document, english[i], other[i]) {
				break
			}
		}
		assert.Equal(t, len(english), len(other), "%s: rows of tables", document)
	}
}

// tableRows are the rows of all tables, heads included, with an empty one between tables.
func tableRows(t *testing.T, document string) []string {
	t.Helper()
	var found []string
	for _, line := range strings.Split(textOf(t, document), "\n") {
		switch {
		case strings.HasPrefix(line, "|"):
			found = append(found, line)
		case len(found) > 0 && found[len(found)-1] != "":
			found = append(found, "")
		}
	}
	return found
}

var span = regexp.MustCompile("`[^`]+`")

// spans are what each cell of a row has in backticks, in order of the alphabet, since languages put words in another order.
func spans(row string) [][]string {
	var found [][]string
	for _, cell := range strings.Split(row, " | ") {
		quoted := span.FindAllString(cell, -1)
		slices.Sort(quoted)
		found = append(found, quoted)
	}
	return found
}

// Links to other sites are the same; those within the checkout lead to a counterpart where there is one.
func TestLanguages_haveTheSameLinks(t *testing.T) {
	t.Parallel()
	for _, document := range inBothLanguages(t) {
		assert.ElementsMatch(t, targets(t, document), targets(t, chinese(document)), "%s: links", document)
	}
}

// targets are where a document's links lead, without headings, as names of English documents.
func targets(t *testing.T, document string) []string {
	t.Helper()
	names := map[string]string{}
	for _, english := range inBothLanguages(t) {
		names[chinese(english)] = english
	}
	var found []string
	for _, match := range link.FindAllStringSubmatch(textOf(t, document), -1) {
		to := match[1]
		if !strings.Contains(to, "://") {
			file, _, _ := strings.Cut(to, "#")
			if to = path.Join(path.Dir(document), file); file == "" {
				to = document
			}
			to = strings.Replace(to, ".zh-CN.png", ".png", 1)
			if english, ok := names[to]; ok {
				to = english
			}
		}
		found = append(found, to)
	}
	return found
}

// textOf is a document without its blocks.
func textOf(t *testing.T, document string) string {
	t.Helper()
	_, text := split(t, document)
	return text
}
