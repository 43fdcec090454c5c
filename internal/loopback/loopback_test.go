package loopback

import (
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAddress_isFreeAndGivenOnce(t *testing.T) {
	given := map[string]bool{}
	for range 100 {
		address, err := Address()
		require.NoError(t, err)
		assert.False(t, given[address], address)
		given[address] = true
		listener, err := net.Listen("tcp", address)
		require.NoError(t, err)
		t.Cleanup(func() { listener.Close() })
	}
}

// 32768 is where Linux begins to take ports for whoever does not name one.
func TestAddress_isOfAPortThatNobodyElseIsGiven(t *testing.T) {
	for range number {
		address, err := Address()
		require.NoError(t, err)
		parsed, err := net.ResolveTCPAddr("tcp", address)
		require.NoError(t, err)
		require.Less(t, parsed.Port+10000, 32768)
	}
}
