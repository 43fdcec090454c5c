// Command artwork draws the icon and the banner that the plugin catalog shows, .assets/icon.png and .assets/banner.png. They are
// drawn by code so that whoever changes a colour or the name needs no other program.
package main

import (
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"

	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

// pictures are what the manifest names, by name.
var pictures = map[string]func() image.Image{"icon.png": icon, "banner.png": banner}

// assets is where they are, below the checkout's top directory.
const assets = ".assets"

func main() {
	root, err := proxy.Root()
	if err == nil {
		err = write(filepath.Join(root, assets))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "artwork:", err)
		os.Exit(1)
	}
}

func write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, picture := range pictures {
		file, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		encoder := png.Encoder{CompressionLevel: png.BestCompression}
		if err := encoder.Encode(file, picture()); err != nil {
			_ = file.Close()
			return fmt.Errorf("writing %s: %w", name, err)
		}
		if err := file.Close(); err != nil {
			return err
		}
	}
	return nil
}
