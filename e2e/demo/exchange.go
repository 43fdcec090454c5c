package demo

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// exchange is one request as the page shows it: what was sent, what Huawei was asked for it, what the plugin made of it, and
// what the backend got.
type exchange struct {
	Who      who      `json:"who"` // for the heading; a name in texts.json
	Sent     []line   `json:"sent"`
	Asked    []call   `json:"asked"`
	Verdict  verdict  `json:"verdict"`
	Answer   []line   `json:"answer"` // status line and headers, and a line for the body; of refusals only
	Received []header `json:"received"`
	Millis   float64  `json:"millis"`
}

// line is one line of a message. A forged one is a header that the client had no right to set.
type line struct {
	Text   string `json:"text"`
	Forged bool   `json:"forged,omitempty"`
}

// header is one header at the backend, with who set it: identity (the plugin), client or proxy.
type header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	By    string `json:"by"`
}

// identityHeaders are the names under which the plugin passes an identity on unless told otherwise, as Go writes them.
var identityHeaders = map[string]bool{"X-User-Openid": true, "X-User-Unionid": true, "X-User-Phone": true}

// exchange sends a request and tells everything about it.
func (s *stack) exchange(sender who, r request) (*exchange, error) {
	mark := s.huawei.mark()
	got, err := s.send(r)
	if err != nil {
		return nil, fmt.Errorf("sending the request: %w", err)
	}
	v := got.verdict()
	s.minute.answered(sender, v)

	e := &exchange{
		Who:      sender,
		Sent:     []line{{Text: "GET " + r.target() + " HTTP/1.1"}, {Text: "Host: " + s.gateway.Addr()}},
		Asked:    s.huawei.since(mark, r.token),
		Verdict:  v,
		Answer:   []line{},
		Received: []header{},
		Millis:   float64(got.took.Microseconds()) / float64(time.Millisecond/time.Microsecond),
	}
	honest := len(r.lines()) - len(r.forged)
	for i, text := range r.lines() {
		e.Sent = append(e.Sent, line{Text: text, Forged: i >= honest})
	}
	if !v.served {
		e.Answer = answer(got)
		return e, nil
	}
	e.Received = received(r, got)
	return e, nil
}

func answer(got *result) []line {
	lines := []line{{Text: fmt.Sprintf("HTTP/1.1 %d %s", got.status, http.StatusText(got.status))}}
	for _, name := range slices.Sorted(maps.Keys(got.header)) {
		for _, value := range got.header[name] {
			lines = append(lines, line{Text: name + ": " + value})
		}
	}
	return append(lines, line{}, line{Text: got.body})
}

// received are the headers at the backend: the identity first, then the client's, then the proxy's.
func received(r request, got *result) []header {
	client := map[string]bool{}
	for _, text := range r.lines() {
		name, _, _ := strings.Cut(text, ":")
		client[http.CanonicalHeaderKey(name)] = true
	}
	byWhom := map[string][]header{}
	for _, name := range slices.Sorted(maps.Keys(got.seen.Header)) {
		by := "proxy"
		switch {
		case identityHeaders[name]:
			by = "identity"
		case client[name]:
			by = "client"
		}
		for _, value := range got.seen.Header[name] {
			byWhom[by] = append(byWhom[by], header{Name: name, Value: value, By: by})
		}
	}
	return slices.Concat(byWhom["identity"], byWhom["client"], byWhom["proxy"])
}
