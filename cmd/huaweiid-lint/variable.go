package main

import (
	"os"
	"regexp"
	"strings"
)

// Values that are known elsewhere only: a variable of a Compose file or a template that has no value here stands in a text as its name
// between two marks, so that it is like no other; a value of a Kubernetes Secret stands as it was written.

const markBegin, markEnd = "\ue000", "\ue001"

// hasUnknown tells whether a part of a text is known elsewhere only.
func hasUnknown(text string) bool { return strings.Contains(text, markBegin) }

// readable shows variables without a value as they were written.
func readable(text string) string {
	return strings.NewReplacer(markBegin, "${", markEnd, "}").Replace(text)
}

// secret is how a resource asks Traefik for a value of a Secret (pkg/provider/kubernetes/crd, loadSecretKeys).
var secret = regexp.MustCompile(`^urn:k8s:secret:[^:]+:[^:]+$`)

// variable is the beginning of what Compose puts a value in the place of: $$, $NAME, and ${NAME with what may follow.
var variable = regexp.MustCompile(`^\$(?:(\$)|([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)(:?[-?+])?)`)

// interpolated puts the variables of this process into a text of a Compose file.
func interpolated(text string) string {
	value, _ := interpolate(text, false)
	return value
}

// interpolate does so up to the end of the text, or inside of ${…} up to the brace that ends it. It returns what is left.
func interpolate(text string, inside bool) (value, rest string) {
	var b strings.Builder
	for text != "" {
		parts := variable.FindStringSubmatch(text)
		switch {
		case inside && text[0] == '}':
			return b.String(), text
		case parts == nil:
			b.WriteByte(text[0])
			text = text[1:]
			continue
		}
		text = text[len(parts[0]):]
		switch {
		case parts[1] != "":
			b.WriteByte('$')
		case parts[2] != "":
			b.WriteString(valueOf(parts[2], "", ""))
		default:
			var other string
			other, text = interpolate(text, true)
			text = strings.TrimPrefix(text, "}")
			b.WriteString(valueOf(parts[3], parts[4], other))
		}
	}
	return b.String(), ""
}

// valueOf is a variable's value, with the condition that follows it and what stands behind that.
func valueOf(name, condition, other string) string {
	value, isSet := os.LookupEnv(name)
	kind, notEmpty := strings.CutPrefix(condition, ":")
	isSet = isSet && (value != "" || !notEmpty)
	switch {
	case kind == "-" && !isSet, kind == "+" && isSet:
		return other
	case kind == "+":
		return ""
	case !isSet:
		return markBegin + name + markEnd
	}
	return value
}
