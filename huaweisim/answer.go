package huaweisim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Content types of the two APIs, spelled as Huawei's samples have them.
const (
	jsonType = "application/json;charset=utf-8"
	textType = "text/plain;charset=utf-8"
	htmlType = "text/html;charset=utf-8"
)

// manner is how an answer leaves the simulator.
type manner int

const (
	whole manner = iota // status, headers and body as usual
	half                // headers and half the body, then the connection is cut
	cut                 // the connection is cut without an answer
	hang                // nothing for as long as the fault lasts, then cut
)

// answer is everything about one response. The zero value is an empty 200.
type answer struct {
	manner      manner
	wait        time.Duration // before anything is sent
	status      int           // 0 = 200
	nsp         string        // NSP_STATUS; "" = no such header
	contentType string        // "" = none
	encoding    string        // Content-Encoding; "" = none
	location    string
	retryAfter  string
	body        []byte
}

// nspTexts are error texts by NSP_STATUS. Huawei documents those of 6 and 102;
// the others are in their manner.
var nspTexts = map[string]string{
	"1":        "unknown error",
	"2":        "service temporarily unavailable",
	"3":        "unknown method",
	"4":        "application request limit reached",
	"5":        "unauthorized ip address",
	"6":        "session timeout",
	"7":        "call limit reached",
	"8":        "calls too frequent",
	"102":      "invalid session",
	"103":      "request must be post",
	"105":      "invalid parameter",
	"108":      "invalid url parameter",
	"403":      "no permission",
	"500":      "internal error",
	"501":      "service not found",
	"503":      "system flow control",
	"1302":     "api flow control",
	"31204":    "token revoked",
	"70001201": "illegal parameter",
	"70001401": "system internal error",
	"70001402": "system authentication error",
	"70020002": "internal network error",
}

// nspAnswer is Huawei's usual failure: HTTP 200, the code in NSP_STATUS, a text
// in the body.
func nspAnswer(code string) answer {
	text := nspTexts[code]
	if text == "" {
		text = "error " + code
	}
	return answer{nsp: code, contentType: jsonType, body: members{"error": text}.json()}
}

// httpAnswer is a failure of HTTP's own. Its body is not documented: a page of
// HTML with an error, nothing otherwise. A 3xx points to a page that answers
// with an identity nobody asked for, so that following it shows.
func httpAnswer(status int) answer {
	a := answer{status: status}
	switch {
	case status >= 400:
		a.contentType = htmlType
		a.body = []byte(fmt.Sprintf("<html><head><title>%d</title></head><body><h1>%d %s</h1></body></html>\n",
			status, status, http.StatusText(status)))
	case status >= 300 && status != http.StatusNotModified:
		a.location = elsewherePath
	}
	return a
}

// jsonAnswer is a success with these members.
func jsonAnswer(m members) answer {
	return answer{contentType: jsonType, body: m.json()}
}

// as gives JSON the content type that api sends it under: getTokenInfo calls it
// text/plain.
func (a answer) as(api string) answer {
	if api == GetTokenInfo && a.contentType == jsonType {
		a.contentType = textType
	}
	return a
}

// result names the answer in Stats.
func (a answer) result() string {
	switch {
	case a.manner != whole:
		return "cut"
	case a.status != 0 && a.status != http.StatusOK:
		return "http " + strconv.Itoa(a.status)
	case a.nsp != "" && a.nsp != "0":
		return "nsp " + a.nsp
	}
	return "200"
}

// write sends the answer. It panics with http.ErrAbortHandler where a connection
// has to be cut that cannot be hijacked.
func (a answer) write(w http.ResponseWriter) {
	if a.manner == cut || a.manner == hang {
		cutConnection(w)
		return
	}
	h := w.Header()
	// Cosmetic headers of Huawei's sample responses.
	h.Set("Cache-Control", "no-store")
	h.Set("Pragma", "no-cache")
	h["Content-Type"] = nil // an absent type stays absent instead of being guessed
	if a.contentType != "" {
		h.Set("Content-Type", a.contentType)
	}
	if a.encoding != "" {
		h.Set("Content-Encoding", a.encoding)
	}
	if a.nsp != "" {
		h["NSP_STATUS"] = []string{a.nsp} // Set would respell it Nsp_status
	}
	if a.location != "" {
		h.Set("Location", a.location)
	}
	if a.retryAfter != "" {
		h.Set("Retry-After", a.retryAfter)
	}
	status := a.status
	if status == 0 {
		status = http.StatusOK
	}
	if status == http.StatusMethodNotAllowed {
		h.Set("Allow", http.MethodPost)
	}
	if status == http.StatusNoContent || status == http.StatusNotModified {
		w.WriteHeader(status)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(status)
	if a.manner == half {
		_, _ = w.Write(a.body[:len(a.body)/2])
		_ = http.NewResponseController(w).Flush()
		cutConnection(w)
		return
	}
	_, _ = w.Write(a.body) // a client that left needs no answer
}

// members is a JSON object in the making.
type members map[string]any

// with returns a copy in which the pairs of more replace those of the same name.
func (m members) with(more members) members {
	all := make(members, len(m)+len(more))
	for k, v := range m {
		all[k] = v
	}
	for k, v := range more {
		all[k] = v
	}
	return all
}

// without returns a copy that lacks name.
func (m members) without(name string) members {
	rest := m.with(nil)
	delete(rest, name)
	return rest
}

// json encodes the object. Members are strings, numbers and objects of those, so
// that encoding cannot fail.
func (m members) json() []byte {
	b, err := json.Marshal(m)
	if err != nil {
		panic("huaweisim: " + err.Error())
	}
	return b
}
