package secrets

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// talkative is a Huawei, or something in its place, that repeats what it was asked and says it in the wrong places.
type talkative struct {
	*httptest.Server

	mu     sync.Mutex
	people map[string]person
	says   map[string]saying
}

// saying is what it says of a person.
type saying struct {
	name   string
	status int    // what the client gets
	code   string // of a refusal
	say    func(w http.ResponseWriter, p person)
}

func startTalkative(t *testing.T) *talkative {
	t.Helper()
	s := &talkative{people: map[string]person{}, says: map[string]saying{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *talkative) of(p person, says saying) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.people[p.token], s.says[p.token] = p, says
}

func (s *talkative) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token := r.PostFormValue("access_token")
	s.mu.Lock()
	p, says := s.people[token], s.says[token]
	s.mu.Unlock()
	if says.say == nil {
		http.NotFound(w, r)
		return
	}
	says.say(w, p)
}

var sayings = []saying{
	{"a status of its own making", 502, "huawei_unavailable", func(w http.ResponseWriter, p person) {
		w.Header()["NSP_STATUS"] = []string{p.all()}
	}},
	{"a status and more", 502, "huawei_unavailable", func(w http.ResponseWriter, p person) {
		w.Header()["NSP_STATUS"] = []string{"6 " + p.token}
	}},
	{"a refusal over a good answer", 401, "token_invalid", func(w http.ResponseWriter, p person) {
		w.Header()["NSP_STATUS"] = []string{"6"}
		write(w, goodAnswer(p))
	}},
	{"an error that repeats the token", 502, "huawei_malformed", func(w http.ResponseWriter, p person) {
		write(w, map[string]any{"error": "no session " + p.all()})
	}},
	{"a page that repeats the token", 502, "huawei_misconfigured", func(w http.ResponseWriter, p person) {
		http.Error(w, p.all(), http.StatusBadRequest)
	}},
	{"no JSON", 502, "huawei_malformed", func(w http.ResponseWriter, p person) { fmt.Fprint(w, p.all()) }},
	{"half an answer", 502, "huawei_malformed", func(w http.ResponseWriter, p person) { fmt.Fprintf(w, `{"openID":%q,`, p.user.OpenID) }},
	{"members of another type", 502, "huawei_malformed", func(w http.ResponseWriter, p person) {
		write(w, map[string]any{"openID": map[string]any{p.all(): p.all()}})
	}},
	{"a number with a line break", 502, "huawei_malformed", func(w http.ResponseWriter, p person) {
		good := goodAnswer(p)
		good["mobileNumber"] = p.user.MobileNumber + "\r\n"
		write(w, good)
	}},
	{"a redirect with the token", 502, "huawei_misconfigured", func(w http.ResponseWriter, p person) {
		w.Header().Set("Location", "/?token="+p.all())
		w.WriteHeader(http.StatusFound)
	}},
	{"a redirect to nowhere", 502, "huawei_misconfigured", func(w http.ResponseWriter, p person) {
		w.Header().Set("Location", "::"+p.all())
		w.WriteHeader(http.StatusFound)
	}},
	{"a time to come back", 503, "huawei_throttled", func(w http.ResponseWriter, p person) {
		w.Header().Set("Retry-After", p.all())
		w.WriteHeader(http.StatusTooManyRequests)
	}},
	{"a content type", 200, "", func(w http.ResponseWriter, p person) {
		w.Header().Set("Content-Type", p.all())
		write(w, goodAnswer(p))
	}},
	raw("a status line", "%s\r\n\r\n"),
	raw("a protocol", "HTTP/%s 200 OK\r\n\r\n"),
	raw("a status in words", "HTTP/1.1 %s\r\n\r\n"),
	raw("a line without a colon", "HTTP/1.1 200 OK\r\n%s\r\n\r\n"),
	raw("a folded line", "HTTP/1.1 200 OK\r\n %s: x\r\n\r\n"),
	raw("a length", "HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\n"),
	raw("two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: %s\r\n\r\nx"),
	raw("a coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: %s\r\n\r\n"),
	raw("a chunk's size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%s\r\n"),
	raw("a trailer", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n%s\r\n\r\n"),
}

// raw answers with bytes that are no HTTP and have all secrets in them.
func raw(name, format string) saying {
	return saying{name, 502, "", func(w http.ResponseWriter, p person) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		defer conn.Close()
		_, _ = fmt.Fprintf(conn, format, p.all())
	}}
}

func goodAnswer(p person) map[string]any {
	return map[string]any{
		"openID": p.user.OpenID, "unionID": p.user.UnionID, "mobileNumber": p.user.MobileNumber,
		"purePhoneNumber": p.user.PurePhoneNumber, "phoneCountryCode": p.user.PhoneCountryCode,
	}
}

func write(w http.ResponseWriter, members map[string]any) {
	// Whoever asked may be gone.
	_ = json.NewEncoder(w).Encode(members)
}
