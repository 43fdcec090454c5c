package gobuild

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOutput_countsPackagesAndKeepsErrors(t *testing.T) {
	t.Parallel()
	output := &output{}
	fmt.Fprint(output, "go: downloading example.org/a v1.0.0\ngo: downl")
	assert.Equal(t, "modules downloaded: 1", output.progress(2500))
	fmt.Fprint(output, "oading example.org/b v1.0.0\nexample.org/a\ninternal/goarch\n# example.org/b\n./b.go:3:1: undefined: x\n")
	assert.Equal(t, "2 of about 2500 packages compiled", output.progress(2500))
	assert.Equal(t, "# example.org/b\n./b.go:3:1: undefined: x\n", output.rest())
}

func TestInterval_isShortInTheFirstMinute(t *testing.T) {
	t.Parallel()
	assert.Equal(t, soon, interval(59*time.Second))
	assert.Equal(t, later, interval(time.Minute))
}

func TestRun_leavesABinaryOrWhatTheCompilerSaid(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, content string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	write("go.mod", "module example.org/a\n\ngo 1.25\n")
	write("a.go", "package main\n\nfunc main() {}\n")
	target := filepath.Join(dir, "out", "a")
	build := Build{Dir: dir, Package: ".", Target: target, Packages: 1}
	require.NoError(t, build.Run(context.Background(), io.Discard))
	assert.FileExists(t, target)

	require.NoError(t, os.Remove(target))
	write("a.go", "package main\n\nfunc main() { undefined() }\n")
	require.ErrorContains(t, build.Run(context.Background(), io.Discard), "undefined: undefined")
	left, err := os.ReadDir(filepath.Dir(target))
	require.NoError(t, err)
	assert.Empty(t, left)
}
