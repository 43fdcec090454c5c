package cpu_test

import (
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/bench/cpu"
)

func TestOf_agreesWithWhatTheProcessKnowsOfItself(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("no /proc")
	}
	for begin := cpu.Self(); cpu.Self()-begin < 30*time.Millisecond; {
	}
	before := cpu.Self()
	told, err := cpu.Of(os.Getpid())
	require.NoError(t, err)
	assert.LessOrEqual(t, told, cpu.Self())
	assert.Greater(t, told, before-2*10*time.Millisecond, "to within a tick of either time")

	_, err = cpu.Of(-1)
	assert.Error(t, err)
}
