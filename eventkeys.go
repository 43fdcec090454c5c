package huaweiid

import (
	"context"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// The keys of account events: what events.configURL announces (OpenID RISC's configuration: issuer, jwks_uri), and the JSON Web Keys
// (RFC 7517) that are there.

const (
	keysLife = 24 * time.Hour // as in Huawei's own sample
	// keysPause is between two calls for keys at least, whoever sends what: an unknown kid costs nothing but a minute's one call.
	keysPause  = time.Minute
	maxKeys    = 32
	minRSABits = 2048
	maxRSABits = 8192 // what it costs to verify grows with the square
)

// eventKey is a public key: of one of two types.
type eventKey struct {
	alg string // the one algorithm that it is for; "" = any of its type
	rsa *rsa.PublicKey
	ec  *ecdsa.PublicKey
}

// eventKeys are announced keys. It may be used by many goroutines at once.
type eventKeys struct {
	configURL string
	allowHTTP bool
	timeout   time.Duration                 // of a call for keys, the announcement included
	client    *client                       // whose connections are used
	since     func(time.Time) time.Duration // time.Since but in tests

	mu     sync.Mutex // guards all below; not held during a call
	issuer string
	byID   map[string]*eventKey
	until  time.Duration // since epoch: the keys' life
	next   time.Duration // since epoch: not before it are they asked for again
	failed error         // why the last call brought none
	asking chan struct{} // closed when the call under way ends; nil = there is none
}

func newEventKeys(s *settings, u *upstream) *eventKeys {
	return &eventKeys{
		configURL: s.events.configURL,
		allowHTTP: s.upstream.huawei.allowHTTP,
		timeout:   s.upstream.huawei.timeout,
		client:    u.client,
		since:     time.Since,
		next:      -keysPause,
	}
}

// find returns the key that has an ID, and the issuer. No key means that none is announced; the error is errEventKeys, where nobody
// can say.
func (k *eventKeys) find(id string) (*eventKey, string, error) {
	found, issuer, wait, mine, err := k.look(id, false)
	if wait == nil {
		return found, issuer, err
	}
	if mine {
		k.ask(wait)
	} else {
		<-wait // bounded by the time-out of who asks
	}
	found, issuer, _, _, err = k.look(id, true)
	return found, issuer, err
}

// look looks for a key. A channel means that it has to be looked for again once that is closed, and mine that the caller has to ask.
func (k *eventKeys) look(id string, last bool) (found *eventKey, issuer string, wait chan struct{}, mine bool, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.since(epoch)
	alive := k.byID != nil && now < k.until
	if alive {
		found = k.byID[id]
	}
	issuer = k.issuer
	if found != nil {
		return found, issuer, nil, false, nil
	}
	if !last && k.asking != nil {
		return nil, issuer, k.asking, false, nil
	}
	if !last && now >= k.next {
		k.next = now + keysPause
		begun := make(chan struct{})
		k.asking = begun
		return nil, issuer, begun, true, nil
	}
	if !alive || k.failed != nil {
		err = k.failed
		if err == nil {
			err = errEventKeys
		}
	}
	return nil, issuer, nil, false, err
}

// ask calls for the keys, and lets those go who wait.
func (k *eventKeys) ask(done chan struct{}) {
	issuer, keys, err := k.fetch()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asking = nil
	k.failed = err
	if err == nil {
		k.issuer = issuer
		k.byID = keys
		k.until = k.since(epoch) + keysLife
	}
	close(done)
}

type eventAnnouncement struct {
	Issuer  string `json:"issuer"`
	JWKSURI string `json:"jwks_uri"`
}

type keySet struct {
	Keys []json.RawMessage `json:"keys"`
}

// jsonWebKey is a key as RFC 7517 and RFC 7518 §6 write it.
type jsonWebKey struct {
	Kty string `json:"kty"`
	Kid string `json:"kid"`
	Use string `json:"use"`
	Alg string `json:"alg"`
	N   string `json:"n"`
	E   string `json:"e"`
	Crv string `json:"crv"`
	X   string `json:"x"`
	Y   string `json:"y"`
}

// fetch calls for the announcement and then for the keys.
func (k *eventKeys) fetch() (issuer string, keys map[string]*eventKey, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: panic: %v", errEventKeys, r)
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), k.timeout)
	defer cancel()
	var announced eventAnnouncement
	if err := k.get(ctx, "events.configURL", k.configURL, &announced); err != nil {
		return "", nil, err
	}
	u, err := url.Parse(announced.JWKSURI)
	if err != nil || u.Hostname() == "" || u.Scheme != "https" && !(u.Scheme == "http" && k.allowHTTP) || announced.Issuer == "" {
		return "", nil, fmt.Errorf("%w: events.configURL announces no issuer, or no https:// jwks_uri", errEventKeys)
	}
	var set keySet
	if err := k.get(ctx, "the announced jwks_uri", announced.JWKSURI, &set); err != nil {
		return "", nil, err
	}
	keys = map[string]*eventKey{}
	for i := 0; i < len(set.Keys) && i < maxKeys; i++ {
		if id, key := readKey(set.Keys[i]); key != nil && keys[id] == nil {
			keys[id] = key
		}
	}
	if len(keys) == 0 {
		return "", nil, fmt.Errorf("%w: jwks_uri has no RSA or P-256 key that signs", errEventKeys)
	}
	return announced.Issuer, keys, nil
}

// get reads JSON. There is no http.Client in between: it would follow redirects.
func (k *eventKeys) get(ctx context.Context, what, address string, into interface{}) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", errEventKeys, what, reason(err))
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "huaweiid/"+version)
	resp, err := transportOf(k.client).RoundTrip(req)
	if err != nil {
		return fmt.Errorf("%w: %s at %s: %w", errEventKeys, what, req.URL.Host, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%w: %s at %s: HTTP %d", errEventKeys, what, req.URL.Host, resp.StatusCode)
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, resp.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("%w: %s at %s: %w", errEventKeys, what, req.URL.Host, err)
	}
	if json.Unmarshal(body, into) != nil {
		return fmt.Errorf("%w: %s at %s: no JSON of the form that is announced", errEventKeys, what, req.URL.Host)
	}
	return nil
}

// readKey returns nil for a key that does not sign, is of another type, or is too weak or too costly.
func readKey(raw json.RawMessage) (string, *eventKey) {
	var k jsonWebKey
	if json.Unmarshal(raw, &k) != nil || k.Kid == "" || k.Use != "" && k.Use != "sig" {
		return "", nil
	}
	switch k.Kty {
	case "RSA":
		n, e := bigOf(k.N), bigOf(k.E)
		if n == nil || e == nil || n.BitLen() < minRSABits || n.BitLen() > maxRSABits || !e.IsInt64() || e.Int64() < 3 || e.BitLen() > 31 {
			return "", nil
		}
		return k.Kid, &eventKey{alg: k.Alg, rsa: &rsa.PublicKey{N: n, E: int(e.Int64())}}
	case "EC":
		x, y := bigOf(k.X), bigOf(k.Y)
		if k.Crv != "P-256" || x == nil || y == nil || x.BitLen() > 256 || y.BitLen() > 256 {
			return "", nil
		}
		point := append([]byte{4}, append(x.FillBytes(make([]byte, 32)), y.FillBytes(make([]byte, 32))...)...)
		if _, err := ecdh.P256().NewPublicKey(point); err != nil { // not on the curve
			return "", nil
		}
		return k.Kid, &eventKey{alg: k.Alg, ec: &ecdsa.PublicKey{Curve: elliptic.P256(), X: x, Y: y}}
	}
	return "", nil
}

func bigOf(text string) *big.Int {
	bytes, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(bytes) == 0 {
		return nil
	}
	return new(big.Int).SetBytes(bytes)
}
