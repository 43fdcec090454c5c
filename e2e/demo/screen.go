package demo

import (
	"fmt"
	"strings"
)

// screenWidth and screenHeight are those of a plain terminal, a line left for the prompt.
const (
	screenWidth  = 100
	screenHeight = 24
)

// screen is everything that the demo says when it is up.
func screen(s *stack) string {
	about, url := s.gateway.About(), "http://"+s.gateway.Addr()+"/"
	var b strings.Builder
	if about.Engine {
		fmt.Fprintf(&b, "\nThe plugin is up in the plugin engine of Traefik %s, which is NOT a whole Traefik: routers and\n", about.Version)
		b.WriteString("proxy are the demo's. `make traefik` builds the real one in ten minutes; the demo uses it then.\n\n")
	} else {
		fmt.Fprintf(&b, "\nTraefik %s with the huaweiid plugin is up, in front of a backend that echoes what it gets.\n\n", about.Version)
	}
	fmt.Fprintf(&b, "  page       %s  (in a browser)\n", url)
	fmt.Fprintf(&b, "  Huawei ID  %s/sim/  (simulator: every kind of token)\n", s.simURL)
	if about.Dashboard != "" {
		fmt.Fprintf(&b, "  Traefik    %s\n", about.Dashboard)
	}
	fmt.Fprintf(&b, "  its log    %s\n\n", s.gateway.LogFile())
	b.WriteString("Or try here, and see the headers that the backend got:\n\n")
	b.WriteString(curlLines(url))
	b.WriteString("\nCtrl-C stops everything.\n")
	return b.String()
}

// curlLines are the requests as one would type them, each with what to expect behind it.
func curlLines(url string) string {
	lines := make([][]string, len(requests))
	width := 0
	for i, request := range requests {
		lines[i] = request.curl(url)
		last := lines[i][len(lines[i])-1]
		width = max(width, len(last))
	}

	var b strings.Builder
	for i, request := range requests {
		last := len(lines[i]) - 1
		for _, line := range lines[i][:last] {
			fmt.Fprintf(&b, "  %s \\\n", line)
		}
		fmt.Fprintf(&b, "  %-*s  # %s: %d\n", width, lines[i][last], request.name, request.status)
	}
	return b.String()
}

// curl is the command line for a request, the forged headers on a line of their own.
func (r request) curl(url string) []string {
	var lines []string
	line := "curl -i"
	if r.token != "" {
		line += fmt.Sprintf(" -H 'Authorization: Bearer %s'", r.token)
	}
	if len(r.forged) > 0 {
		for _, header := range r.forged {
			line += fmt.Sprintf(" -H '%s: %s'", header[0], header[1])
			if len(line) > screenWidth/2 {
				lines = append(lines, line)
				line = "   "
			}
		}
	}
	return append(lines, line+" "+url)
}
