package main

import (
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

// The pictures in the checkout are those that the code draws. Pixels are compared, since what a PNG encoder writes may change.
func TestArtwork_isWhatTheCodeDraws(t *testing.T) {
	t.Parallel()
	root, err := proxy.Root()
	require.NoError(t, err)
	for name, picture := range pictures {
		file, err := os.Open(filepath.Join(root, assets, name))
		require.NoError(t, err)
		defer file.Close()
		got, err := png.Decode(file)
		require.NoError(t, err)
		want := picture()
		require.Equal(t, want.Bounds(), got.Bounds(), name)
		assert.Zero(t, differing(want, got), "%s: run make artwork", name)
	}
}

// differing counts the pixels that are not the same, within the rounding of colours that are seen through.
func differing(a, b image.Image) int {
	count := 0
	near := func(x, y uint32) bool { return max(x, y)-min(x, y) < 0x300 }
	for y := a.Bounds().Min.Y; y < a.Bounds().Max.Y; y++ {
		for x := a.Bounds().Min.X; x < a.Bounds().Max.X; x++ {
			r1, g1, b1, a1 := a.At(x, y).RGBA()
			r2, g2, b2, a2 := b.At(x, y).RGBA()
			if !near(r1, r2) || !near(g1, g2) || !near(b1, b2) || !near(a1, a2) {
				count++
			}
		}
	}
	return count
}
