package attacks

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// upstream is a Huawei: the simulator, or something in front of it.
type upstream struct {
	sim *huaweisim.Sim
	url string
}

func startUpstream(t *testing.T, around func(http.Handler) http.Handler) *upstream {
	t.Helper()
	u := &upstream{sim: huaweisim.New()}
	var handler http.Handler = u.sim
	if around != nil {
		handler = around(handler)
	}
	server := httptest.NewServer(handler)
	u.url = server.URL
	t.Cleanup(server.Close)
	t.Cleanup(u.sim.Close)
	return u
}

// options points a middleware here. Time-outs are not what these tests are about.
func (u *upstream) options() map[string]any {
	return map[string]any{
		"getInfoURL":   u.url + huaweisim.GetInfoPath,
		"tokenInfoURL": u.url + huaweisim.TokenInfoPath,
		"allowHTTP":    "true",
		"timeout":      "20s",
		"retries":      "0",
	}
}

// elsewhere is a Huawei of another region: it knows every token as another user's.
func elsewhere(sim http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		form := url.Values{}
		if err := r.ParseForm(); err == nil {
			form = r.PostForm
		}
		form.Set("access_token", elsewhereToken(form.Get("access_token")))
		text := form.Encode()
		other, err := http.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), strings.NewReader(text))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		other.Header.Set("Content-Type", r.Header.Get("Content-Type"))
		sim.ServeHTTP(w, other)
	})
}

// elsewhereToken is whom elsewhere takes a token for.
func elsewhereToken(token string) string { return token + "/elsewhere" }

// sayings are answers of getInfo word for word, by token, in front of a simulator.
type sayings struct {
	mu     sync.Mutex
	answer map[string]http.HandlerFunc
}

func (s *sayings) say(token string, answer http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.answer == nil {
		s.answer = map[string]http.HandlerFunc{}
	}
	s.answer[token] = answer
}

// sayJSON has getInfo answer with a body of a content type; "" = none.
func (s *sayings) sayJSON(token, contentType, body string) {
	s.say(token, func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = nil // an absent type stays absent instead of being guessed
		if contentType != "" {
			w.Header().Set("Content-Type", contentType)
		}
		_, _ = w.Write([]byte(body))
	})
}

func (s *sayings) around(sim http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		answer := s.answer[r.PostFormValue("access_token")]
		s.mu.Unlock()
		if answer == nil {
			http.Error(w, "nothing to say", http.StatusNotFound)
			return
		}
		answer(w, r)
	})
}
