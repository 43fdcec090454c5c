package proxy

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
	// builtDir, in e2e/, is ignored by git.
	builtDir  = ".bin"
	builtName = "traefik"
	// aboutPackages is what Traefik consists of, standard library included; it only gives the progress a scale.
	aboutPackages = 2500
	progressEvery = 15 * time.Second
	lockEvery     = time.Second
	// keptOutput is how much of the compiler's output an error quotes.
	keptOutput = 30
)

// built gives e2e/.bin/traefik, and builds it if it is missing or was made from another version of Traefik or Go.
func built(ctx context.Context, log io.Writer) (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	module := filepath.Join(root, "e2e")
	version, err := traefikVersion(root)
	if err != nil {
		return "", err
	}
	compiler, err := goVersion(ctx, module)
	if err != nil {
		return "", err
	}

	path := filepath.Join(module, builtDir, builtName)
	if isCurrent(ctx, path, version, compiler) {
		fmt.Fprintf(log, "Traefik %s from e2e/.bin\n", version)
		return path, nil
	}

	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", fmt.Errorf("making the directory for Traefik: %w", err)
	}
	unlock, err := lock(ctx, path+".lock", log)
	if err != nil {
		return "", err
	}
	defer unlock()
	// Whoever held the lock may have built it.
	if isCurrent(ctx, path, version, compiler) {
		return path, nil
	}
	if err := build(ctx, log, module, path, version); err != nil {
		return "", err
	}
	if !isCurrent(ctx, path, version, compiler) {
		return "", fmt.Errorf("building Traefik %s: the new binary %s does not tell that version; remove it and try again", version, path)
	}
	return path, nil
}

func build(ctx context.Context, log io.Writer, module, path, version string) error {
	fmt.Fprintf(log, "Building Traefik %s into e2e/.bin, once. This takes about ten minutes on two cores.\n", version)

	// Built under another name, so that an interrupted build leaves nothing that looks like a binary.
	unfinished := fmt.Sprintf("%s.%d", path, os.Getpid())
	defer os.Remove(unfinished)
	// -mod=readonly: this module has no vendor directory, whatever GOFLAGS says.
	cmd := exec.CommandContext(ctx, "go", "build", "-v", "-mod=readonly", "-buildvcs=false", "-trimpath",
		"-ldflags", "-s -w -X "+traefikModule+"/pkg/version.Version="+strings.TrimPrefix(version, "v"),
		"-o", unfinished, traefikModule+"/cmd/traefik")
	cmd.Dir = module
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	cmd.WaitDelay = 5 * time.Second
	output := &buildOutput{}
	cmd.Stdout = output
	cmd.Stderr = output

	begin := time.Now()
	done := make(chan error, 1)
	go func() { done <- cmd.Run() }()
	ticker := time.NewTicker(progressEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			fmt.Fprintf(log, "  %s: %s\n", time.Since(begin).Round(time.Second), output.progress())
			continue
		case err := <-done:
			if err != nil {
				return fmt.Errorf("building Traefik %s: %w\n%s", version, err, output.rest())
			}
		}
		break
	}

	if err := os.Rename(unfinished, path); err != nil {
		return fmt.Errorf("building Traefik %s: %w", version, err)
	}
	fmt.Fprintf(log, "Traefik %s is built, after %s.\n", version, time.Since(begin).Round(time.Second))
	return nil
}

// hasDashboard says whether a Traefik has its web interface inside: the Go module that built makes one from lacks it.
func hasDashboard(binary string) bool {
	return filepath.Base(filepath.Dir(binary)) != builtDir
}

// lock waits until no other process builds Traefik here.
func lock(ctx context.Context, path string, log io.Writer) (func(), error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("locking the build of Traefik: %w", err)
	}
	told := false
	for !tryLock(file) {
		if !told {
			fmt.Fprintln(log, "Another process is building Traefik: waiting for it.")
			told = true
		}
		select {
		case <-ctx.Done():
			file.Close()
			return nil, fmt.Errorf("waiting for another build of Traefik: %w", ctx.Err())
		case <-time.After(lockEvery):
		}
	}
	// Closing the file releases the lock. It is not removed: another process may already wait on this very file.
	return func() { file.Close() }, nil
}

// buildOutput counts what `go build -v` prints and keeps the end of what is neither a download nor a package's name.
type buildOutput struct {
	mu         sync.Mutex
	partial    []byte
	downloaded int
	compiled   int
	other      []string
}

// Write takes the output in whatever pieces it comes.
func (o *buildOutput) Write(b []byte) (int, error) {
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

func (o *buildOutput) line(line string) {
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

func (o *buildOutput) progress() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.compiled == 0 && o.downloaded == 0:
		return "looking at what there is"
	case o.compiled == 0:
		return fmt.Sprintf("%d modules downloaded", o.downloaded)
	}
	return fmt.Sprintf("%d of about %d packages compiled", o.compiled, aboutPackages)
}

func (o *buildOutput) rest() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Join(append(o.other, string(o.partial)), "\n")
}
