// Package browser drives a headless Chromium over the demo's page.
package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// ErrNone means that there is no Chromium on the PATH.
var ErrNone = errors.New("there is no Chromium on the PATH: install Debian's package chromium, or Google Chrome")

// commands are the names under which Chromium and Chrome are installed.
var commands = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"}

// Find gives the path of a Chromium.
func Find() (string, error) {
	for _, name := range commands {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrNone
}

// Start starts a browser with one page, which chromedp drives by the context that comes back. It ends with stop, or with ctx.
func Start(ctx context.Context) (page context.Context, stop func(), err error) {
	path, err := Find()
	if err != nil {
		return nil, nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.DisableGPU)
	if os.Geteuid() == 0 {
		// Chromium refuses to sandbox what root runs. It sees nothing but the demo's page.
		options = append(options, chromedp.NoSandbox)
	}
	allocated, cancelAllocated := chromedp.NewExecAllocator(ctx, options...)
	page, cancelPage := chromedp.NewContext(allocated)
	stop = func() {
		cancelPage()
		cancelAllocated()
	}
	if err := chromedp.Do(page); err != nil {
		stop()
		return nil, nil, fmt.Errorf("starting %s: %w", path, err)
	}
	return page, stop, nil
}

// View sets the size of the window, and what the system prefers: light or dark.
func View(width, height int, scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Steps(
		chromedp.EmulateViewport(int64(width), int64(height)),
		chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
				{Name: "prefers-color-scheme", Value: scheme},
				{Name: "prefers-reduced-motion", Value: "reduce"},
			}})
			return err
		}),
	)
}

// Press presses the button of a scenario and waits until its result is shown.
func Press(scenario string) chromedp.Action[chromedp.Void] {
	return chromedp.Steps(
		chromedp.Click(chromedp.CSS(`[data-scenario="`+scenario+`"]`)),
		chromedp.WaitVisible(chromedp.CSS(`#result[data-shown="`+scenario+`"][aria-busy="false"]`)),
	)
}
