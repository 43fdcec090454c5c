package huaweiid

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func newBlueprints() *blueprintsByName { return &blueprintsByName{last: map[string]*blueprint{}} }

// Traefik decodes the options anew for each router.
func TestBlueprints_areMadeOncePerConfiguration(t *testing.T) {
	t.Parallel()
	b := newBlueprints()
	config := func() *Config {
		c := CreateConfig()
		c.Audience.ClientIDs = []string{"1", "2"}
		return c
	}
	first, isNew, err := b.of("auth@file", config())
	require.NoError(t, err)
	require.True(t, isNew)
	again, isNew, err := b.of("auth@file", config())
	require.NoError(t, err)
	require.False(t, isNew)
	require.Same(t, first, again)

	_, isNew, err = b.of("other@file", config())
	require.NoError(t, err)
	require.True(t, isNew, "another middleware")
}

func TestBlueprints_areMadeAnewForEveryOptionThatChanges(t *testing.T) {
	t.Parallel()
	b := newBlueprints()
	for path, value := range otherValues(t) {
		_, _, err := b.of("auth@file", CreateConfig())
		require.NoError(t, err)
		made, isNew, err := b.of("auth@file", with(t, path, value))
		require.NoError(t, err)
		require.True(t, isNew, path)
		want, err := with(t, path, value).check()
		require.NoError(t, err)
		require.Equal(t, want, made.settings, path)
	}
	config := CreateConfig()
	config.Cache.Unknown = map[string]interface{}{"tll": "1s"}
	_, _, err := b.of("auth@file", config)
	require.ErrorIs(t, err, errConfig)
}

// The options are the same, but what they name says something else: a certificate or a secret was replaced.
func TestBlueprints_areMadeAnewWhenAFileChanges(t *testing.T) {
	t.Parallel()
	for path := range otherValues(t) {
		if !strings.HasSuffix(path, "File") && !strings.HasSuffix(path, "rootCAs") {
			continue
		}
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "file")
			b := newBlueprints()
			of := func() (*blueprint, bool, error) { return b.of("auth@file", with(t, path, file)) }
			require.NoError(t, os.WriteFile(file, []byte(certificatePEM(t)), 0o600))
			first, _, err := of()
			require.NoError(t, err)
			_, isNew, err := of()
			require.NoError(t, err)
			require.False(t, isNew)

			require.NoError(t, os.WriteFile(file, []byte(certificatePEM(t)), 0o600))
			second, isNew, err := of()
			require.NoError(t, err)
			require.True(t, isNew)
			require.NotEqual(t, first.state, second.state)

			require.NoError(t, os.Remove(file))
			_, _, err = of()
			require.ErrorContains(t, err, "no such file or directory")
		})
	}
}

func TestBlueprints_areBounded(t *testing.T) {
	t.Parallel()
	b := newBlueprints()
	for n := 0; n < maxBlueprints; n++ {
		b.last[fmt.Sprint(n)] = &blueprint{}
	}
	_, isNew, err := b.of("auth@file", CreateConfig())
	require.NoError(t, err)
	require.True(t, isNew)
	require.Len(t, b.last, 1)
}
