package proxy

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pretender writes a command named traefik that answers as the given shell line does, and returns its path.
func pretender(t *testing.T, line string) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the pretender is a shell script")
	}
	path := filepath.Join(t.TempDir(), "traefik")
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"+line+"\n"), 0o755))
	return path
}

func says(version string) string {
	return fmt.Sprintf("printf 'Version:      %s\\nCodename:     test\\n'", version)
}

func TestBinary_takesTheOneThatTheEnvironmentNames(t *testing.T) {
	path := pretender(t, says("3.1.4"))
	t.Setenv("TRAEFIK", path)
	got, err := Binary(context.Background(), io.Discard)
	require.NoError(t, err)
	assert.Equal(t, path, got)
}

func TestBinary_refusesWhatTheEnvironmentNamesWrongly(t *testing.T) {
	tests := map[string]struct{ named, want string }{
		"missing":       {filepath.Join(t.TempDir(), "no-such-file"), "no such file"},
		"too old":       {pretender(t, says("2.11.9")), "it is 2.11.9, older than 3.0"},
		"no release":    {pretender(t, says("dev")), "it tells none"},
		"not runnable":  {pretender(t, "exit 3"), "exit status 3"},
		"something new": {pretender(t, "echo hello"), "it tells none"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TRAEFIK", test.named)
			_, err := Binary(context.Background(), io.Discard)
			require.ErrorContains(t, err, test.want)
			assert.ErrorContains(t, err, "set TRAEFIK to a Traefik binary of version 3.0 or newer, or unset it")
		})
	}
}

func TestBinary_takesTheOneOnThePath(t *testing.T) {
	path := pretender(t, says("3.6.1"))
	t.Setenv("TRAEFIK", "")
	t.Setenv("PATH", filepath.Dir(path)+string(os.PathListSeparator)+os.Getenv("PATH"))
	var log strings.Builder
	got, err := Binary(context.Background(), &log)
	require.NoError(t, err)
	assert.Equal(t, path, got)
	assert.Contains(t, log.String(), "Traefik 3.6.1 from the PATH")
}

// compiled builds a command named traefik whose main package is in the given module, at a version of it where one is given.
func compiled(t *testing.T, module, version string) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name, content string) {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	}
	write("main/go.mod", "module "+module+"\n\ngo 1.25\n")
	write("main/main.go", "package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println(\"Version:      dev\") }\n")
	from := filepath.Join(dir, "main")
	if version != "" {
		from = filepath.Join(dir, "user")
		write("user/go.mod", "module example.org/user\n\ngo 1.25\n\nrequire "+module+" "+version+"\n\nreplace "+module+" => ../main\n")
	}
	path := filepath.Join(dir, "traefik")
	cmd := exec.Command("go", "build", "-mod=mod", "-buildvcs=false", "-o", path, module)
	cmd.Dir = from
	cmd.Env = append(os.Environ(), "GOPROXY=off", "GOWORK=off")
	output, err := cmd.CombinedOutput()
	require.NoError(t, err, string(output))
	return path
}

func TestBinary_takesABuildWithoutAReleaseNumber(t *testing.T) {
	tests := map[string]struct{ module, version, told string }{
		"of a release":       {"github.com/traefik/traefik/v3", "v3.1.4", "Traefik 3.1.4 from $TRAEFIK"},
		"of a checkout":      {"github.com/traefik/traefik/v3", "", "Traefik (devel) from $TRAEFIK"},
		"of a later version": {"github.com/traefik/traefik/v4", "v4.0.0", "Traefik 4.0.0 from $TRAEFIK"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			path := compiled(t, test.module, test.version)
			t.Setenv("TRAEFIK", path)
			var log strings.Builder
			got, err := Binary(context.Background(), &log)
			require.NoError(t, err)
			assert.Equal(t, path, got)
			assert.Contains(t, log.String(), test.told)
		})
	}
}

func TestBinary_refusesABuildWithoutAReleaseNumberOfAnotherModule(t *testing.T) {
	tests := map[string]struct{ module, version, want string }{
		"too old": {"github.com/traefik/traefik/v2", "v2.11.9", "older than 3.0"},
		"other":   {"example.org/traefik/v3", "v3.1.4", `was built from the module "example.org/traefik/v3"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TRAEFIK", compiled(t, test.module, test.version))
			_, err := Binary(context.Background(), io.Discard)
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestFind_buildsNothing(t *testing.T) {
	t.Setenv("TRAEFIK", "")
	// The go command's directory may have a traefik, so that it alone is on the PATH.
	tool, err := exec.LookPath("go")
	require.NoError(t, err)
	bin := t.TempDir()
	require.NoError(t, os.Symlink(tool, filepath.Join(bin, "go")))
	t.Setenv("PATH", bin)
	checkout := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(checkout, "e2e"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(checkout, "e2e", "go.mod"), []byte("module example.org/e2e\n\nrequire "+traefikModule+" v3.1.4\n"), 0o600))
	t.Chdir(checkout)

	_, err = Find(context.Background(), io.Discard)
	require.ErrorIs(t, err, ErrNone)
	assert.NoDirExists(t, filepath.Join(checkout, "e2e", builtDir))
}

func TestTraefikVersion_isTheOneThatTheEndToEndModuleRequires(t *testing.T) {
	root, err := Root()
	require.NoError(t, err)
	version, err := traefikVersion(root)
	require.NoError(t, err)
	assert.Regexp(t, `^v3\.\d+\.\d+$`, version)
	module, err := modulePath(root)
	require.NoError(t, err)
	assert.Regexp(t, `^github\.com/[^/]+/huaweiid$`, module)
}
