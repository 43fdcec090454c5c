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
		t.Skip("other systems do not tell")
	}
	for begin := cpu.Self(); cpu.Self()-begin < 30*time.Millisecond; {
	}
	const apart = 10 * time.Millisecond // the two count on their own
	before := cpu.Self()
	told, err := cpu.Of(os.Getpid())
	require.NoError(t, err)
	assert.Greater(t, told, before-apart)
	assert.Less(t, told, cpu.Self()+apart)

	_, err = cpu.Of(-1)
	assert.Error(t, err)
}

func TestOfMachine_countsWhatIsDoneAndWhatIsNot(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems do not tell")
	}
	before, err := cpu.OfMachine()
	require.NoError(t, err)
	for begin := cpu.Self(); cpu.Self()-begin < 50*time.Millisecond; {
	}
	after, err := cpu.OfMachine()
	require.NoError(t, err)
	busy := (after.Total - after.Idle) - (before.Total - before.Idle)
	assert.GreaterOrEqual(t, busy, 2, "this test alone took five ticks of a hundredth of a second")
	assert.GreaterOrEqual(t, after.Idle, before.Idle)
	assert.Less(t, after.Idle, after.Total)
}
