package huaweiid

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Refusals: the answers that the middleware gives itself, as RFC 9457 problem details with RFC 6750 challenges.

// defaultRetryAfter is what a client of a throttled upstream is told when Huawei gave no time of its own.
const defaultRetryAfter = shortestPause

// details say in plain words, to the developer of the app in front, what a code means and what to do.
var details = map[string]string{
	codeTokenMissing:  "This resource needs a Huawei ID access token, and the request carries none.",
	codeTokenRepeated: "The request carries more than one access token. Send exactly one.",
	codeTokenUnreadable: "The request names the place of the access token too often: in more than 16 headers, cookies or parameters. " +
		"Send exactly one.",
	codeTokenInvalid:     "The access token is invalid, expired or revoked. Sign in again, or refresh the token.",
	codeTokenForeign:     "The access token was not issued to a user of this app.",
	codePermissionDenied: "Huawei denies access to this user's information.",
	codePhoneRequired:    "This resource needs a phone number. Ask the user for the phone scope.",
	codeThrottled:        "Huawei Account Kit limits the rate of requests at the moment. Try again later.",
	codeUnavailable:      "Huawei Account Kit cannot be reached at the moment. Try again later.",
	codeTimeout:          "Huawei Account Kit did not answer in time. Try again later.",
	codeMisconfigured:    "The gateway's request was not understood by Huawei Account Kit. Tell the gateway's operator.",
	codeMalformed:        "Huawei Account Kit gave an answer that cannot be used. Try again later.",
	codeOverloaded:       "The gateway cannot ask Huawei Account Kit at the moment. Try again later.",
}

// detailHostDenied is said where Huawei, or a firewall on the way, denies this host and not the user.
const detailHostDenied = "Huawei Account Kit refuses requests of this gateway. Tell the gateway's operator."

// detailMisspelt is said where the token's header is there, but not written as credentials have to be.
const detailMisspelt = "This resource needs a Huawei ID access token, in a header of this form: " + formMark

// detailJWT is said of a token that Huawei does not issue.
const detailJWT = "The access token is a JWT of another issuer. Send the user's Huawei ID access token."

// formMark stands for the form of the header, of which every instance has its own.
const formMark = "<form>"

// problem is the body of a refusal.
type problem struct {
	Type     string `json:"type"`
	Title    string `json:"title"`
	Status   int    `json:"status"`
	Detail   string `json:"detail"`
	Instance string `json:"instance,omitempty"`
	Code     string `json:"code"`
}

// refusal is what all refusals of one outcome have in common.
type refusal struct {
	body      string // where no token came
	before    string // body up to the fingerprint, where one came
	after     string // body from there
	challenge string // parameters of WWW-Authenticate after the realm
	retry     bool   // with Retry-After
}

// refusals are made once, so that a flood of refused tokens costs little.
var refusals = map[*outcome]*refusal{}

func init() {
	for i := range outcomes {
		refusals[&outcomes[i]] = newRefusal(&outcomes[i])
	}
}

func newRefusal(o *outcome) *refusal {
	const fingerprint = "<fingerprint>"
	body := problemOf(o, "")
	before, after, _ := strings.Cut(problemOf(o, "urn:huaweiid:"+fingerprint), fingerprint)
	r := &refusal{body: body, before: before, after: after, retry: o.status == http.StatusServiceUnavailable}
	// The bare scheme when no token came, so that nothing is said of a token. The details have no quotes in them.
	if errorCode := errorCodes[o.status]; errorCode != "" && o.code != codeTokenMissing {
		r.challenge = `, error="` + errorCode + `", error_description="` + detailOf(o) + `"`
	}
	return r
}

func problemOf(o *outcome, instance string) string {
	var body strings.Builder
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(problem{ // a Builder takes everything, and a problem is nothing but text
		Type:     "about:blank",
		Title:    http.StatusText(o.status),
		Status:   o.status,
		Detail:   detailOf(o),
		Instance: instance,
		Code:     o.code,
	})
	return strings.TrimSpace(body.String())
}

func detailOf(o *outcome) string {
	if o.detail != "" {
		return o.detail
	}
	return details[o.code]
}

// errorCodes are RFC 6750's for the statuses that carry a challenge, which is WWW-Authenticate as its §3 has it.
var errorCodes = map[int]string{
	http.StatusBadRequest:   "invalid_request",
	http.StatusUnauthorized: "invalid_token",
	http.StatusForbidden:    "insufficient_scope",
}

// refuse answers with the outcome. The fingerprint is "" where no token came.
func refuse(p *plugin, rw http.ResponseWriter, req *http.Request, o *outcome, retryAfter time.Duration, fingerprint string) {
	r := refusals[o]
	body := r.body
	if fingerprint != "" {
		body = r.before + fingerprint + r.after
	}
	if o.when == whenMisspelt {
		body = strings.Replace(body, formMark, form(p.source), 1)
	}
	h := rw.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	if o.definite { // a challenge invites another token, which helps only where the refusal is about the token
		h.Set("WWW-Authenticate", p.challenge+r.challenge)
	}
	if r.retry {
		h.Set("Retry-After", seconds(retryAfter))
	}
	rw.WriteHeader(o.status)
	if req.Method != http.MethodHead {
		_, _ = io.WriteString(rw, body)
	}
}

// challengeOf is the beginning of WWW-Authenticate: the scheme in which the token is to be sent, and the realm.
func challengeOf(s *settings) string {
	scheme := s.token.scheme
	if scheme == "" {
		scheme = "Bearer"
	}
	return scheme + " realm=" + quoted(s.realm)
}

// quoted writes a quoted-string, RFC 9110 §5.6.4.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// seconds rounds up, so that nobody comes back too early.
func seconds(d time.Duration) string {
	if d <= 0 {
		d = defaultRetryAfter
	}
	return strconv.Itoa(int((d + time.Second - 1) / time.Second))
}
