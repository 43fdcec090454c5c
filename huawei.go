package huaweiid

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"math/rand"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// The client of Huawei Account Kit: GOpen.User.getInfo tells who a token's user is, getTokenInfo whom it was issued to.

// version is part of the User-Agent that Huawei sees.
const version = "0.1.0"

const (
	// maxAnswer bounds an answer's body, in bytes; real ones have less than 2 KiB.
	maxAnswer = 64 << 10
	// maxRetryAfter bounds how long Huawei can make us wait.
	maxRetryAfter = time.Minute
	// retryPause is the mean pause before a first retry; it doubles with each further one.
	retryPause = 50 * time.Millisecond
	// idleConnection is how long an unused connection is kept.
	idleConnection = 90 * time.Second
)

// verdict is what a lookup found out: an identity, or the outcome that stands in its way.
type verdict struct {
	identity   *identity
	outcome    *outcome
	life       time.Duration // what is left of the token's own life; 0 = Huawei did not say
	retryAfter time.Duration // how long Huawei wants to be left alone; 0 = it did not say
	cause      string        // for the log: what went wrong, without anything secret
}

// failed returns the verdict that there is no answer, or none to use.
func failed(when, cause string) verdict {
	return verdict{outcome: outcomeByWhen[when], cause: cause}
}

// client asks Huawei. Its connections are pooled and shared.
type client struct {
	getInfoURL   string
	tokenInfoURL string
	clientIDs    map[string]bool // empty = any app's token
	timeout      time.Duration   // of one lookup, retries included
	retries      int
	pool         *http.Transport
	transport    http.RoundTripper   // pool but in tests
	sleep        func(time.Duration) // time.Sleep but in tests
}

func newClient(s upstreamSettings) *client {
	dialer := &net.Dialer{Timeout: s.timeout, KeepAlive: 30 * time.Second}
	transport := &http.Transport{
		// A literal, because the interpreter cannot assign a compiled method's value to the field.
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, address)
		},
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: certPool(s.rootCAs)},
		TLSHandshakeTimeout: s.timeout,
		ForceAttemptHTTP2:   true,
		MaxIdleConns:        s.maxConcurrent,
		MaxIdleConnsPerHost: s.maxConcurrent,
		IdleConnTimeout:     idleConnection,
		DisableCompression:  true,
	}
	switch {
	case s.proxy != nil:
		transport.Proxy = http.ProxyURL(s.proxy)
	case !s.proxyDirect:
		transport.Proxy = http.ProxyFromEnvironment
	}
	c := &client{
		getInfoURL:   s.getInfoURL,
		tokenInfoURL: s.tokenInfoURL,
		clientIDs:    map[string]bool{},
		timeout:      s.timeout,
		retries:      s.retries,
		pool:         transport,
		transport:    transport,
		sleep:        time.Sleep,
	}
	for _, id := range s.clientIDs {
		c.clientIDs[id] = true
	}
	return c
}

// certPool returns nil, which means the system's, where no certificates are given.
func certPool(pems []string) *x509.CertPool {
	if len(pems) == 0 {
		return nil
	}
	pool := x509.NewCertPool()
	for _, pem := range pems {
		pool.AppendCertsFromPEM([]byte(pem))
	}
	return pool
}

// lookup finds out whom a token stands for. It returns within the client's timeout.
func (c *client) lookup(token string) verdict {
	ctx, cancel := context.WithTimeout(context.Background(), c.timeout)
	defer cancel()
	for attempt := 0; ; attempt++ {
		v := c.ask(ctx, token)
		if v.outcome == nil || !v.outcome.retried || attempt >= c.retries {
			return v
		}
		pause := jittered(retryPause << attempt)
		deadline, _ := ctx.Deadline()
		if time.Until(deadline) <= pause {
			return v
		}
		c.sleep(pause)
	}
}

// jittered returns d give or take a half, so that those who failed together do not come back together.
func jittered(d time.Duration) time.Duration {
	return d/2 + time.Duration(rand.Int63n(int64(d)))
}

// ask makes one attempt. getInfo answers for any Huawei app's token, and does not say which app's: where only some apps'
// tokens are accepted, getTokenInfo is asked first.
func (c *client) ask(ctx context.Context, token string) verdict {
	if len(c.clientIDs) == 0 {
		return c.getInfo(ctx, token)
	}
	info, v := c.getTokenInfo(ctx, token)
	if v.outcome != nil {
		return v
	}
	life := v.life
	v = c.getInfo(ctx, token)
	if v.identity == nil {
		return v
	}
	user := v.identity.values
	if !same(info.openID, user[columnOpenID]) || !same(info.unionID, user[columnUnionID]) {
		return failed(whenForeign, "getTokenInfo and getInfo name different users")
	}
	v.life = life
	return v
}

// same tells whether two answers agree; one that is silent agrees with any.
func same(a, b string) bool { return a == "" || b == "" || a == b }

// getInfo calls GOpen.User.getInfo.
func (c *client) getInfo(ctx context.Context, token string) verdict {
	body, v := c.post(ctx, c.getInfoURL, "access_token="+url.QueryEscape(token))
	if v.outcome != nil {
		return v
	}
	members, cause := decodeObject(body)
	if cause != "" {
		return failed(whenMalformed, "getInfo: "+cause)
	}
	openID, ok1 := text(members["openID"])
	unionID, ok2 := text(members["unionID"])
	mobileNumber, ok3 := text(members["mobileNumber"])
	countryCode, ok4 := text(members["phoneCountryCode"])
	national, ok5 := text(members["purePhoneNumber"])
	if !(ok1 && ok2 && ok3 && ok4 && ok5) {
		return failed(whenMalformed, "getInfo: a member that is to be a string is none")
	}
	if mobileNumber == "" {
		// Without mobileNumber these belong to another kind of number (loginMobileNumber), or to nothing.
		countryCode, national = "", ""
	}
	id := newIdentity(openID, unionID, mobileNumber, countryCode, national)
	if id == nil {
		return failed(whenMalformed, "getInfo: openID is missing, or a value is too long or not visible ASCII")
	}
	return verdict{identity: id}
}

// tokenInfo is what getTokenInfo says of a token that passed.
type tokenInfo struct {
	openID  string // "" = not said
	unionID string
}

// getTokenInfo calls huawei.oauth2.user.getTokenInfo and checks that the token is a user's, one of our apps', and alive.
// The verdict without an outcome has the token's life.
func (c *client) getTokenInfo(ctx context.Context, token string) (tokenInfo, verdict) {
	var none tokenInfo
	body, v := c.post(ctx, c.tokenInfoURL, "access_token="+url.QueryEscape(token)+"&open_id=OPENID")
	if v.outcome != nil {
		return none, v
	}
	members, cause := decodeObject(body)
	if cause != "" {
		return none, failed(whenMalformed, "getTokenInfo: "+cause)
	}
	kind, ok1 := number(members["type"])
	seconds, ok2 := number(members["expire_in"])
	clientID, ok3 := textOrNumber(members["client_id"])
	openID, ok4 := text(members["open_id"])
	unionID, ok5 := text(members["union_id"])
	if !(ok1 && ok2 && ok3 && ok4 && ok5) {
		return none, failed(whenMalformed, "getTokenInfo: type, expire_in or client_id is missing, or a member has the wrong type")
	}
	switch {
	case kind != 0:
		return none, failed(whenForeign, "the token is an app's, not a user's")
	case !c.clientIDs[clientID]:
		return none, failed(whenForeign, "the token was issued to another app")
	case seconds <= 0:
		return none, verdict{outcome: outcomeByNSP["6"], cause: "the token has expired"}
	}
	if seconds > int64(maxTTL/time.Second) {
		seconds = int64(maxTTL / time.Second)
	}
	return tokenInfo{openID: openID, unionID: unionID}, verdict{life: time.Duration(seconds) * time.Second}
}

// post sends a form and returns the body of an answer that neither its HTTP status nor its NSP_STATUS spoils. It goes to
// the transport without a http.Client in between: that would follow redirects, which would carry the token elsewhere.
func (c *client) post(ctx context.Context, address, form string) ([]byte, verdict) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form))
	if err != nil {
		return nil, failed(whenMalformed, "making the request: "+reason(err).Error())
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "huaweiid/"+version)
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		return nil, broken(err)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	resp.Body.Close()
	if row := judge(resp.StatusCode, resp.Header.Values("NSP_STATUS")); row != nil {
		return nil, verdict{
			outcome:    row,
			retryAfter: retryAfter(resp.Header.Get("Retry-After")),
			cause:      "HTTP " + strconv.Itoa(resp.StatusCode) + describeNSP(resp.Header.Values("NSP_STATUS")),
		}
	}
	if err != nil {
		return nil, broken(err)
	}
	if len(body) > maxAnswer {
		return nil, failed(whenMalformed, "the answer is larger than 64 KiB")
	}
	return body, verdict{}
}

// describeNSP repeats a code only if it is one: the log must not have what whoever answered wrote there, which may be the
// token that it was sent.
func describeNSP(values []string) string {
	if len(values) == 0 {
		return ""
	}
	if value := values[0]; len(values) == 1 && len(value) <= 10 && strings.TrimLeft(value, digits) == "" {
		return ", NSP_STATUS " + strconv.Quote(value)
	}
	return ", NSP_STATUS is no number"
}

// broken judges a call that brought no whole answer. Only errors of the network and of certificates are repeated; others
// quote what they could not read, which may have anything in it.
func broken(err error) verdict {
	var network *net.OpError
	var certificate *tls.CertificateVerificationError
	switch {
	case os.IsTimeout(err) || errors.Is(err, context.DeadlineExceeded):
		return failed(whenTimeout, "no answer in time")
	case errors.As(err, &certificate):
		return failed(whenConnection, "the certificate is not trusted: it is not for this host, has expired or is of an unknown authority")
	case errors.As(err, &network):
		return failed(whenConnection, network.Op+": "+network.Err.Error())
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return failed(whenConnection, "the connection ended within the answer")
	}
	return failed(whenConnection, "the connection broke, or the answer is no HTTP")
}

// retryAfter reads seconds, as RFC 9110 §10.2.3 allows; a date is left alone, since it would need equal clocks.
func retryAfter(value string) time.Duration {
	seconds, err := strconv.Atoi(value)
	if err != nil || seconds <= 0 {
		return 0
	}
	if seconds > int(maxRetryAfter/time.Second) {
		return maxRetryAfter
	}
	return time.Duration(seconds) * time.Second
}

// decodeObject returns the members of an answer that is an object and reports no error. Members are told apart to the
// letter: decoding into a struct would take "OPENID" for openID. Numbers stay as they are written.
func decodeObject(body []byte) (members map[string]interface{}, cause string) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if !json.Valid(body) || decoder.Decode(&members) != nil || members == nil {
		return nil, "the answer is no JSON object"
	}
	if _, ok := members["error"]; ok {
		return nil, "the answer has an error and no NSP_STATUS"
	}
	return members, ""
}

// text reads a string; an absent member or null is "".
func text(member interface{}) (value string, ok bool) {
	if member == nil {
		return "", true
	}
	value, ok = member.(string)
	return value, ok
}

// number reads a whole number that must be there.
func number(member interface{}) (value int64, ok bool) {
	n, ok := member.(json.Number)
	if !ok {
		return 0, false
	}
	value, err := n.Int64()
	return value, err == nil
}

// textOrNumber reads a client ID: Huawei's page says string, its own sample code reads a number.
func textOrNumber(member interface{}) (value string, ok bool) {
	if n, ok := member.(json.Number); ok {
		return n.String(), true
	}
	value, ok = member.(string)
	return value, ok && value != ""
}
