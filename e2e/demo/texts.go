package demo

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// languageTags are the languages of the page, with their tags for HTML.
var languageTags = map[string]string{"en": "en", "zh": "zh-CN"}

// texts are the page's, by name and language, as page/texts.json has them.
type texts map[string]map[string]string

func mustTexts() texts {
	content, err := files.ReadFile("page/texts.json")
	if err != nil {
		panic("demo: " + err.Error()) // it is embedded
	}
	var t texts
	if err := json.Unmarshal(content, &t); err != nil {
		panic("demo: reading texts.json: " + err.Error())
	}
	return t
}

func (t texts) of(lang, name string) (string, error) {
	text, ok := t[name][lang]
	if !ok {
		return "", fmt.Errorf("there is no text %q in the language %q", name, lang)
	}
	return text, nil
}

// in gives all texts of a language.
func (t texts) in(lang string) map[string]string {
	all := make(map[string]string, len(t))
	for name, languages := range t {
		all[name] = languages[lang]
	}
	return all
}

func otherLanguage(lang string) string {
	if lang == "zh" {
		return "en"
	}
	return "zh"
}

// languageOf is the one in the URL (?lang=zh), else the first that the browser asks for and the page has, else English.
func languageOf(r *http.Request) string {
	wanted := append([]string{r.URL.Query().Get("lang")}, strings.Split(r.Header.Get("Accept-Language"), ",")...)
	for _, tag := range wanted {
		primary, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), ";")
		primary, _, _ = strings.Cut(primary, "-")
		if _, ok := languageTags[primary]; ok {
			return primary
		}
	}
	return "en"
}
