package proxy

import (
	"context"
	"fmt"
	"io"
	"os"
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

func TestBuildOutput_countsPackagesAndKeepsErrors(t *testing.T) {
	output := &buildOutput{}
	fmt.Fprint(output, "go: downloading example.org/a v1.0.0\ngo: downl")
	assert.Equal(t, "1 modules downloaded", output.progress())
	fmt.Fprint(output, "oading example.org/b v1.0.0\nexample.org/a\ninternal/goarch\n# example.org/b\n./b.go:3:1: undefined: x\n")
	assert.Equal(t, "2 of about 2500 packages compiled", output.progress())
	assert.Equal(t, "# example.org/b\n./b.go:3:1: undefined: x\n", output.rest())
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
