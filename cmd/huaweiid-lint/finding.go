package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Severities: a mistake has to be mended and fails the run; a warning is worth a look.
const (
	mistake = "error"
	warning = "warning"
)

// finding is one thing to say about one line.
type finding struct {
	File     string `json:"file"`
	Line     int    `json:"line"` // from 1
	Severity string `json:"severity"`
	Message  string `json:"message"`
}

// report is what a run has to say.
type report struct {
	Files       int       `json:"files"`
	Middlewares int       `json:"middlewares"` // of this plugin
	Routers     int       `json:"routers"`
	Findings    []finding `json:"findings"`
}

func (r *report) add(at place, severity, format string, args ...any) {
	r.Findings = append(r.Findings, finding{at.file, max(at.line, 1), severity, readable(fmt.Sprintf(format, args...))})
}

func (r *report) sort() {
	slices.SortStableFunc(r.Findings, func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.Message, b.Message))
	})
	r.Findings = slices.Compact(r.Findings)
}

var formats = map[string]func(io.Writer, *report) error{"text": writeText, "json": writeJSON, "github": writeGitHub}

func writeText(w io.Writer, r *report) error {
	var b strings.Builder
	mistakes, warnings := 0, 0
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%s:%d: %s: %s\n", f.File, f.Line, f.Severity, f.Message)
		if f.Severity == mistake {
			mistakes++
		} else {
			warnings++
		}
	}
	fmt.Fprintf(&b, "%s, %s of huaweiid, %s: %s, %s\n",
		count(r.Files, "file"), count(r.Middlewares, "middleware"), count(r.Routers, "router"), count(mistakes, "mistake"), count(warnings, "warning"))
	_, err := io.WriteString(w, b.String())
	return err
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func writeJSON(w io.Writer, r *report) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if r.Findings == nil {
		r.Findings = []finding{} // a list, not null
	}
	return encoder.Encode(r)
}

// GitHub's workflow commands: docs.github.com/actions, "Workflow commands", with its escapes.
var (
	escapeMessage  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	escapeProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func writeGitHub(w io.Writer, r *report) error {
	for _, f := range r.Findings {
		_, err := fmt.Fprintf(w, "::%s file=%s,line=%d::%s\n",
			f.Severity, escapeProperty.Replace(f.File), f.Line, escapeMessage.Replace(f.Message))
		if err != nil {
			return err
		}
	}
	return nil
}
