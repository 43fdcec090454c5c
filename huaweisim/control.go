package huaweisim

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// elsewherePath is where redirects point. It answers with an identity of its own,
// so that a client that follows them lets in somebody whom nobody asked about.
const elsewherePath = "/sim/elsewhere"

func isControl(path string) bool { return strings.HasPrefix(path, "/sim/") }

// newControls serves what is the simulator's own, under /sim/.
func (s *Sim) newControls() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /sim/{$}", func(w http.ResponseWriter, _ *http.Request) { writeText(w, http.StatusOK, Help()) })
	mux.HandleFunc("POST /sim/faults", s.serveFaults)
	mux.HandleFunc("GET /sim/stats", s.serveStats)
	mux.HandleFunc("DELETE /sim/stats", s.serveReset)
	mux.HandleFunc("POST /sim/reset", s.serveReset)
	mux.HandleFunc("POST /sim/revoke", s.serveRevoke)
	mux.HandleFunc("POST /sim/events", s.serveEvents)
	mux.HandleFunc("GET "+EventConfigPath, s.serveEventConfig)
	mux.HandleFunc("GET "+eventKeysPath, s.serveEventKeys)
	mux.HandleFunc(elsewherePath, s.serveElsewhere)
	return mux
}

func (s *Sim) serveFaults(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxFaultsBody))
	if err != nil {
		writeText(w, http.StatusBadRequest, "reading body: "+err.Error()+"\n")
		return
	}
	faults, err := parseFaults(body)
	if err != nil {
		writeText(w, http.StatusBadRequest, err.Error()+"\n")
		return
	}
	s.SetFaults(faults...)
	writeText(w, http.StatusOK, fmt.Sprintf("faults in force: %d\n", len(faults)))
}

// serveStats answers with Stats, or with the calls of the token in the query.
func (s *Sim) serveStats(w http.ResponseWriter, r *http.Request) {
	var answer any = s.Stats()
	if query := r.URL.Query(); query.Has("token") {
		token := query.Get("token")
		answer = map[string]any{
			"token": token,
			"calls": map[string]int{
				GetInfo:      s.TokenCalls(GetInfo, token),
				GetTokenInfo: s.TokenCalls(GetTokenInfo, token),
			},
		}
	}
	w.Header().Set("Content-Type", jsonType)
	_ = json.NewEncoder(w).Encode(answer) // a client that left needs no answer
}

func (s *Sim) serveReset(w http.ResponseWriter, _ *http.Request) {
	s.ResetStats()
	w.WriteHeader(http.StatusNoContent)
}

func (s *Sim) serveRevoke(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxCallBody))
	if err != nil {
		writeText(w, http.StatusBadRequest, "reading body: "+err.Error()+"\n")
		return
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || form.Get("token") == "" {
		writeText(w, http.StatusBadRequest, "send the token URL-encoded in a form: token=…\n")
		return
	}
	token, receiver := form.Get("token"), form.Get("receiver")
	s.Revoke(token)
	if receiver == "" {
		receiver, _ = s.receiver.Load().(string)
	}
	if _, isUser := UserOf(token); receiver != "" && isUser {
		s.deliver(w, r, Event{Receiver: receiver, Token: token})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Sim) serveElsewhere(w http.ResponseWriter, _ *http.Request) {
	s.stats.redirectFollowed()
	jsonAnswer(userMembers(mainlandUser("redirected"))).write(w)
}

func writeText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", textType)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text) // a client that left needs no answer
}
