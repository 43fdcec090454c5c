package demo

import (
	"net/http/httptest"
	"regexp"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	blank = regexp.MustCompile(`\{\w+\}`)
	// said are the texts that a script or the page names; one that ends in ${…} names a family.
	said  = regexp.MustCompile("(?:say\\(|step\\(|trouble\\(|text\\[|name: )[`\"]([a-z.A-Z]+)(\\$\\{)?|text \\$?[lL]ang \"([a-z.A-Z]+)\"")
	codes = regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| [45]\\d\\d \\|")
)

func TestTexts_areThereInBothLanguagesWithTheSameBlanks(t *testing.T) {
	t.Parallel()
	for name, text := range mustTexts() {
		require.Len(t, text, len(languageTags), name)
		for lang := range languageTags {
			assert.NotEmpty(t, text[lang], "%s in %s", name, lang)
			assert.ElementsMatch(t, blank.FindAllString(text["en"], -1), blank.FindAllString(text[lang], -1), "%s in %s", name, lang)
		}
		for _, r := range text["en"] {
			assert.False(t, unicode.Is(unicode.Han, r), "%s: %s", name, text["en"])
		}
		// Chinese sentences have Chinese punctuation.
		assert.NotRegexp(t, `\p{Han}[,;:!?]|[,;:!?]\p{Han}`, text["zh"], name)
	}
}

func TestTexts_haveEveryNameThatThePageUses(t *testing.T) {
	t.Parallel()
	texts := mustTexts()
	for _, s := range scenarios {
		assert.Contains(t, texts, "scenario."+s.ID)
		assert.Contains(t, texts, "about."+s.ID)
	}
	for _, code := range codes.FindAllStringSubmatch(readme(t), -1) {
		assert.Contains(t, texts, "code."+code[1])
	}
	found := 0
	for _, file := range []string{"page/index.html", "page/script.js", "page/chart.js"} {
		content, err := files.ReadFile(file)
		require.NoError(t, err)
		for _, match := range said.FindAllStringSubmatch(string(content), -1) {
			if match[2] != "" {
				continue
			}
			found++
			assert.Contains(t, texts, match[1]+match[3], file)
		}
	}
	assert.Greater(t, found, 40, "the texts' names are found in the files")
}

func TestLanguage_isTheOneAskedForElseTheBrowsers(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ url, accept, want string }{
		"nothing said":      {"/", "", "en"},
		"Chinese browser":   {"/", "zh-CN,zh;q=0.9,en;q=0.8", "zh"},
		"first that we can": {"/", "fr-FR, ZH-tw;q=0.8, en;q=0.5", "zh"},
		"none that we can":  {"/", "fr", "en"},
		"chosen":            {"/?lang=en", "zh-CN", "en"},
		"chosen wrongly":    {"/?lang=<script>", "zh", "zh"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest("GET", test.url, nil)
			r.Header.Set("Accept-Language", test.accept)
			assert.Equal(t, test.want, languageOf(r))
		})
	}
}
