package huaweisim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"time"
)

// Fault is a disturbance of every call it hits, whatever the token. The JSON
// form, for POST /sim/faults, has the same members in lower camel case.
//
// The faults of a list are asked in their order. latency delays the call and
// lets the list go on, so that it combines with what follows and with the usual
// answer; any other kind decides the answer, and the rest of the list is neither
// asked nor counted down.
type Fault struct {
	// API is GetInfo or GetTokenInfo; "" = both.
	API string `json:"api,omitempty"`

	// Kind is one of
	//
	//	latency       the answer comes Latency later
	//	hang          nothing comes until the client leaves, the faults are
	//	              replaced or the simulator is closed; then the connection is cut
	//	reset         the connection is cut at once (RST where it is TCP)
	//	resetMidBody  the same after the headers and half the body
	//	http          HTTP Status, with an HTML page (400 and above) or nothing
	//	nsp           HTTP 200 with NSP_STATUS NSP and {"error":"…"}
	//	redirect      HTTP 302 to /sim/elsewhere
	//	garbage       HTTP 200 with a body that is no JSON
	//	empty         HTTP 200 without a body
	//	truncated     HTTP 200 with a good object that lacks its end
	//	oversize      HTTP 200 with a good object of more than 64 KiB
	//	html          HTTP 200 with an HTML page
	//	gzip          HTTP 200 with a good object, compressed, which nobody asked for
	//	nested        HTTP 200 with a good object nested more than 10 000 deep
	Kind string `json:"kind"`

	// Latency, for kind latency, is a duration such as "200ms", at most 1h.
	Latency string `json:"latency,omitempty"`

	// Status, for kind http, is 200 to 599.
	Status int `json:"status,omitempty"`

	// NSP, for kind nsp, is one to ten decimal digits.
	NSP string `json:"nsp,omitempty"`

	// RetryAfter is the Retry-After header of kinds http and nsp, sent as it
	// stands: at most 64 visible characters and spaces. "" = none.
	RetryAfter string `json:"retryAfter,omitempty"`

	// Rate is the share of calls that are hit, above 0 and at most 1, spread
	// evenly: 0.25 hits every fourth. 0 = all.
	Rate float64 `json:"rate,omitempty"`

	// Count ends the fault after it has hit that many calls. 0 = it stays until
	// replaced.
	Count int `json:"count,omitempty"`
}

const (
	maxLatency    = time.Hour
	maxStatus     = 599
	maxFaults     = 100
	maxFaultsBody = 64 << 10 // bytes of POST /sim/faults
)

// faultAnswers are the kinds that decide the answer.
var faultAnswers = map[string]func(Fault, subject) answer{
	"hang":  func(Fault, subject) answer { return answer{manner: hang} },
	"reset": func(Fault, subject) answer { return answer{manner: cut} },
	"resetMidBody": func(_ Fault, s subject) answer {
		a := jsonAnswer(s.goodMembers())
		a.manner = half
		return a
	},
	"http": func(f Fault, _ subject) answer {
		a := httpAnswer(f.Status)
		a.retryAfter = f.RetryAfter
		return a
	},
	"nsp": func(f Fault, _ subject) answer {
		a := nspAnswer(f.NSP)
		a.retryAfter = f.RetryAfter
		return a
	},
	"redirect":  func(Fault, subject) answer { return httpAnswer(http.StatusFound) },
	"garbage":   faultBody(garbageBody),
	"empty":     faultBody(emptyBody),
	"truncated": faultBody(truncatedBody),
	"oversize":  faultBody(hugeBody),
	"html":      faultBody(htmlBody),
	"gzip":      faultBody(gzipBody),
	"nested":    faultBody(nestedBody),
}

func faultBody(body func(members) answer) func(Fault, subject) answer {
	return func(_ Fault, s subject) answer { return body(s.goodMembers()) }
}

// answer is what the fault makes of a call. Where a good body is part of it, it
// is a mainland user's, so that whatever the token, accepting it would show.
func (f Fault) answer(c call) answer {
	k := kindsByName["mainland"]
	s := subject{call: c, kind: k, user: k.userOf(c.token)}
	return faultAnswers[f.Kind](f, s).as(c.api)
}

func (s subject) goodMembers() members {
	if s.api == GetTokenInfo {
		return s.tokenInfoMembers()
	}
	return s.getInfoMembers()
}

// latency is the delay of a checked fault.
func (f Fault) latency() time.Duration {
	d, _ := time.ParseDuration(f.Latency)
	return d
}

// checkFaults tells the first thing that makes no sense.
func checkFaults(faults []Fault) error {
	if len(faults) > maxFaults {
		return fmt.Errorf("%d faults: at most %d", len(faults), maxFaults)
	}
	for i, f := range faults {
		if err := f.check(); err != nil {
			return fmt.Errorf("fault %d: %w", i+1, err)
		}
	}
	return nil
}

func (f Fault) check() error {
	if f.API != "" && f.API != GetInfo && f.API != GetTokenInfo {
		return fmt.Errorf("api: %q is neither %s nor %s; leave it out for both", f.API, GetInfo, GetTokenInfo)
	}
	if f.Kind != "latency" && faultAnswers[f.Kind] == nil {
		return fmt.Errorf("kind: %q is none of %s", f.Kind, faultKinds())
	}
	if math.IsNaN(f.Rate) || f.Rate < 0 || f.Rate > 1 {
		return fmt.Errorf("rate: %v is not between 0 and 1", f.Rate)
	}
	if f.Count < 0 {
		return fmt.Errorf("count: %d is negative", f.Count)
	}
	return f.checkDetails()
}

// checkDetails sees that every member that a kind needs is there, and none that
// it would ignore.
func (f Fault) checkDetails() error {
	switch {
	case f.Kind == "latency" && (!isDuration(f.Latency) || f.latency() == 0):
		return fmt.Errorf("latency: %q is no duration above 0 and up to %s, such as 200ms", f.Latency, maxLatency)
	case f.Kind != "latency" && f.Latency != "":
		return fmt.Errorf("latency: has no meaning for kind %s; put a fault of kind latency before it", f.Kind)
	case f.Kind == "http" && !isHTTPStatus(strconv.Itoa(f.Status)):
		return fmt.Errorf("status: %d is not between 200 and %d", f.Status, maxStatus)
	case f.Kind != "http" && f.Status != 0:
		return fmt.Errorf("status: has no meaning for kind %s", f.Kind)
	case f.Kind == "nsp" && !isNSP(f.NSP):
		return fmt.Errorf("nsp: %q is not one to ten decimal digits", f.NSP)
	case f.Kind != "nsp" && f.NSP != "":
		return fmt.Errorf("nsp: has no meaning for kind %s", f.Kind)
	case f.Kind != "http" && f.Kind != "nsp" && f.RetryAfter != "":
		return fmt.Errorf("retryAfter: has no meaning for kind %s", f.Kind)
	}
	if len(f.RetryAfter) > 64 || strings.IndexFunc(f.RetryAfter, func(r rune) bool { return r < ' ' || r > '~' }) >= 0 {
		return errors.New("retryAfter: more than 64 characters, or one that no header carries")
	}
	return nil
}

func faultKinds() string {
	all := []string{"latency"}
	for kind := range faultAnswers {
		all = append(all, kind)
	}
	sort.Strings(all)
	return strings.Join(all, ", ")
}

// parseFaults reads the body of POST /sim/faults: one fault or an array of them.
func parseFaults(body []byte) ([]Fault, error) {
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return nil, errors.New("empty body: send a fault, an array of faults, or [] for none")
	}
	var faults []Fault
	var err error
	switch body[0] {
	case '[':
		err = decodeStrictly(body, &faults)
	case '{':
		faults = make([]Fault, 1)
		err = decodeStrictly(body, &faults[0])
	default:
		err = errors.New("neither a JSON object nor an array")
	}
	if err != nil {
		return nil, fmt.Errorf("reading faults: %w", err)
	}
	return faults, checkFaults(faults)
}

func decodeStrictly(body []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON value")
	}
	return nil
}
