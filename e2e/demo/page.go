package demo

import (
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// pagePath is where all that belongs to the page is, beside the page itself at /: a path that no application has.
const pagePath = "/_demo/"

const (
	stateEvery = time.Second
	// security is the page's policy: nothing from elsewhere, and nobody frames it.
	security = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

//go:embed page
var files embed.FS

// page serves the page, runs its scenarios and tells its chart what goes on.
type page struct {
	stack    *stack
	handler  http.Handler
	template *template.Template
	texts    texts
	watchers atomic.Int64
}

func newPage(s *stack) *page {
	p := &page{stack: s, texts: mustTexts()}
	p.template = template.Must(template.New("index.html").Funcs(template.FuncMap{
		"text": func(lang, name string) (string, error) { return p.texts.of(lang, name) },
	}).ParseFS(files, "page/index.html"))
	static, err := fs.Sub(files, "page")
	if err != nil {
		panic("demo: " + err.Error()) // the name is valid
	}

	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.serveIndex)
	for _, name := range []string{"style.css", "script.js", "chart.js", "icon.svg"} {
		mux.HandleFunc("GET "+pagePath+name, func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, static, name) })
	}
	mux.HandleFunc("GET "+pagePath+"state", p.serveState)
	mux.HandleFunc("POST "+pagePath+"run/{scenario}", p.serveRun)
	mux.HandleFunc("POST "+pagePath+"visitors/{switch}", p.serveVisitors)
	// A page of somebody else's must not press the buttons.
	p.handler = http.NewCrossOriginProtection().Handler(mux)
	return p
}

// ServeHTTP serves everything of the page's.
func (p *page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", security)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	p.handler.ServeHTTP(w, r)
}

// watched tells whether somebody has the page open.
func (p *page) watched() bool { return p.watchers.Load() > 0 }

func (p *page) serveIndex(w http.ResponseWriter, r *http.Request) {
	lang := languageOf(r)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", languageTags[lang])
	w.Header().Set("Vary", "Accept, Accept-Language")
	var b strings.Builder
	err := p.template.Execute(&b, map[string]any{
		"Lang":          lang,
		"Tag":           languageTags[lang],
		"Other":         otherLanguage(lang),
		"OtherTag":      languageTags[otherLanguage(lang)],
		"About":         p.stack.gateway.About(),
		"URL":           "http://" + p.stack.gateway.Addr() + "/",
		"SimURL":        p.stack.simURL,
		"LogFile":       p.stack.gateway.LogFile(),
		"Configuration": p.stack.configuration,
		"Groups":        []string{"people", "refused"},
		"Scenarios":     scenarios,
		"Requests":      requests,
		"Texts":         p.texts.in(lang),
	})
	if err != nil {
		http.Error(w, "making the page: "+err.Error(), http.StatusInternalServerError)
		return
	}
	_, _ = w.Write([]byte(b.String())) // a browser that left needs no answer
}

// serveRun runs a scenario and answers with its exchanges.
func (p *page) serveRun(w http.ResponseWriter, r *http.Request) {
	s, ok := scenarioOf(r.PathValue("scenario"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	exchanges, err := s.run(p.stack)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(exchanges) // a browser that left needs no answer
}

func (p *page) serveVisitors(w http.ResponseWriter, r *http.Request) {
	switch r.PathValue("switch") {
	case "on":
		p.stack.visitors.paused.Store(false)
	case "off":
		p.stack.visitors.paused.Store(true)
	default:
		http.NotFound(w, r)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// state is what the page shows of what goes on.
type state struct {
	Huawei   condition `json:"huawei"`
	Visitors bool      `json:"visitors"`
	Breaker  string    `json:"breaker"`
	Entries  int       `json:"entries"` // answers in the cache
	Seconds  []second  `json:"seconds"`
}

func (p *page) state() state {
	s := state{Huawei: p.stack.huawei.is(), Visitors: !p.stack.visitors.paused.Load(), Seconds: p.stack.minute.last()}
	s.Breaker, s.Entries = p.stack.minute.kept()
	return s
}

// serveState sends the state each second, as server-sent events, for as long as the page is open.
func (p *page) serveState(w http.ResponseWriter, r *http.Request) {
	p.watchers.Add(1)
	defer p.watchers.Add(-1)
	w.Header().Set("Content-Type", "text/event-stream")
	flush := http.NewResponseController(w)
	ticker := time.NewTicker(stateEvery)
	defer ticker.Stop()
	for {
		told, err := json.Marshal(p.state())
		if err != nil {
			return
		}
		if _, err := fmt.Fprintf(w, "data: %s\n\n", told); err != nil {
			return
		}
		if err := flush.Flush(); err != nil {
			return
		}
		select {
		case <-ticker.C:
		case <-r.Context().Done():
			return
		case <-p.stack.ctx.Done():
			return
		}
	}
}
