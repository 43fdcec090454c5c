package proxy

import (
	"context"
	"debug/buildinfo"
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

var versionLine = regexp.MustCompile(`(?m)^Version:\s+v?((\d+)\.\d+\.\d+\S*)`)

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

// Binary gives the Traefik to run: $TRAEFIK if set, else a traefik of version 3.0 or newer on the PATH, else one built once
// from the end-to-end module into e2e/.bin. It tells log which one, and how a build goes.
func Binary(ctx context.Context, log io.Writer) (string, error) {
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

	return built(ctx, log)
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

// VersionOf asks a binary for its version, such as 3.6.12, and refuses one that is too old or tells none.
func VersionOf(ctx context.Context, path string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, versionTimeout)
	defer cancel()
	output, err := exec.CommandContext(ctx, path, "version").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("running %s version: %w", path, err)
	}
	match := versionLine.FindStringSubmatch(string(output))
	if match == nil {
		return "", fmt.Errorf("reading the version of %s: it tells none (a build without a release number?)", path)
	}
	major, err := strconv.Atoi(match[2])
	if err != nil || major < oldestMajor {
		return "", fmt.Errorf("reading the version of %s: it is %s, older than %d.0", path, match[1], oldestMajor)
	}
	return match[1], nil
}

// isCurrent says whether the binary at path is the one that a build would make now. The go command writes into every binary
// what it was built from, so nothing beside the binary can be out of step with it.
func isCurrent(ctx context.Context, path, version, goVersion string) bool {
	info, err := buildinfo.ReadFile(path)
	if err != nil || info.Main.Path != traefikModule || info.Main.Version != version || info.GoVersion != goVersion {
		return false
	}
	told, err := VersionOf(ctx, path)
	return err == nil && "v"+told == version
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
