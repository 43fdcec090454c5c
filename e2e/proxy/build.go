package proxy

import (
	"context"
	"debug/buildinfo"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/traefik-huaweiid/huaweiid/e2e/gobuild"
)

const (
	// builtDir, in e2e/, is ignored by git.
	builtDir  = ".bin"
	builtName = "traefik"
	// aboutPackages is what Traefik consists of, standard library included; it only gives the progress a scale.
	aboutPackages = 2500
	lockEvery     = time.Second
)

// wanted is the Traefik that a build would make now, and where.
type wanted struct {
	module   string // directory of the end-to-end module
	path     string
	version  string // as in go.mod, such as v3.6.12
	compiler string // of Go, such as go1.26.8
}

func wantedBuild(ctx context.Context) (wanted, error) {
	root, err := Root()
	if err != nil {
		return wanted{}, err
	}
	w := wanted{module: filepath.Join(root, "e2e")}
	w.path = filepath.Join(w.module, builtDir, builtName)
	if w.version, err = traefikVersion(root); err != nil {
		return wanted{}, err
	}
	w.compiler, err = goVersion(ctx, w.module)
	return w, err
}

// isThere says whether the binary is that very one. The go command writes into every binary what it was built from, so
// nothing beside the binary can be out of step with it.
func (w wanted) isThere(ctx context.Context) bool {
	info, err := buildinfo.ReadFile(w.path)
	if err != nil || info.Main.Path != traefikModule || info.Main.Version != w.version || info.GoVersion != w.compiler {
		return false
	}
	told, err := VersionOf(ctx, w.path)
	return err == nil && "v"+told == w.version
}

// built gives e2e/.bin/traefik, and builds it if it is missing or was made from another version of Traefik or Go.
func built(ctx context.Context, log io.Writer) (string, error) {
	w, err := wantedBuild(ctx)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(w.path), 0o755); err != nil {
		return "", fmt.Errorf("making the directory for Traefik: %w", err)
	}
	unlock, err := lock(ctx, w.path+".lock", log)
	if err != nil {
		return "", err
	}
	defer unlock()
	// Whoever held the lock may have built it.
	if w.isThere(ctx) {
		return w.path, nil
	}
	if err := w.build(ctx, log); err != nil {
		return "", err
	}
	if !w.isThere(ctx) {
		return "", fmt.Errorf("building Traefik %s: the new binary %s does not tell that version; remove it and try again", w.version, w.path)
	}
	return w.path, nil
}

func (w wanted) build(ctx context.Context, log io.Writer) error {
	fmt.Fprintf(log, "Building Traefik %s into e2e/.bin, once. This takes about ten minutes on two cores.\n", w.version)
	begin := time.Now()
	err := gobuild.Build{
		Dir:      w.module,
		Package:  traefikModule + "/cmd/traefik",
		Flags:    []string{"-trimpath", "-ldflags", "-s -w -X " + traefikModule + "/pkg/version.Version=" + strings.TrimPrefix(w.version, "v")},
		Env:      []string{"CGO_ENABLED=0"},
		Target:   w.path,
		Packages: aboutPackages,
	}.Run(ctx, log)
	if err != nil {
		return fmt.Errorf("building Traefik %s: %w", w.version, err)
	}
	fmt.Fprintf(log, "Traefik %s is built, after %s.\n", w.version, time.Since(begin).Round(time.Second))
	return nil
}

// hasDashboard says whether a Traefik has its web interface inside: the Go module that built makes one from lacks it. A link to such a
// one is one.
func hasDashboard(binary string) bool {
	if target, err := filepath.EvalSymlinks(binary); err == nil {
		binary = target
	}
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
