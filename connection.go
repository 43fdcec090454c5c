package huaweiid

import (
	"net/http"
	"strings"
)

// Connection: by naming our headers there, a client would have the next proxy drop them (RFC 9110 §7.6.1). HTTP/2 does not have
// it. Of HTTP/1.1 requests Traefik reads it itself, and hands on no more than "Upgrade" unless the entry point says otherwise.

// maxConnection is how many options Connection may list where one of them is a protected name.
const maxConnection = 100

// cleanConnection takes protected names off Connection. Of a list with one of them in it that is too long to be honest, nothing
// is left but what WebSocket needs.
func cleanConnection(g *guard, h http.Header) {
	lines := h["Connection"]
	list := strings.Join(lines, ",")
	folded := fold(list)
	named := false
	for name := range g.protected {
		named = named || strings.Contains(folded, name)
	}
	switch {
	case !named:
	case strings.Count(list, ",") < maxConnection:
		setOrDelete(h, "Connection", withoutProtected(g, lines))
	case strings.Contains(folded, "UPGRADE"):
		h["Connection"] = []string{"Upgrade"}
	default:
		delete(h, "Connection")
	}
}

// withoutProtected returns Connection's lines without protected names. A line that lists none stays as it is. Unicode's spaces
// are taken off as well: net/http lets those bytes through, and a reader in Go may do the same and then find a protected name.
func withoutProtected(g *guard, lines []string) []string {
	var kept []string
	for _, line := range lines {
		var options []string
		dropped := false
		for _, option := range strings.Split(line, ",") {
			if g.protected[fold(strings.TrimSpace(option))] {
				dropped = true
				continue
			}
			options = append(options, option)
		}
		if dropped {
			line = strings.TrimSpace(strings.Join(options, ","))
		}
		if line != "" || !dropped {
			kept = append(kept, line)
		}
	}
	return kept
}
