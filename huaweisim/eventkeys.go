package huaweisim

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
)

// eventKeys sign account events.
type eventKeys struct {
	rsa  *rsa.PrivateKey
	ec   *ecdsa.PrivateKey
	kids map[string]string // by algorithm
}

func newEventKeys() *eventKeys {
	k := &eventKeys{}
	var err error
	if k.rsa, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		panic("huaweisim: making an RSA key: " + err.Error()) // there is no randomness
	}
	if k.ec, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		panic("huaweisim: making an EC key: " + err.Error())
	}
	// A key's ID follows from it, so that a simulator which was restarted is not taken for the old one.
	rsaID, ecID := keyID("rsa", k.rsa.N), keyID("ec", k.ec.X)
	k.kids = map[string]string{"RS256": rsaID, "PS256": rsaID, "ES256": ecID}
	return k
}

func keyID(kind string, n *big.Int) string {
	sum := sha256.Sum256(n.Bytes())
	return kind + "-" + hex.EncodeToString(sum[:4])
}

// eventKeys returns the simulator's keys, which are made when they are first needed.
func (s *Sim) eventKeys() *eventKeys {
	s.keysOnce.Do(func() { s.keys = newEventKeys() })
	return s.keys
}

// serveEventConfig announces issuer and keys under the host that was asked.
func (s *Sim) serveEventConfig(w http.ResponseWriter, r *http.Request) {
	s.announcements.Add(1)
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	writeJSON(w, map[string]string{"issuer": EventIssuer, "jwks_uri": scheme + "://" + r.Host + eventKeysPath})
}

func (s *Sim) serveEventKeys(w http.ResponseWriter, _ *http.Request) {
	k := s.eventKeys()
	encode := base64.RawURLEncoding.EncodeToString
	size := make([]byte, 32)
	writeJSON(w, map[string]any{"keys": []map[string]string{
		{"kty": "RSA", "use": "sig", "kid": k.kids["RS256"], "n": encode(k.rsa.N.Bytes()), "e": encode(big.NewInt(int64(k.rsa.E)).Bytes())},
		{
			"kty": "EC", "use": "sig", "alg": "ES256", "crv": "P-256", "kid": k.kids["ES256"],
			"x": encode(k.ec.X.FillBytes(size)), "y": encode(k.ec.Y.FillBytes(make([]byte, 32))),
		},
	}})
}

// EventAnnouncements tells how often issuer and keys were asked for.
func (s *Sim) EventAnnouncements() int { return int(s.announcements.Load()) }

// serveEvents sends the event in the body, and answers with what the receiver did.
func (s *Sim) serveEvents(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxCallBody))
	if err != nil {
		writeText(w, http.StatusBadRequest, "reading body: "+err.Error()+"\n")
		return
	}
	var e Event
	if err := json.Unmarshal(body, &e); err != nil {
		writeText(w, http.StatusBadRequest, fmt.Sprintf("send one event in JSON: %v\n", err))
		return
	}
	if e.Receiver == "" {
		e.Receiver, _ = s.receiver.Load().(string)
	}
	s.deliver(w, r, e)
}

func (s *Sim) deliver(w http.ResponseWriter, r *http.Request, e Event) {
	answer, err := s.SendEvent(r.Context(), e)
	if err != nil {
		writeText(w, http.StatusBadGateway, "sending an event: "+err.Error()+"\n")
		return
	}
	writeJSON(w, answer)
}

func writeJSON(w http.ResponseWriter, content any) {
	w.Header().Set("Content-Type", jsonType)
	_ = json.NewEncoder(w).Encode(content) // a client that left needs no answer
}
