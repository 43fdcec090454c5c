package huaweiid

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"strings"
	"time"
)

// The JWT of a delivery of events (RFC 7519, RFC 7515), read and verified by the standard library: golang-jwt v5.3 panics under
// Yaegi v0.16.1, v5.2 gets no more fixes, and what either has beyond crypto/rsa and crypto/ecdsa is no more than this file.

const (
	maxJWT      = 8 << 10 // bytes, with the scheme before it
	maxEventAge = time.Hour
	eventSkew   = time.Minute // between Huawei's clock and ours
	// maxAudience is how many texts an aud may have. Whoever sends a JWT chooses how many there are to compare.
	maxAudience = 16
)

// Algorithms that are accepted. The key's type has the last word: see verified.
const (
	algRS256 = "RS256"
	algPS256 = "PS256"
	algES256 = "ES256"
)

// eventJWT is a JWT that was read; nothing of it is verified.
type eventJWT struct {
	alg, kid  string
	idToken   bool // it is a user's, from a sign-in
	issuer    string
	audience  []string
	issued    float64 // seconds since 1970
	expires   *float64
	signed    string // what the signature is of
	signature []byte
}

type jwtHeader struct {
	Alg  string          `json:"alg"`
	Kid  string          `json:"kid"`
	Crit json.RawMessage `json:"crit"`
}

type jwtClaims struct {
	Iss string          `json:"iss"`
	Aud json.RawMessage `json:"aud"`
	Iat *float64        `json:"iat"`
	Exp *float64        `json:"exp"`

	// All of Huawei's ID tokens have the first two, those of a sign-in that asked for it the third.
	AtHash json.RawMessage `json:"at_hash"`
	Azp    json.RawMessage `json:"azp"`
	Nonce  json.RawMessage `json:"nonce"`
}

// parseJWT returns nil for what is no JWT, or none that could be accepted, whatever key and time it is.
func parseJWT(text string) *eventJWT {
	first, rest, _ := strings.Cut(text, ".")
	second, last, _ := strings.Cut(rest, ".")
	var header jwtHeader
	var claims jwtClaims
	signature, err := base64.RawURLEncoding.Strict().DecodeString(last)
	if err != nil || len(signature) == 0 || !decodePart(first, &header) || !decodePart(second, &claims) {
		return nil
	}
	// An extension that has to be understood (RFC 7515 §4.1.11) is none that we know.
	if header.Crit != nil || header.Kid == "" || claims.Iat == nil {
		return nil
	}
	if header.Alg != algRS256 && header.Alg != algPS256 && header.Alg != algES256 {
		return nil
	}
	return &eventJWT{
		alg:       header.Alg,
		kid:       header.Kid,
		idToken:   claims.AtHash != nil || claims.Azp != nil || claims.Nonce != nil,
		issuer:    claims.Iss,
		audience:  textsOf(claims.Aud),
		issued:    *claims.Iat,
		expires:   claims.Exp,
		signed:    first + "." + second,
		signature: signature,
	}
}

func decodePart(text string, into interface{}) bool {
	part, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return err == nil && json.Unmarshal(part, into) == nil
}

// textsOf reads a text or a list of texts, as aud may be either; nil for anything else, and for a list that is too long to be one.
func textsOf(raw json.RawMessage) []string {
	if bytes.Count(raw, []byte(",")) >= maxAudience {
		return nil
	}
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return []string{one}
	}
	var several []string
	if json.Unmarshal(raw, &several) != nil {
		return nil
	}
	return several
}

// checkClaims checks what needs no key, so that a JWT which cannot count causes no call for keys. What stays in the audience is ours.
func checkClaims(t *eventJWT, clientIDs map[string]bool, now time.Time) *eventRefusal {
	if t == nil {
		return unauthentic(eventUnauthentic, "no JWT with alg RS256, PS256 or ES256, a kid and an iat")
	}
	// Huawei documents neither a claim nor a typ that only events have. Should its ID tokens be by the same issuer and keys, every
	// user could send events with their own.
	if t.idToken {
		return unauthentic(eventUnauthentic, "the JWT is an ID token")
	}
	seconds, skew := float64(now.UnixMilli())/1000, eventSkew.Seconds()
	switch {
	case t.issued > seconds+skew:
		return unauthentic(eventUnauthentic, "the JWT is from the future")
	case t.issued < seconds-maxEventAge.Seconds()-skew:
		return unauthentic(eventUnauthentic, "the JWT is older than an hour")
	case t.expires != nil && *t.expires <= seconds-skew:
		return unauthentic(eventUnauthentic, "the JWT has expired")
	}
	var ours []string
	for _, id := range t.audience {
		if clientIDs[id] {
			ours = append(ours, id)
		}
	}
	if len(ours) == 0 {
		return &eventRefusal{status: 400, code: eventInvalidAud, description: "the JWT is for none of audience.clientIDs, or for more than 16"}
	}
	t.audience = ours
	return nil
}

// checkSigner checks the signature by the key that the JWT names; nil = there is none. Then the issuer counts.
func checkSigner(t *eventJWT, k *eventKey, issuer string) *eventRefusal {
	if k == nil {
		return unauthentic(eventInvalidKey, "no announced key has the JWT's kid")
	}
	if !verified(t, k) {
		return unauthentic(eventUnauthentic, "the JWT's signature is not by the key that it names")
	}
	if t.issuer != issuer {
		return &eventRefusal{status: 400, code: eventInvalidIssuer, description: "the JWT is by another issuer than the announced one"}
	}
	return nil
}

// verified checks a signature. An algorithm for another type of key than this one's has no signature that counts, whatever the JWT
// says: else it could choose how a key is used.
func verified(t *eventJWT, k *eventKey) bool {
	if k.alg != "" && k.alg != t.alg {
		return false
	}
	sum := sha256.Sum256([]byte(t.signed))
	switch {
	case k.rsa != nil && t.alg == algRS256:
		return rsa.VerifyPKCS1v15(k.rsa, crypto.SHA256, sum[:], t.signature) == nil
	case k.rsa != nil && t.alg == algPS256:
		// RFC 7518 §3.5: the salt is as long as the hash.
		return rsa.VerifyPSS(k.rsa, crypto.SHA256, sum[:], t.signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
	case k.ec != nil && t.alg == algES256 && len(t.signature) == 64:
		r, s := new(big.Int).SetBytes(t.signature[:32]), new(big.Int).SetBytes(t.signature[32:])
		return ecdsa.Verify(k.ec, sum[:], r, s)
	}
	return false
}
