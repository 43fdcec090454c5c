package huaweiid

import (
	"bytes"
	"encoding/json"
	"sync"
)

// The body of a delivery: one event or an array of them, beside the JWT. Huawei documents another issuer in it than the JWT's, so
// that its iss says nothing.

// Types of events, as metrics and logs name them, by their URI in Huawei's documents.
var eventTypes = map[string]string{
	"https://schemas.openid.net/secevent/oauth/event-type/tokens-revoked": "tokens-revoked",
	"https://schemas.openid.net/secevent/risc/event-type/account-purged":  "account-purged",
	"https://schemas.openid.net/secevent/oauth/event-type/phone-modified": "phone-modified",
}

const (
	maxEvents = 1024 // of one delivery
	// maxSeen is how many events are remembered, so that one which is delivered again does nothing.
	maxSeen = 1000
	maxJTI  = 256 // bytes
)

// accountEvent is what one event says of a user. One of the IDs may be empty, and matches nobody then.
type accountEvent struct {
	kind     string // a value of eventTypes
	clientID string
	jti      string // "" = it was given none
	openID   string
	unionID  string
}

type eventBody struct {
	Aud    json.RawMessage            `json:"aud"`
	JTI    string                     `json:"jti"`
	Events map[string]json.RawMessage `json:"events"`
}

type eventPayload struct {
	Subject *eventSubject `json:"subject"`
}

type eventSubject struct {
	Sub   string `json:"sub"`   // the UnionID
	Extra string `json:"extra"` // the OpenID
}

// parseEvents reads all events of a body, or none: one that is wrong makes all of them wrong.
func parseEvents(body []byte, audience []string) ([]accountEvent, *eventRefusal) {
	elements := []json.RawMessage{body}
	if trimmed := bytes.TrimLeft(body, " \t\r\n"); len(trimmed) > 0 && trimmed[0] == '[' {
		if json.Unmarshal(body, &elements) != nil {
			return nil, badEvent("the body is no JSON")
		}
	}
	if len(elements) == 0 || len(elements) > maxEvents {
		return nil, badEvent("the body has no event, or more than 1024")
	}
	var events []accountEvent
	for _, element := range elements {
		of, refusal := parseEvent(element, audience)
		if refusal != nil {
			return nil, refusal
		}
		events = append(events, of...)
	}
	return events, nil
}

// parseEvent reads one event, which may be of several types at once. What is of no known type, or about nobody, is left out.
func parseEvent(element json.RawMessage, audience []string) ([]accountEvent, *eventRefusal) {
	var body eventBody
	if json.Unmarshal(element, &body) != nil || body.Events == nil || len(body.JTI) > maxJTI {
		return nil, badEvent("an event is no JSON object with events, or its jti is too long")
	}
	clientID := commonText(textsOf(body.Aud), audience)
	if clientID == "" {
		return nil, &eventRefusal{status: 400, code: eventInvalidAud, description: "an event is for another audience than the JWT"}
	}
	var events []accountEvent
	for uri, kind := range eventTypes {
		raw := body.Events[uri]
		if raw == nil {
			continue
		}
		subject := subjectIn(raw)
		if subject == nil {
			return nil, badEvent("an event of a known type has no subject, or its sub or extra is no text")
		}
		e := accountEvent{kind: kind, clientID: clientID, jti: body.JTI, openID: idOf(subject.Extra), unionID: idOf(subject.Sub)}
		if e.openID != "" || e.unionID != "" {
			events = append(events, e)
		}
	}
	return events, nil
}

// idOf returns "" for what is no ID that an identity can have, and so matches nobody.
func idOf(text string) string {
	if len(text) > maxValue || !isVisible(text) {
		return ""
	}
	return text
}

func subjectIn(raw json.RawMessage) *eventSubject {
	var payload eventPayload
	if json.Unmarshal(raw, &payload) != nil {
		return nil
	}
	return payload.Subject
}

// commonText returns a text that two lists have in common; "" = none.
func commonText(first, second []string) string {
	for _, text := range second {
		for _, other := range first {
			if text == other {
				return text
			}
		}
	}
	return ""
}

// seenEvents are the last events that were taken.
type seenEvents struct {
	mu    sync.Mutex
	ids   map[string]bool
	order []string // a ring
	next  int
}

func newSeenEvents() *seenEvents {
	return &seenEvents{ids: map[string]bool{}, order: make([]string, maxSeen)}
}

// seenAs names an event. jti is the issuer's to choose, and one event may be of several types.
func seenAs(e accountEvent) string { return e.clientID + "\n" + e.kind + "\n" + e.jti }

func (s *seenEvents) has(e accountEvent) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return e.jti != "" && s.ids[seenAs(e)]
}

func (s *seenEvents) add(e accountEvent) {
	if e.jti == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	id := seenAs(e)
	if s.ids[id] {
		return
	}
	delete(s.ids, s.order[s.next])
	s.order[s.next] = id
	s.ids[id] = true
	s.next = (s.next + 1) % len(s.order)
}
