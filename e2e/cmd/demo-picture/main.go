// Command demo-picture takes a picture of the demo's page after a minute with an outage in it.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"maps"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/traefik-huaweiid/huaweiid/e2e/demo"
	"github.com/traefik-huaweiid/huaweiid/e2e/demo/browser"
	"github.com/traefik-huaweiid/huaweiid/internal/loopback"
)

// options is what the picture is to show.
type options struct {
	out, lang, scheme, scenario string
	width                       int
	well, down                  time.Duration
}

func main() {
	var o options
	flag.StringVar(&o.out, "o", "", "the PNG file to write")
	flag.StringVar(&o.lang, "lang", "en", "en or zh")
	flag.StringVar(&o.scheme, "scheme", "light", "light or dark")
	flag.StringVar(&o.scenario, "scenario", "forged", "the button whose result is shown")
	flag.IntVar(&o.width, "width", 1280, "of the window, in pixels")
	flag.DurationVar(&o.well, "well", 20*time.Second, "how long Huawei is well before it is down")
	flag.DurationVar(&o.down, "down", 15*time.Second, "how long it is down")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := take(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "demo-picture:", err)
		os.Exit(1)
	}
}

func take(ctx context.Context, o options) error {
	if o.out == "" {
		return errors.New("-o FILE is missing")
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	up := &upOnce{up: make(chan struct{})}
	go func() { ended <- demo.Run(ctx, up, port, demo.Traefik("")) }()
	defer func() {
		cancel()
		<-ended
	}()
	select {
	case <-up.up:
	case err := <-ended:
		ended <- nil
		return fmt.Errorf("starting the demo: %w", err)
	}

	page, stop, err := browser.Start(ctx)
	if err != nil {
		return err
	}
	defer stop()
	err = chromedp.Do(page,
		browser.View(o.width, 900, o.scheme),
		chromedp.Navigate("http://127.0.0.1:"+port+"/?lang="+o.lang),
		chromedp.Sleep(o.well),
		browser.Press("down"),
		chromedp.Sleep(o.down),
		browser.Press("normal"),
	)
	if err != nil {
		return fmt.Errorf("driving the page: %w", err)
	}
	// The breaker asks Huawei again when its time is over.
	_, err = chromedp.Run(page, chromedp.Poll[bool](`document.getElementById("breaker").closest("div").className === "good"`,
		chromedp.WithPollingTimeout(time.Minute)))
	if err != nil {
		return fmt.Errorf("waiting for the breaker to close: %w", err)
	}
	err = chromedp.Do(page,
		chromedp.Sleep(recovered),
		browser.Press(o.scenario),
		chromedp.Sleep(2*time.Second), // the next ticks of the chart
	)
	if err != nil {
		return fmt.Errorf("driving the page: %w", err)
	}
	// What is below the result are links and the configuration.
	height, err := chromedp.Run(page, chromedp.Evaluate[float64](`document.querySelector(".columns").getBoundingClientRect().bottom + scrollY + 16`))
	if err != nil {
		return fmt.Errorf("measuring the page: %w", err)
	}
	err = chromedp.Do(page, browser.View(o.width, int(height), o.scheme), chromedp.Evaluate[chromedp.Void](`scrollTo(0, 0)`), chromedp.Sleep(time.Second))
	if err != nil {
		return fmt.Errorf("driving the page: %w", err)
	}
	picture, err := chromedp.Run(page, chromedp.CaptureScreenshot())
	if err != nil {
		return fmt.Errorf("taking the picture: %w", err)
	}
	return write(o.out, picture)
}

// recovered is how long the page goes on after the outage.
const recovered = 7 * time.Second

// colours is what a PNG with a palette can have.
const colours = 256

// write keeps the picture small: a page has few colours, and the edges of its letters can do with those nearest to theirs.
func write(path string, picture []byte) error {
	decoded, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		return fmt.Errorf("reading the picture: %w", err)
	}
	bounds := decoded.Bounds()
	reduced := image.NewPaletted(bounds, frequent(decoded))
	draw.Draw(reduced, bounds, decoded, bounds.Min, draw.Src)
	var small bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&small, reduced); err != nil {
		return fmt.Errorf("writing the picture: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("writing the picture: %w", err)
	}
	if err := os.WriteFile(path, small.Bytes(), 0o644); err != nil {
		return fmt.Errorf("writing the picture: %w", err)
	}
	fmt.Printf("%s: %d×%d, %d KiB\n", path, bounds.Dx(), bounds.Dy(), small.Len()>>10)
	return nil
}

// frequent gives the colours that most pixels have.
func frequent(picture image.Image) color.Palette {
	count := map[color.Color]int{}
	bounds := picture.Bounds()
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			count[picture.At(x, y)]++
		}
	}
	palette := slices.SortedFunc(maps.Keys(count), func(a, b color.Color) int { return count[b] - count[a] })
	return palette[:min(colours, len(palette))]
}

func freePort() (string, error) {
	address, err := loopback.Address()
	if err != nil {
		return "", fmt.Errorf("picking a free port: %w", err)
	}
	_, port, err := net.SplitHostPort(address)
	return port, err
}

// upOnce is told what the demo says, and closes up when that is that it is up.
type upOnce struct {
	up   chan struct{}
	done bool
}

var _ io.Writer = (*upOnce)(nil)

// Write never fails.
func (u *upOnce) Write(b []byte) (int, error) {
	if !u.done && strings.Contains(string(b), "Ctrl-C") {
		u.done = true
		close(u.up)
	}
	return len(b), nil
}
