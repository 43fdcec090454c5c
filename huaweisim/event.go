package huaweisim

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Account events, as far as Huawei documents them ("account-notification-events"):
// a JWT in Authorization, signed with an announced key, beside a JSON body.

// EventConfigPath is where issuer and keys of account events are announced.
const EventConfigPath = "/v1beta/public/risc/.well-known/risc-configuration"

// eventKeysPath is what is announced as jwks_uri.
const eventKeysPath = "/v1beta/public/risc/keys"

// EventIssuer is the announced issuer. The body of an event names another one, as
// Huawei's do.
const (
	EventIssuer     = "https://risc.simulator.example"
	eventBodyIssuer = "id.cloud.huawei.com"
)

// Types of events.
const (
	TokensRevoked = "tokens-revoked" // the user cancelled the app's authorisation
	AccountPurged = "account-purged"
	PhoneModified = "phone-modified"
)

var eventURIs = map[string]string{
	TokensRevoked: "https://schemas.openid.net/secevent/oauth/event-type/tokens-revoked",
	AccountPurged: "https://schemas.openid.net/secevent/risc/event-type/account-purged",
	PhoneModified: "https://schemas.openid.net/secevent/oauth/event-type/phone-modified",
	"unknown":     "https://schemas.openid.net/secevent/risc/event-type/account-enabled",
}

// Event is one account event and what is wrong with its delivery.
type Event struct {
	Receiver string `json:"receiver"` // URL that it is sent to
	Type     string `json:"type"`     // "" = TokensRevoked
	Token    string `json:"token"`    // its user is whom the event is about
	OpenID   string `json:"openID"`   // in place of a token
	UnionID  string `json:"unionID"`  // the same
	JTI      string `json:"jti"`      // "" = one that no other event has
	Alg      string `json:"alg"`      // RS256, PS256 or ES256; "" = RS256
	Fault    string `json:"fault"`    // one of EventFaults; "" = none
}

// eventFaults says what each fault changes in a delivery.
var eventFaults = map[string]func(*delivery){
	"no-jwt":         func(d *delivery) { d.noJWT = true },
	"garbage":        func(d *delivery) { d.jwt = "Bearer garbage" },
	"alg-none":       func(d *delivery) { d.alg = "none" },
	"hs256":          func(d *delivery) { d.alg = "HS256" },
	"unknown-kid":    func(d *delivery) { d.kid = "kid-" + d.jti },
	"no-kid":         func(d *delivery) { d.kid = "" },
	"other-key":      func(d *delivery) { d.otherKey = true },
	"crit":           func(d *delivery) { d.crit = true },
	"wrong-issuer":   func(d *delivery) { d.claims["iss"] = eventBodyIssuer },
	"wrong-audience": func(d *delivery) { d.claims["aud"] = ForeignClientID },
	"expired":        func(d *delivery) { d.claims["exp"] = d.now.Add(-2 * time.Minute).Unix() },
	"future":         func(d *delivery) { d.claims["iat"] = d.now.Add(2 * time.Minute).Unix() },
	"old":            func(d *delivery) { d.claims["iat"] = d.now.Add(-62 * time.Minute).Unix() },
	// Huawei's sign-in gives every user such a JWT.
	"id-token": func(d *delivery) {
		delete(d.claims, "jti")
		d.claims["sub"], d.claims["openid"], d.claims["azp"], d.claims["at_hash"] = "union", "open", ClientID, "hash"
	},
	"no-iat":        func(d *delivery) { delete(d.claims, "iat") },
	"other-app":     func(d *delivery) { d.claims["aud"], d.event["aud"] = ForeignClientID, ForeignClientID },
	"body-audience": func(d *delivery) { d.event["aud"] = ForeignClientID },
	"no-events":     func(d *delivery) { delete(d.event, "events") },
	"bad-event":     func(d *delivery) { d.more = append(d.more, map[string]any{"aud": ClientID, "events": 1}) },
	"no-event":      func(d *delivery) { d.body = []byte("[]") },
	"no-json":       func(d *delivery) { d.body = []byte("<html>") },
	"oversize":      func(d *delivery) { d.event["padding"] = strings.Repeat("x", 64<<10) },
	"get":           func(d *delivery) { d.method = http.MethodGet },
}

// EventFaults returns the names of what can be wrong with a delivery.
func EventFaults() []string {
	var names []string
	for name := range eventFaults {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// delivery is an event on its way: what is signed, and what stands beside it.
type delivery struct {
	now      time.Time
	jti      string
	method   string
	jwt      string // the whole Authorization; "" = it is made
	noJWT    bool
	alg, kid string
	crit     bool
	otherKey bool
	claims   map[string]any
	event    map[string]any
	more     []map[string]any // events after the first
	body     []byte           // nil = the events
}

// NewDelivery returns the request that delivers an event.
func (s *Sim) NewDelivery(ctx context.Context, e Event) (*http.Request, error) {
	if e.Type == "" {
		e.Type = TokensRevoked
	}
	if e.Alg == "" {
		e.Alg = "RS256"
	}
	uri, known := eventURIs[e.Type]
	strike, faulty := eventFaults[e.Fault]
	keys := s.eventKeys()
	kid := keys.kids[e.Alg]
	switch {
	case !known:
		return nil, fmt.Errorf("unknown type %q: use %s, %s, %s or unknown", e.Type, TokensRevoked, AccountPurged, PhoneModified)
	case e.Fault != "" && !faulty:
		return nil, fmt.Errorf("unknown fault %q: use one of %s", e.Fault, strings.Join(EventFaults(), ", "))
	case kid == "":
		return nil, fmt.Errorf("unknown alg %q: use RS256, PS256 or ES256", e.Alg)
	}
	if e.Token != "" {
		u, ok := UserOf(e.Token)
		if !ok {
			return nil, fmt.Errorf("the token %q is no user's", e.Token)
		}
		e.OpenID, e.UnionID = u.OpenID, u.UnionID
	}
	now := time.Now()
	if e.JTI == "" {
		e.JTI = fmt.Sprintf("%d-%d", now.UnixNano(), s.events.Add(1))
	}
	d := &delivery{
		now: now, jti: e.JTI, method: http.MethodPost, alg: e.Alg, kid: kid,
		claims: map[string]any{"iss": EventIssuer, "aud": ClientID, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "jti": e.JTI},
		event: map[string]any{
			"iss": eventBodyIssuer, "aud": ClientID, "iat": now.Unix(), "jti": e.JTI,
			"events": map[string]any{uri: map[string]any{
				"subject": map[string]any{"subject_type": "iss_sub", "iss": eventBodyIssuer, "sub": e.UnionID, "extra": e.OpenID},
			}},
		},
	}
	if faulty {
		strike(d)
	}
	return d.request(ctx, e.Receiver, keys)
}

func (d *delivery) request(ctx context.Context, receiver string, keys *eventKeys) (*http.Request, error) {
	body := d.body
	if body == nil {
		var content any = d.event
		if len(d.more) > 0 {
			content = append([]map[string]any{d.event}, d.more...)
		}
		encoded, err := json.Marshal(content)
		if err != nil {
			return nil, fmt.Errorf("writing an event: %w", err)
		}
		body = encoded
	}
	req, err := http.NewRequestWithContext(ctx, d.method, receiver, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", jsonType)
	if d.jwt == "" && !d.noJWT {
		signed, err := d.sign(keys)
		if err != nil {
			return nil, fmt.Errorf("signing an event: %w", err)
		}
		d.jwt = "Bearer " + signed
	}
	if d.jwt != "" {
		req.Header.Set("Authorization", d.jwt)
	}
	return req, nil
}

func (d *delivery) sign(keys *eventKeys) (string, error) {
	head := map[string]any{"alg": d.alg, "typ": "JWT"}
	if d.kid != "" {
		head["kid"] = d.kid
	}
	if d.crit {
		head["crit"] = []string{"exp"}
	}
	header, err := json.Marshal(head)
	if err != nil {
		return "", err
	}
	claims, err := json.Marshal(d.claims)
	if err != nil {
		return "", err
	}
	text := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(claims)
	if d.otherKey {
		keys = newEventKeys()
	}
	signature, err := keys.sign(d.alg, text)
	if err != nil {
		return "", err
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

func (k *eventKeys) sign(alg, text string) ([]byte, error) {
	sum := sha256.Sum256([]byte(text))
	switch alg {
	case "none":
		return nil, nil
	case "HS256": // with the public key as the secret, as in CVE-2015-9235
		public, err := x509.MarshalPKIXPublicKey(&k.rsa.PublicKey)
		if err != nil {
			return nil, err
		}
		mac := hmac.New(sha256.New, public)
		mac.Write([]byte(text))
		return mac.Sum(nil), nil
	case "PS256":
		return rsa.SignPSS(rand.Reader, k.rsa, crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	case "ES256":
		r, s, err := ecdsa.Sign(rand.Reader, k.ec, sum[:])
		if err != nil {
			return nil, err
		}
		return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...), nil
	}
	return rsa.SignPKCS1v15(rand.Reader, k.rsa, crypto.SHA256, sum[:])
}

// EventAnswer is what a receiver answered.
type EventAnswer struct {
	Status int    `json:"status"`
	Body   string `json:"body"`
}

// SendEvent delivers an event.
func (s *Sim) SendEvent(ctx context.Context, e Event) (EventAnswer, error) {
	if e.Receiver == "" {
		return EventAnswer{}, errors.New("no receiver: name the URL that events are sent to")
	}
	req, err := s.NewDelivery(ctx, e)
	if err != nil {
		return EventAnswer{}, err
	}
	resp, err := (&http.Client{Timeout: eventTimeout}).Do(req)
	if err != nil {
		return EventAnswer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxCallBody))
	return EventAnswer{Status: resp.StatusCode, Body: string(body)}, err
}

// eventTimeout bounds a delivery.
const eventTimeout = 30 * time.Second

// SendEventsTo has Revoke send an event to a receiver; "" = none, as at first.
func (s *Sim) SendEventsTo(receiver string) { s.receiver.Store(receiver) }
