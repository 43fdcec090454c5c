package huaweiid

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The receiver of Huawei's account events (RISC): an instance with events.path answers there. A user who cancelled the app's
// authorisation, closed the account or changed the number is forgotten, so that the next request asks Huawei again.
//
// An event is obeyed in forgetting and believed in nothing else: Huawei documents no binding between the signed JWT in the
// header and the body beside it. The worst that somebody with a stolen JWT can do is to have users looked up again.

const (
	maxEventBody = 64 << 10 // bytes
	// eventRetry is what a sender is told where keys or Redis are out of reach.
	eventRetry = 30 * time.Second
)

// receiver has what all instances that receive events with the same options share.
type receiver struct {
	clientIDs map[string]bool
	keys      *eventKeys
	seen      *seenEvents
	now       func() time.Time // time.Now but in tests
	obey      func(events []accountEvent, log *logger) error
}

// eventRefusal is why an event is not taken. The descriptions are ours: nothing of what was sent is repeated.
type eventRefusal struct {
	status      int
	code        string // err of RFC 8935 §2.4
	description string
}

// Error codes of RFC 8935 §2.4.
const (
	eventInvalidRequest = "invalid_request"
	eventInvalidKey     = "invalid_key"
	eventInvalidIssuer  = "invalid_issuer"
	eventInvalidAud     = "invalid_audience"
	eventUnauthentic    = "authentication_failed"
)

func badEvent(description string) *eventRefusal {
	return &eventRefusal{status: http.StatusBadRequest, code: eventInvalidRequest, description: description}
}

func unauthentic(code, description string) *eventRefusal {
	return &eventRefusal{status: http.StatusUnauthorized, code: code, description: description}
}

// Why an event is not taken although nothing is wrong with it.
var (
	errEventKeys = errors.New("the keys of account events are out of reach")
	errEventList = errors.New("the other Traefiks cannot be told of an account event")
)

func newReceiver(s *settings, u *upstream) *receiver {
	processMetrics.awaitEvents()
	return &receiver{
		clientIDs: u.client.clientIDs,
		keys:      newEventKeys(s, u),
		seen:      newSeenEvents(),
		now:       time.Now,
		obey:      upstreams.obey,
	}
}

// besideEvents returns the way of all requests where account events are received on one path. A request is stripped there, too: Traefik's
// access log and metrics look at its headers.
func (p *plugin) besideEvents(others http.HandlerFunc) http.HandlerFunc {
	path := p.settings.events.path
	return func(rw http.ResponseWriter, req *http.Request) {
		if req.URL.Path == path {
			stripAndTell(p, req.Header)
			receiveEvents(p, rw, req)
			return
		}
		others(rw, req)
	}
}

// receiveEvents answers a delivery of events as RFC 8935 has it, but that Huawei names no status: 200 says that it was taken.
func receiveEvents(p *plugin, rw http.ResponseWriter, req *http.Request) {
	h := rw.Header()
	h.Set("Cache-Control", "no-store")
	if req.Method != http.MethodPost {
		h.Set("Allow", http.MethodPost)
		rw.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	events, refusal, err := readEvents(p.receiver, rw, req)
	if err == nil && refusal == nil {
		err = takeEvents(p.receiver, events, p.log)
	}
	switch {
	case refusal != nil:
		p.log.event(1, slog.LevelWarn, "event "+refusal.code, "account event refused", "err", refusal.code, "cause", refusal.description)
		processMetrics.event(noEventType, refusal.code)
		refuseEvents(rw, refusal)
	case err != nil:
		p.log.event(1, slog.LevelError, "event unreachable", "account event not taken", "cause", err, "remedy", eventRemedy(err))
		processMetrics.event(noEventType, eventUnreachable)
		h.Set("Retry-After", strconv.Itoa(int(eventRetry/time.Second)))
		rw.WriteHeader(http.StatusServiceUnavailable)
	}
}

func eventRemedy(err error) string {
	if errors.Is(err, errEventKeys) {
		return "let Traefik reach the host of events.configURL and of the keys that are announced there"
	}
	return "see what is said of the shared cache; the event is delivered again, or users stay known there for their entry's life"
}

func refuseEvents(rw http.ResponseWriter, r *eventRefusal) {
	body, _ := json.Marshal(map[string]string{"err": r.code, "description": r.description}) // texts always can be written
	h := rw.Header()
	h.Set("Content-Type", "application/json")
	if r.status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	rw.WriteHeader(r.status)
	_, _ = rw.Write(body)
}

// readEvents checks a delivery: the JWT first, so that nobody else has a body read. It returns the events that are about a user, be they new
// or not; the error is errEventKeys.
func readEvents(r *receiver, rw http.ResponseWriter, req *http.Request) ([]accountEvent, *eventRefusal, error) {
	values := req.Header["Authorization"]
	if len(values) != 1 || len(values[0]) > maxJWT || len(values[0]) < len(credentials) ||
		!strings.EqualFold(values[0][:len(credentials)], credentials) {
		return nil, unauthentic(eventUnauthentic, "Authorization has to be Bearer and one JWT"), nil
	}
	t := parseJWT(values[0][len(credentials):])
	if refusal := checkClaims(t, r.clientIDs, r.now()); refusal != nil {
		return nil, refusal, nil
	}
	signer, issuer, err := r.keys.find(t.kid)
	if err != nil {
		return nil, nil, err
	}
	if refusal := checkSigner(t, signer, issuer); refusal != nil {
		return nil, refusal, nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(rw, req.Body, maxEventBody))
	if err != nil {
		return nil, badEvent("the body is larger than 64 KiB, or broke off"), nil
	}
	events, refusal := parseEvents(body, t.audience)
	if refusal != nil {
		return nil, refusal, nil
	}
	return events, nil, nil
}

// takeEvents obeys the events that were not taken before, and of those that say the same the first. They are remembered only then, so
// that a delivery which failed can come again.
func takeEvents(r *receiver, events []accountEvent, log *logger) error {
	var fresh []accountEvent
	said := map[string]bool{}
	for i := range events {
		e := events[i]
		says := strings.Join([]string{e.kind, e.clientID, e.openID, e.unionID}, "\n")
		if !said[says] && !r.seen.has(e) {
			fresh = append(fresh, e)
			said[says] = true
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	if err := r.obey(fresh, log); err != nil {
		return err
	}
	for i := range events {
		r.seen.add(events[i])
	}
	return nil
}
