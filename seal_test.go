package huaweiid

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var testSecret = []byte("a secret of at least 32 bytes, for tests")

func TestSeal_opensForItsNameAndKey(t *testing.T) {
	t.Parallel()
	p := placeOf(&sealer{secret: testSecret, prefix: "huaweiid:"}, labelToken, "upstream token")
	sealed, err := seal(p.key, p.name, "text")
	require.NoError(t, err)
	text, err := unseal(p.key, p.name, sealed)
	require.NoError(t, err)
	assert.Equal(t, "text", text)
	again, err := seal(p.key, p.name, "text")
	require.NoError(t, err)
	assert.NotEqual(t, sealed, again, "the same nonce twice")
}

func TestSeal_whatWasChangedOrMovedDoesNotOpen(t *testing.T) {
	t.Parallel()
	s := &sealer{secret: testSecret, prefix: "huaweiid:"}
	p := placeOf(s, labelToken, "upstream token")
	sealed, err := seal(p.key, p.name, "text")
	require.NoError(t, err)

	for i := range sealed {
		for _, bit := range []byte{1, 128} {
			flipped := []byte(sealed)
			flipped[i] ^= bit
			_, err := unseal(p.key, p.name, string(flipped))
			assert.ErrorIs(t, err, errSealBroken, "byte %d", i)
		}
		_, err := unseal(p.key, p.name, sealed[:i])
		assert.ErrorIs(t, err, errSealBroken, "cut to %d", i)
	}
	_, err = unseal(p.key, p.name, sealed+"x")
	assert.ErrorIs(t, err, errSealBroken)
	_, err = unseal(p.key, p.name+"-", sealed)
	assert.ErrorIs(t, err, errSealBroken, "under another name")
	for what, other := range map[string]place{
		"of another token":    placeOf(s, labelToken, "upstream token2"),
		"of another upstream": placeOf(s, labelToken, "Upstream token"),
		"of another label":    placeOf(s, labelEvents, "upstream token"),
		"of another secret":   placeOf(&sealer{secret: append([]byte("x"), testSecret...), prefix: "huaweiid:"}, labelToken, "upstream token"),
	} {
		assert.NotEqual(t, p.name, other.name, what)
		_, err := unseal(other.key, p.name, sealed)
		assert.ErrorIs(t, err, errSealBroken, what)
	}
}

func TestPlace_tellsNothingOfItsKey(t *testing.T) {
	t.Parallel()
	p := placeOf(&sealer{secret: testSecret, prefix: "p:"}, labelToken, "token")
	assert.Len(t, p.key, 32)
	assert.Regexp(t, `^p:\{[A-Za-z0-9_-]{24}\}$`, p.name)
	other := placeOf(&sealer{secret: testSecret, prefix: "q:"}, labelToken, "token")
	assert.Equal(t, strings.TrimPrefix(p.name, "p:"), strings.TrimPrefix(other.name, "q:"))
}
