package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	makeCommand = regexp.MustCompile("(?m)(?:```sh\n|`)make ([a-z0-9-]+)")
	goRun       = regexp.MustCompile(`(cd e2e && )?go run \./([a-z/-]+)`)
	target      = regexp.MustCompile(`(?m)^([a-z0-9-]+):`)
)

// What a document tells to type is there.
func TestCommands_exist(t *testing.T) {
	t.Parallel()
	targets := map[string]bool{}
	for _, match := range target.FindAllStringSubmatch(read(t, "Makefile"), -1) {
		targets[match[1]] = true
	}
	seen := map[string]bool{}
	for _, document := range documents {
		text := read(t, document)
		for _, match := range makeCommand.FindAllStringSubmatch(text, -1) {
			assert.True(t, targets[match[1]], "%s: make %s", document, match[1])
			seen[match[1]] = true
		}
		for _, match := range goRun.FindAllStringSubmatch(text, -1) {
			dir := root
			if match[1] != "" {
				dir = filepath.Join(root, "e2e")
			}
			assert.DirExists(t, filepath.Join(dir, match[2]), "%s: %s", document, match[0])
		}
	}
	for _, wanted := range []string{"demo", "test", "rename", "help"} {
		assert.True(t, seen[wanted], "no document tells of make %s", wanted)
	}
}

func TestRename_isShownWithTheVariableThatMakeTakes(t *testing.T) {
	t.Parallel()
	assert.Contains(t, read(t, readme), "make rename MODULE=")
	assert.Contains(t, read(t, "Makefile"), "$(MODULE)")
}

var (
	link       = regexp.MustCompile(`\]\(([^)]+)\)`)
	heading    = regexp.MustCompile(`(?m)^#+ (.+)$`)
	notInAName = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)
)

// Links inside the checkout lead to a file and to a heading in it.
func TestLinks_leadSomewhere(t *testing.T) {
	t.Parallel()
	for _, document := range documents {
		for _, match := range link.FindAllStringSubmatch(read(t, document), -1) {
			if strings.Contains(match[1], "://") {
				continue
			}
			file, anchor, hasAnchor := strings.Cut(match[1], "#")
			path := filepath.Join(root, filepath.Dir(document), file)
			if file == "" {
				path = filepath.Join(root, document)
			}
			content, err := os.ReadFile(path)
			require.NoError(t, err, "%s: %s", document, match[1])
			if hasAnchor {
				assert.Contains(t, anchors(string(content)), anchor, "%s: %s", document, match[1])
			}
		}
	}
}

// anchors are the headings as GitHub makes links of them.
func anchors(text string) []string {
	var found []string
	for _, match := range heading.FindAllStringSubmatch(text, -1) {
		name := notInAName.ReplaceAllString(strings.ToLower(match[1]), "")
		found = append(found, strings.ReplaceAll(name, " ", "-"))
	}
	return found
}
