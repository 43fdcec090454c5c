package docs

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

var (
	participant = regexp.MustCompile(`^participant (\w+) as `)
	message     = regexp.MustCompile(`^(\w+)--?>>(\w+): \S`)
	note        = regexp.MustCompile(`^Note over (\w+),(\w+): \S`)
)

// A sequence diagram that Mermaid cannot read shows as an error in red, so that its few forms are checked here.
func TestDiagrams_areOfTheFormsThatMermaidReads(t *testing.T) {
	t.Parallel()
	for _, document := range documents {
		for _, b := range blocksOf(t, document, "diagram") {
			lines := strings.Split(strings.TrimSpace(b.text), "\n")
			assert.Equal(t, "sequenceDiagram", lines[0], document)
			known, open := map[string]bool{}, 0
			for _, line := range lines[1:] {
				line = strings.TrimSpace(line)
				assert.NotRegexp(t, `[;#]`, line, "%s: ends the line for Mermaid", document)
				word, _, _ := strings.Cut(line, " ")
				switch {
				case word == "alt":
					open++
				case word == "else":
					assert.Positive(t, open, "%s: %s", document, line)
				case word == "end":
					open--
				case participant.MatchString(line):
					known[participant.FindStringSubmatch(line)[1]] = true
				default:
					match := message.FindStringSubmatch(line)
					if match == nil {
						match = note.FindStringSubmatch(line)
					}
					if assert.NotNil(t, match, "%s: %s", document, line) {
						assert.True(t, known[match[1]] && known[match[2]], "%s: no participant: %s", document, line)
					}
				}
			}
			assert.Zero(t, open, "%s: an alt has no end", document)
		}
	}
}
