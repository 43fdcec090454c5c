package docs

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Nothing is published under the module's path: it is the name of a local plugin, and no place to get one from.
func TestDocuments_tellNobodyToDownloadThePlugin(t *testing.T) {
	t.Parallel()
	for _, document := range documents {
		text := read(t, document)
		assert.NotRegexp(t, `(?i)go (get|install) \S*huaweiid`, text, document)
		assert.NotRegexp(t, `(?i)git clone`, text, document)
		assert.NotContains(t, text, "https://"+module(t), document)
		assert.NotContains(t, text, "version: v", "%s: experimental.plugins would download", document)
		assert.NotRegexp(t, `(?m)^\s+plugins:`, text, document)
	}
}

var unfinished = regexp.MustCompile(`TODO|TBD|FIXME|XXX|(?i)for now|coming soon|lorem`)

func TestDocuments_areFinishedAndSpeakOfTheProjectAlone(t *testing.T) {
	t.Parallel()
	for _, document := range documents {
		text := read(t, document)
		assert.NotRegexp(t, unfinished, text, document)
		assert.NotRegexp(t, `(^|[\s"'(=])/(work|root|home|tmp|Users)/`, text, "%s: a path of somebody's machine", document)
		assert.NotRegexp(t, `\S+@\S+\.(com|org|net|dev|io)\b`, text, "%s: an address", document)
		for i, line := range strings.Split(text, "\n") {
			assert.Equal(t, strings.TrimRight(line, " \t"), line, "%s:%d ends in blanks", document, i+1)
		}
	}
}

func TestLicense_isApache(t *testing.T) {
	t.Parallel()
	text := read(t, "LICENSE")
	assert.Contains(t, text, "Apache License\n                           Version 2.0, January 2004")
	assert.Contains(t, text, "END OF TERMS AND CONDITIONS")
}
