// Package lean makes a build of Traefik's plugin engine small: the same source without what the demo never runs, which is three
// fifths of all packages. Left out are telemetry, TLS and certificates, CNAMEs, the templates of other providers, and the runtime of
// WebAssembly plugins. modules.txt has the modules that remain.
package lean

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const traefik = "github.com/traefik/traefik/v3"

//go:embed *.go.txt
var stubs embed.FS

// replaced are Traefik's files that others stand in for; an empty name leaves one out.
var replaced = map[string]string{
	"pkg/middlewares/requestdecorator/hostresolver.go": "hostresolver.go.txt",
	"pkg/observability/logs/aws.go":                    "",
	"pkg/observability/logs/gokit.go":                  "",
	"pkg/observability/logs/otel.go":                   "",
	"pkg/observability/logs/wasm.go":                   "",
	"pkg/observability/types/logs.go":                  "",
	"pkg/observability/types/metrics.go":               "",
	"pkg/observability/types/otel.go":                  "",
	"pkg/observability/types/tracing.go":               "tracing.go.txt",
	"pkg/plugins/middlewarewasm.go":                    "middlewarewasm.go.txt",
	"pkg/plugins/wasip.go":                             "",
	"pkg/plugins/wasip_mock.go":                        "",
	"pkg/provider/configuration.go":                    "",
	"pkg/tls/certificate_store.go":                     "",
	"pkg/tls/ocsp.go":                                  "",
	"pkg/tls/tlsmanager.go":                            "tlsmanager.go.txt",
	"pkg/types/k8sdetector.go":                         "",
	"pkg/types/route_appender.go":                      "",
}

// Flags are those of go build, in the module in dir, that build on a copy of Traefik's source without what is left out. The copy is
// made in the directory to.
func Flags(ctx context.Context, dir, to string) ([]string, error) {
	source, err := download(ctx, dir)
	if err != nil {
		return nil, fmt.Errorf("getting Traefik's source: %w", err)
	}
	if err := copySource(source, filepath.Join(to, "traefik")); err != nil {
		return nil, fmt.Errorf("copying Traefik's source: %w", err)
	}
	modfile, err := writeModule(dir, to)
	if err != nil {
		return nil, fmt.Errorf("writing a go.mod with the copy in it: %w", err)
	}
	return []string{"-modfile", modfile}, nil
}

// download returns where the source of the Traefik that the module requires is.
func download(ctx context.Context, dir string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", traefik)
	cmd.Dir = dir
	output, err := cmd.Output()
	var module struct{ Dir, Error string }
	if decoding := json.Unmarshal(output, &module); decoding != nil || module.Error != "" {
		return "", errors.Join(err, decoding, errors.New(module.Error))
	}
	return module.Dir, err
}

// copySource copies the packages under pkg, which are all that plugins need.
func copySource(from, to string) error {
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	for name := range replaced {
		if _, err := os.Stat(filepath.Join(from, filepath.FromSlash(name))); err != nil {
			return err
		}
	}
	err := filepath.WalkDir(filepath.Join(from, "pkg"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		stub, isReplaced := replaced[filepath.ToSlash(name)]
		switch {
		case isReplaced && stub == "":
			return nil
		case isReplaced:
			content, err := stubs.ReadFile(stub)
			return errors.Join(err, write(filepath.Join(to, name), content))
		}
		content, err := os.ReadFile(path)
		return errors.Join(err, write(filepath.Join(to, name), content))
	})
	if err != nil {
		return err
	}
	content, err := os.ReadFile(filepath.Join(from, "go.mod"))
	return errors.Join(err, write(filepath.Join(to, "go.mod"), content))
}

func write(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o644)
}

// writeModule writes the go.mod of the module in dir with the copy in Traefik's place, and its go.sum beside it, as -modfile wants.
func writeModule(dir, to string) (string, error) {
	modfile := filepath.Join(to, "go.mod")
	for _, name := range []string{"go.mod", "go.sum"} {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return "", err
		}
		if err := write(filepath.Join(to, name), content); err != nil {
			return "", err
		}
	}
	edit := exec.Command("go", "mod", "edit", "-replace", traefik+"="+filepath.Join(to, "traefik"), modfile)
	if output, err := edit.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, output)
	}
	return modfile, nil
}
