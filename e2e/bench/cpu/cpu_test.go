//go:build linux

package cpu_test

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/bench/cpu"
)

func TestOf_growsByWhatTheProcessDoes(t *testing.T) {
	before, err := cpu.Of(os.Getpid())
	require.NoError(t, err)
	for begin := time.Now(); time.Since(begin) < 20*time.Millisecond; {
	}
	after, err := cpu.Of(os.Getpid())
	require.NoError(t, err)
	assert.Greater(t, after, before)
	_, err = cpu.Of(-1)
	assert.Error(t, err)
}

func TestIdle_growsByAtMostTheTimeOfAllProcessors(t *testing.T) {
	before, err := cpu.Idle()
	require.NoError(t, err)
	assert.Positive(t, before)
	after, err := cpu.Idle()
	require.NoError(t, err)
	assert.GreaterOrEqual(t, after, before)
}
