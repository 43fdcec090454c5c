// Package gobuild runs `go build` for what takes minutes, and says meanwhile how far it is.
package gobuild

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

const (
	// soon and later are how often progress is told: during the first minute, and from then on.
	soon  = 5 * time.Second
	later = 15 * time.Second
	// keptOutput is how many lines of the compiler's output an error quotes.
	keptOutput = 30
)

// Build is one command to build.
type Build struct {
	Dir      string   // where the module is
	Package  string   // import path, or a path that begins with ./
	Flags    []string // of go build
	Env      []string // added to the environment, as NAME=value
	Target   string   // the binary
	Packages int      // about how many packages it consists of; it only gives the progress a scale
}

// Run builds and tells log how it goes, in lines that begin with two spaces. An interrupted build leaves no binary behind.
func (b Build) Run(ctx context.Context, log io.Writer) error {
	if err := os.MkdirAll(filepath.Dir(b.Target), 0o755); err != nil {
		return err
	}
	// Built under another name, so that what has the name is whole.
	unfinished := fmt.Sprintf("%s.%d", b.Target, os.Getpid())
	defer os.Remove(unfinished)
	// -mod=readonly: the end-to-end module has no vendor directory, whatever GOFLAGS says.
	arguments := append([]string{"build", "-v", "-mod=readonly", "-buildvcs=false"}, b.Flags...)
	cmd := exec.CommandContext(ctx, "go", append(arguments, "-o", unfinished, b.Package)...)
	cmd.Dir = b.Dir
	cmd.Env = append(os.Environ(), b.Env...)
	cmd.WaitDelay = 5 * time.Second
	output := &output{}
	cmd.Stdout = output
	cmd.Stderr = output

	begin := time.Now()
	done := make(chan error, 1)
	go func() { done <- cmd.Run() }()
	timer := time.NewTimer(soon)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			passed := time.Since(begin).Round(time.Second)
			fmt.Fprintf(log, "  %s: %s\n", passed, output.progress(b.Packages))
			timer.Reset(interval(passed))
			continue
		case err := <-done:
			if err != nil {
				return fmt.Errorf("%w\n%s", err, output.rest())
			}
		}
		break
	}
	return os.Rename(unfinished, b.Target)
}

func interval(passed time.Duration) time.Duration {
	if passed < time.Minute {
		return soon
	}
	return later
}

// output counts what `go build -v` prints and keeps the end of what is neither a download nor a package's name.
type output struct {
	mu         sync.Mutex
	partial    []byte
	downloaded int
	compiled   int
	other      []string
}

// Write takes the output in whatever pieces it comes.
func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.partial = append(o.partial, b...)
	for {
		end := bytes.IndexByte(o.partial, '\n')
		if end < 0 {
			return len(b), nil
		}
		o.line(string(o.partial[:end]))
		o.partial = o.partial[end+1:]
	}
}

func (o *output) line(line string) {
	switch {
	case strings.HasPrefix(line, "go: downloading "):
		o.downloaded++
	case line != "" && !strings.HasPrefix(line, "#") && !strings.ContainsAny(line, " \t:"):
		o.compiled++
	default:
		o.other = append(o.other, line)
		if len(o.other) > keptOutput {
			o.other = o.other[1:]
		}
	}
}

func (o *output) progress(packages int) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.compiled == 0 && o.downloaded == 0:
		return "looking at what there is"
	case o.compiled == 0:
		return fmt.Sprintf("modules downloaded: %d", o.downloaded)
	}
	return fmt.Sprintf("%d of about %d packages compiled", o.compiled, packages)
}

func (o *output) rest() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Join(append(o.other, string(o.partial)), "\n")
}
