package secrets

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strconv"
	"strings"
)

// form is a way in which programs write a value.
type form struct{ name, text string }

// formsOf begins with the value as it is.
func formsOf(value string) []form {
	quoted, ascii := strconv.Quote(value), strconv.QuoteToASCII(value)
	forms := []form{
		{"as it is", value},
		{"query-escaped", url.QueryEscape(value)},
		{"path-escaped", url.PathEscape(value)},
		{"JSON", inJSON(value)},
		{"Go", quoted[1 : len(quoted)-1]},
		{"Go, ASCII", ascii[1 : len(ascii)-1]},
		{"HTML", html.EscapeString(value)},
		{"hex", hex.EncodeToString([]byte(value))},
		{"HEX", strings.ToUpper(hex.EncodeToString([]byte(value)))},
		{"hex with spaces", fmt.Sprintf("% x", value)},
		{"list of bytes", strings.Trim(fmt.Sprint([]byte(value)), "[]")},
		{"lower case", strings.ToLower(value)},
		{"upper case", strings.ToUpper(value)},
	}
	for before := range 3 {
		forms = append(forms,
			form{fmt.Sprintf("base64, %d", before), withinBase64(base64.RawStdEncoding, value, before)},
			form{fmt.Sprintf("base64url, %d", before), withinBase64(base64.RawURLEncoding, value, before)})
	}
	return forms
}

func inJSON(value string) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic("writing JSON: " + err.Error())
	}
	return string(text[1 : len(text)-1])
}

// withinBase64 is what does not depend on the neighbours when a value stands behind some bytes in a longer text.
func withinBase64(encoding *base64.Encoding, value string, before int) string {
	encoded := encoding.EncodeToString([]byte(strings.Repeat("\x00", before) + value))
	first := (before*8 + 5) / 6
	last := (before + len(value)) * 8 / 6
	return encoded[first:last]
}
