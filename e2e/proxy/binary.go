package proxy

import (
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// oldestMajor is the first major version whose plugin machinery the plugin is made for.
	oldestMajor = 3
	// versionTimeout bounds a run of `traefik version`, which a wrong $TRAEFIK may never finish.
	versionTimeout = 30 * time.Second
)

var (
	versionLine         = regexp.MustCompile(`(?m)^Version:\s+v?((\d+)\.\d+\.\d+\S*)`)
	modulePathOfTraefik = regexp.MustCompile(`^github\.com/traefik/traefik/v(\d+)$`)
)

// found keeps the binary that Start uses: asking a binary for its version takes long enough to do it once only.
var found struct {
	sync.Mutex
	path string
}

func foundBinary(ctx context.Context, log io.Writer) (string, error) {
	found.Lock()
	defer found.Unlock()
	if found.path == "" {
		path, err := Binary(ctx, log)
		if err != nil {
			return "", err
		}
		found.path = path
	}
	return found.path, nil
}

// ErrNone means that there is no Traefik, and that Find is not the one to build it.
var ErrNone = errors.New("there is no Traefik in $TRAEFIK, on the PATH or in e2e/.bin")

// Binary gives the Traefik to run, as Find does. Where there is none it builds one, once, into e2e/.bin, and tells log how
// that goes.
func Binary(ctx context.Context, log io.Writer) (string, error) {
	path, err := Find(ctx, log)
	if errors.Is(err, ErrNone) {
		return built(ctx, log)
	}
	return path, err
}

// Find gives the Traefik to run without building one: $TRAEFIK if set, else a traefik of version 3.0 or newer on the PATH,
// else the one that was built into e2e/.bin, else ErrNone. It tells log which one.
func Find(ctx context.Context, log io.Writer) (string, error) {
	if named := os.Getenv("TRAEFIK"); named != "" {
		return namedBinary(ctx, log, named)
	}

	if path, err := exec.LookPath("traefik"); err == nil {
		version, err := VersionOf(ctx, path)
		if err == nil {
			fmt.Fprintf(log, "Traefik %s from the PATH: %s\n", version, path)
			return filepath.Abs(path)
		}
		fmt.Fprintf(log, "Traefik on the PATH is not used: %v\n", err)
	}

	wanted, err := wantedBuild(ctx)
	if err != nil {
		return "", err
	}
	if !wanted.isThere(ctx) {
		return "", ErrNone
	}
	fmt.Fprintf(log, "Traefik %s from e2e/.bin\n", wanted.version)
	return wanted.path, nil
}

func namedBinary(ctx context.Context, log io.Writer, named string) (string, error) {
	const remedy = "set TRAEFIK to a Traefik binary of version 3.0 or newer, or unset it to have one built"
	path, err := exec.LookPath(named)
	if err != nil {
		return "", fmt.Errorf("finding the Traefik that $TRAEFIK names: %w; %s", err, remedy)
	}
	version, err := VersionOf(ctx, path)
	if err != nil {
		return "", fmt.Errorf("checking the Traefik that $TRAEFIK names: %w; %s", err, remedy)
	}
	fmt.Fprintf(log, "Traefik %s from $TRAEFIK: %s\n", version, path)
	// Traefik runs in a working directory of its own, where a relative path would not hold.
	return filepath.Abs(path)
}

// VersionOf asks a binary for its version, such as 3.6.12, and refuses one that is too old or tells none. One that was built
// without a release number has that of its module, which the go command wrote into it.
func VersionOf(ctx context.Context, path string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, versionTimeout)
	defer cancel()
	output, err := exec.CommandContext(ctx, path, "version").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("running %s version: %w", path, err)
	}
	match := versionLine.FindStringSubmatch(string(output))
	if match == nil {
		return moduleVersion(path)
	}
	major, err := strconv.Atoi(match[2])
	if err != nil || major < oldestMajor {
		return "", fmt.Errorf("reading the version of %s: it is %s, older than %d.0", path, match[1], oldestMajor)
	}
	return match[1], nil
}

// moduleVersion reads which version of Traefik's module a binary was built from. From a checkout that is a pseudo-version or
// "(devel)"; that it is 3 or newer stands in the module's path.
func moduleVersion(path string) (string, error) {
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("reading the version of %s: it tells none, and is no Go binary: %w", path, err)
	}
	match := modulePathOfTraefik.FindStringSubmatch(info.Main.Path)
	if match == nil {
		return "", fmt.Errorf("reading the version of %s: it tells none, and was built from the module %q", path, info.Main.Path)
	}
	major, err := strconv.Atoi(match[1])
	if err != nil || major < oldestMajor {
		return "", fmt.Errorf("reading the version of %s: it was built from the module %s, older than %d.0", path, info.Main.Path, oldestMajor)
	}
	return strings.TrimPrefix(info.Main.Version, "v"), nil
}

func goVersion(ctx context.Context, dir string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "env", "GOVERSION")
	cmd.Dir = dir
	output, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("running go env: %w; Traefik is built with Go, which must be on the PATH", err)
	}
	return strings.TrimSpace(string(output)), nil
}
