package demo

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/demo/browser"
)

// browserTimeout bounds everything that one test does in the browser.
const browserTimeout = time.Minute

// shared is one browser for all tests, each of which has a page of its own.
var shared struct {
	sync.Once
	browser context.Context
	stop    func()
	err     error
}

func started(t *testing.T) context.Context {
	t.Helper()
	shared.Do(func() { shared.browser, shared.stop, shared.err = browser.Start(context.Background()) })
	require.NoError(t, shared.err)
	return shared.browser
}

func TestMain(m *testing.M) {
	code := m.Run()
	if shared.stop != nil {
		shared.stop()
	}
	os.Exit(code)
}

// open opens the demo's page in a browser. A machine without one skips the test.
func open(t *testing.T, ttl time.Duration, lang string) (s *stack, page context.Context) {
	t.Helper()
	if _, err := browser.Find(); errors.Is(err, browser.ErrNone) {
		t.Skipf("NOT TESTED, the demo's page in a browser: %v", err)
	}
	s, base := start(t, ttl)
	page, closePage := chromedp.NewContext(started(t))
	t.Cleanup(closePage)
	page, cancel := context.WithTimeout(page, browserTimeout)
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Do(page, browser.View(1280, 900, "light"), chromedp.Navigate(base+"/?lang="+lang)))
	return s, page
}

func do(t *testing.T, page context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	require.NoError(t, chromedp.Do(page, steps...))
}

// ask evaluates an expression in the page.
func ask[T any](t *testing.T, page context.Context, expression string) T {
	t.Helper()
	value, err := chromedp.Run(page, chromedp.Evaluate[T](expression))
	require.NoError(t, err, expression)
	return value
}

func TestBrowser_everyButtonShowsItsResultInBothLanguages(t *testing.T) {
	for _, lang := range []string{"en", "zh"} {
		t.Run(lang, func(t *testing.T) {
			s, page := open(t, cacheTTL, lang)
			texts := s.page.texts.in(lang)
			assert.Equal(t, languageTags[lang], ask[string](t, page, `document.documentElement.lang`))
			assert.Equal(t, texts["title"], ask[string](t, page, `document.title`))
			for _, sc := range scenarios {
				do(t, page, browser.Press(sc.ID))
				title, special := texts["title."+sc.ID]
				if !special {
					title = texts["scenario."+sc.ID]
				}
				assert.Equal(t, title, ask[string](t, page, `document.getElementById("result-title").textContent`), sc.ID)
				assert.Equal(t, texts["about."+sc.ID], ask[string](t, page, `document.getElementById("about").textContent`), sc.ID)
				steps := ask[[]string](t, page, `[...document.querySelectorAll(".exchange:first-child h4")].map((e) => e.textContent)`)
				assert.Equal(t, []string{texts["step.sent"], texts["step.asked"], texts["step.verdict"], texts["step.received"]}, steps, sc.ID)
				assert.NotEmpty(t, ask[string](t, page, `document.getElementById("announcement").textContent`), sc.ID)
				if want, refused := wanted[sc.ID]; refused {
					assert.Equal(t, want.code, ask[string](t, page, `document.querySelector(".step.refused").dataset.code`), sc.ID)
					assert.Contains(t, ask[string](t, page, `document.querySelector(".step.refused").textContent`), texts["code."+want.code], sc.ID)
				}
				all := ask[string](t, page, `document.body.innerText`)
				assert.NotRegexp(t, `undefined|NaN|\[object|\{\w+\}`, strings.ReplaceAll(all, `{"`, ""), sc.ID)
			}
			// Whatever went wrong in the scripts would be told there.
			assert.True(t, ask[bool](t, page, `document.getElementById("trouble").hidden`))
		})
	}
}

func TestBrowser_keepsTheResultWhenTheLanguageChanges(t *testing.T) {
	s, page := open(t, cacheTTL, "en")
	do(t, page, browser.Press("foreign"),
		chromedp.Click(chromedp.CSS("a.language")),
		chromedp.WaitVisible(chromedp.CSS(`html[lang="zh-CN"] #result[data-shown="foreign"]`)))
	assert.Equal(t, s.page.texts["scenario.foreign"]["zh"], ask[string](t, page, `document.getElementById("result-title").textContent`))
}

func TestBrowser_showsKnownUsersServedWhileHuaweiIsDown(t *testing.T) {
	s, page := open(t, time.Second, "en")
	until := func(expression string) {
		t.Helper()
		_, err := chromedp.Run(page, chromedp.Poll[bool](expression))
		require.NoError(t, err, expression)
	}
	until(`document.querySelectorAll("#chart rect.fresh").length > 1`)
	until(`document.querySelectorAll("#chart rect.new").length > 0`)
	do(t, page, browser.Press("down"))
	until(`document.querySelectorAll("#chart rect.band.down").length === 1`)
	until(`document.querySelectorAll("#chart rect.stale").length > 1`)
	until(`document.querySelectorAll("#chart rect.refused").length > 0`)
	until(`document.getElementById("breaker").textContent === "open"`)
	assert.Equal(t, "true", ask[string](t, page, `document.querySelector('[data-condition="down"]').getAttribute("aria-pressed")`))
	assert.Equal(t, "100 %", ask[string](t, page, `document.getElementById("served").textContent`))
	assert.Contains(t, ask[string](t, page, `document.getElementById("chart").getAttribute("aria-label")`), "Huawei is now: down.")

	do(t, page, browser.Press("normal"))
	until(`document.getElementById("breaker").textContent === "closed"`)
	do(t, page, chromedp.Click(chromedp.CSS("#visitors")))
	require.Eventually(t, s.visitors.paused.Load, 10*time.Second, 10*time.Millisecond)
	until(`document.getElementById("visitors").getAttribute("aria-pressed") === "false"`)
}

func TestBrowser_isDrivenByTheKeyboardAlone(t *testing.T) {
	_, page := open(t, cacheTTL, "en")
	// The first stop is the link to the buttons, and the button after it is the first of them.
	do(t, page, chromedp.KeyEvent(kb.Tab))
	assert.Equal(t, "skip", ask[string](t, page, `document.activeElement.className`))
	do(t, page, chromedp.KeyEvent(kb.Enter), chromedp.KeyEvent(kb.Tab))
	assert.Equal(t, scenarios[0].ID, ask[string](t, page, `document.activeElement.dataset.scenario ?? ""`))
	assert.Equal(t, "solid", ask[string](t, page, `getComputedStyle(document.activeElement).outlineStyle`), "the focus is seen")
	do(t, page, chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(chromedp.CSS(`#result[data-shown="`+scenarios[0].ID+`"]`)))
}

func TestBrowser_fitsEveryWidthInLightAndDark(t *testing.T) {
	_, page := open(t, cacheTTL, "en")
	do(t, page, browser.Press("down"))
	grounds := map[string]bool{}
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int{320, 390, 768, 1280, 1920} {
			do(t, page, browser.View(width, 800, scheme))
			name := fmt.Sprintf("%d, %s", width, scheme)
			assert.LessOrEqual(t, ask[int](t, page, `document.documentElement.scrollWidth`), width, "%s: nothing to scroll sideways", name)
			assert.Empty(t, ask[[]string](t, page, faint), "%s: text that is hard to read", name)
		}
		grounds[ask[string](t, page, `getComputedStyle(document.body).backgroundColor`)] = true
	}
	assert.Len(t, grounds, 2)
}

// faint lists text whose contrast with its ground is below 4.5:1 (WCAG 2.2, 1.4.3).
const faint = `(() => {
	const channel = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
	const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
	const parts = (colour) => colour.match(/[\d.]+/g).map(Number);
	const ground = (e) => {
		for (; e; e = e.parentElement) {
			const colour = parts(getComputedStyle(e).backgroundColor);
			if (colour.length < 4 || colour[3] > 0) return colour;
		}
		return [255, 255, 255];
	};
	const found = [];
	for (const e of document.querySelectorAll("body *:not(script):not(svg):not(svg *)")) {
		if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || !e.checkVisibility()) continue;
		const a = luminance(parts(getComputedStyle(e).color)), b = luminance(ground(e));
		if ((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5) found.push(e.tagName + " " + e.className + ": " + e.textContent.slice(0, 40));
	}
	return found;
})()`

func TestBrowser_tellsScreenReadersWhatEverythingIs(t *testing.T) {
	_, page := open(t, cacheTTL, "en")
	do(t, page, browser.Press("forged"))
	assert.Empty(t, ask[[]string](t, page, `[...document.querySelectorAll("button, a, summary")].filter((e) => !e.textContent.trim()).map((e) => e.outerHTML)`), "without a name")
	assert.Empty(t, ask[[]string](t, page, `[...document.querySelectorAll("img:not([alt])")].map((e) => e.outerHTML)`))
	assert.Empty(t, ask[[]string](t, page, `[...document.querySelectorAll("[aria-labelledby]")].map((e) => e.getAttribute("aria-labelledby")).filter((id) => !document.getElementById(id)?.textContent.trim())`))
	ids := ask[[]string](t, page, `[...document.querySelectorAll("[id]")].map((e) => e.id)`)
	seen := map[string]bool{}
	for _, id := range ids {
		assert.False(t, seen[id], "the id %s is there twice", id)
		seen[id] = true
	}
	levels := ask[[]int](t, page, `[...document.querySelectorAll("h1, h2, h3, h4")].map((e) => Number(e.tagName[1]))`)
	assert.Equal(t, 1, levels[0])
	assert.Equal(t, "status", ask[string](t, page, `document.getElementById("announcement").getAttribute("role")`))
	assert.Contains(t, ask[string](t, page, `document.getElementById("announcement").textContent`), "200")
}

func TestBrowser_loadsNothingFromElsewhere(t *testing.T) {
	s, page := open(t, cacheTTL, "en")
	do(t, page, browser.Press("mainland"))
	loaded := ask[[]string](t, page, `performance.getEntriesByType("resource").map((e) => e.name)`)
	assert.NotEmpty(t, loaded)
	for _, name := range loaded {
		u, err := url.Parse(name)
		require.NoError(t, err)
		assert.Equal(t, s.gateway.Addr(), u.Host, name)
	}
}

func TestBrowser_saysThatTheDemoIsGone(t *testing.T) {
	s, page := open(t, cacheTTL, "en")
	do(t, page, browser.Press("mainland"))
	require.NoError(t, s.gateway.Stop())
	do(t, page, chromedp.WaitVisible(chromedp.CSS("#trouble:not([hidden])")))
	assert.Equal(t, s.page.texts["trouble.gone"]["en"], ask[string](t, page, `document.getElementById("trouble").textContent`))
}
