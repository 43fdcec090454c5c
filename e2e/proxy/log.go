package proxy

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

const (
	logFile       = "traefik.log"
	accessLogFile = "access.log"
	// keptLog is how much of the log outlives Stop.
	keptLog = 1 << 20
	// troubleLines, tailLines and tailWidth bound what an error message quotes of the log: at DEBUG one line can hold a
	// whole configuration, and one start takes some fifty lines.
	troubleLines = 10
	tailLines    = 5
	tailWidth    = 600
)

// Log is everything that Traefik has printed so far; after Stop its last megabyte.
func (p *Proxy) Log() string {
	if kept := p.kept.Load(); kept != nil {
		return *kept
	}
	return p.readLog()
}

// LogFile is the file that Traefik's output goes to. Stop removes it.
func (p *Proxy) LogFile() string {
	return filepath.Join(p.dir, logFile)
}

// AccessLog is the access log so far, empty unless Options.AccessLog is set.
func (p *Proxy) AccessLog() string {
	content, err := os.ReadFile(filepath.Join(p.dir, accessLogFile))
	if err != nil {
		return ""
	}
	return string(content)
}

// WaitLog waits until Traefik has printed the given text.
func (p *Proxy) WaitLog(ctx context.Context, text string) error {
	return p.poll(ctx, fmt.Sprintf("the log line %q", text), func(context.Context) error {
		if !strings.Contains(p.Log(), text) {
			return fmt.Errorf("it is not in the log")
		}
		return nil
	})
}

func (p *Proxy) readLog() string {
	content, err := os.ReadFile(p.LogFile())
	if err != nil {
		return ""
	}
	return string(content)
}

// trouble is how Traefik's log marks a line from warning upwards.
var trouble = regexp.MustCompile(`^\S+ (WRN|ERR|FTL|PNC) `)

// logTail quotes what explains a failure: the last lines that Traefik itself calls trouble, and the last ones of all.
func (p *Proxy) logTail() string {
	lines := strings.Split(strings.TrimSpace(p.Log()), "\n")
	var quoted []string
	for i, line := range lines {
		if i >= len(lines)-tailLines || trouble.MatchString(line) {
			if len(line) > tailWidth {
				line = line[:tailWidth] + "…"
			}
			quoted = append(quoted, "  "+line)
		}
	}
	return strings.Join(quoted[max(0, len(quoted)-troubleLines-tailLines):], "\n")
}
