package huaweiid

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
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
	// maxAnswer bounds an answer's body, and its headers, in bytes; real ones have less than 2 KiB.
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
	identity   *entry
	outcome    *outcome
	life       time.Duration // what was left of the token's own life; 0 = Huawei did not say, or longer than any answer counts
	retryAfter time.Duration // how long Huawei wants to be left alone; 0 = it did not say
	cause      string        // for the log: what went wrong, without anything secret
}

// failed returns the verdict that there is no answer, or none to use.
func failed(when, cause string) *verdict {
	return &verdict{outcome: outcomeByWhen[when], cause: cause}
}

// client asks Huawei. Its connections are pooled and shared.
type client struct {
	getInfoURL   string
	tokenInfoURL string
	clientIDs    map[string]bool // as answers write them; empty = any app's token
	header       http.Header     // of every call, since a transport only reads it
	timeout      time.Duration   // of one lookup, retries included
	retries      int
	pool         *http.Transport
	transport    http.RoundTripper   // pool but in tests
	sleep        func(time.Duration) // time.Sleep but in tests
}

var errProxy = errors.New("the proxy refuses to connect")

func newClient(s upstreamSettings) *client {
	dialer := &net.Dialer{Timeout: s.huawei.timeout, KeepAlive: 30 * time.Second}
	// HTTP/1.1, which is what a transport with a DialContext of its own speaks: a time-out ends the connection then. One of
	// HTTP/2 would be used again and again though nothing comes through any more, and the options that mend that are of Go 1.24.
	transport := &http.Transport{
		// A literal, because the interpreter cannot assign a compiled method's value to the field.
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, address)
		},
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: certPool(s.huawei.rootCAs)},
		TLSHandshakeTimeout: s.huawei.timeout,
		MaxIdleConnsPerHost: s.huawei.maxConcurrent,
		IdleConnTimeout:     idleConnection,
		DisableCompression:  true,

		MaxResponseHeaderBytes: maxAnswer,
		// Otherwise, all that there is of a proxy's refusal is a text of the proxy's own.
		OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
			if resp.StatusCode != http.StatusOK {
				return fmt.Errorf("%w: HTTP %d", errProxy, resp.StatusCode)
			}
			return nil
		},
	}
	switch proxy := s.huawei.proxyURL.hidden; proxy {
	case proxyDirect:
	case "":
		transport.Proxy = http.ProxyFromEnvironment
	default:
		address, _ := url.Parse(proxy) // check has seen that it can be read
		transport.Proxy = http.ProxyURL(address)
	}
	c := &client{
		getInfoURL:   s.huawei.getInfoURL,
		tokenInfoURL: s.huawei.tokenInfoURL,
		clientIDs:    map[string]bool{},
		header: http.Header{
			"Accept":       {"application/json"},
			"Content-Type": {"application/x-www-form-urlencoded"},
			"User-Agent":   {"huaweiid/" + version},
		},
		timeout:   s.huawei.timeout,
		retries:   s.huawei.retries,
		pool:      transport,
		transport: transport,
		sleep:     time.Sleep,
	}
	for _, id := range s.audience.clientIDs {
		for _, text := range clientIDTexts(id) {
			c.clientIDs[text] = true
		}
	}
	return c
}

// lookUp finds out whom a token stands for. It returns within the client's timeout.
func lookUp(c *client, token string) *verdict {
	ctx, cancel := context.WithTimeout(context.Background(), c.timeout)
	form := "access_token=" + url.QueryEscape(token)
	v := ask(c, ctx, form)
	if v.outcome != nil {
		v = askAgain(c, ctx, form, v)
	}
	cancel() // not deferred, which takes more: the timeout ends the context of what panics
	return v
}

// askAgain repeats an attempt that failed, while that makes sense, and returns the last one's verdict.
func askAgain(c *client, ctx context.Context, form string, v *verdict) *verdict {
	for attempt := 0; attempt < c.retries && v.outcome != nil && v.outcome.retried && v.retryAfter == 0; attempt++ {
		pause := jittered(retryPause << attempt)
		deadline, _ := ctx.Deadline()
		if time.Until(deadline) <= pause {
			return v
		}
		c.sleep(pause)
		v = ask(c, ctx, form)
	}
	return v
}

// jittered returns d give or take a half, so that those who failed together do not come back together.
func jittered(d time.Duration) time.Duration {
	return d/2 + time.Duration(rand.Int63n(int64(d)))
}

// ask makes one attempt. getInfo answers for any Huawei app's token, and does not say which app's: where only some apps'
// tokens are accepted, getTokenInfo is asked first.
func ask(c *client, ctx context.Context, form string) *verdict {
	if len(c.clientIDs) == 0 {
		return getInfo(c, ctx, form)
	}
	info, failure := getTokenInfo(c, ctx, form)
	if failure != nil {
		return failure
	}
	v := getInfo(c, ctx, form)
	if v.identity == nil {
		return v
	}
	user := v.identity
	// Most answers agree to the letter, which takes no call to see.
	if info.OpenID != user.openID || info.UnionID != user.unionID {
		if failure = different(info, user); failure != nil {
			return failure
		}
	}
	if info.ExpireIn < longestUse {
		v.life = time.Duration(info.ExpireIn) * time.Second
	}
	return v
}

// longestUse is for how long what Huawei says can count at most, in seconds, from when it says so. A token that lives longer
// bounds nothing; and a life that no time.Duration holds is longer.
const longestUse = int64((maxTimeout + maxTTL + maxStaleIfError) / time.Second)

// different says that two answers are about two users; nil means that they agree. One that is silent agrees with any.
func different(info *tokenInfo, user *entry) *verdict {
	if !same(info.OpenID, user.openID) || !same(info.UnionID, user.unionID) {
		return failed(whenForeign, "getTokenInfo and getInfo name different users")
	}
	return nil
}

func same(a, b string) bool { return a == "" || b == "" || a == b }

// getInfo calls GOpen.User.getInfo. The form has the token.
func getInfo(c *client, ctx context.Context, form string) *verdict {
	body, failure := post(c, ctx, c.getInfoURL, form)
	if failure != nil {
		return failure
	}
	var user userInfo
	if json.Unmarshal(body, &user) != nil || user.Error != nil {
		return unusable(body, "getInfo: a member is no string")
	}
	id := newIdentity(user.OpenID, user.UnionID, user.MobileNumber, user.PhoneCountryCode, user.PurePhoneNumber)
	if id == nil {
		return failed(whenMalformed, "getInfo: openID is missing, or a member is too long or not visible ASCII")
	}
	return &verdict{identity: id}
}

// getTokenInfo calls huawei.oauth2.user.getTokenInfo and checks that the token is a user's, one of our apps', and alive.
func getTokenInfo(c *client, ctx context.Context, form string) (*tokenInfo, *verdict) {
	body, failure := post(c, ctx, c.tokenInfoURL, form+"&open_id=OPENID")
	if failure != nil {
		return nil, failure
	}
	info := &tokenInfo{Type: -1}
	if json.Unmarshal(body, info) != nil || info.Error != nil || info.Type != 0 || info.ExpireIn <= 0 || !c.clientIDs[string(info.ClientID)] {
		if failure = unacceptable(c, body, info); failure != nil {
			return nil, failure
		}
	}
	return info, nil
}

// unacceptable says why a token is not; nil means that it is, for all that. A number that the answer lacks has left what stood
// in its place: another one than where the answer is read into something else.
func unacceptable(c *client, body []byte, info *tokenInfo) *verdict {
	other := &tokenInfo{ExpireIn: 1}
	if json.Unmarshal(body, other) != nil || info.Error != nil || info.Type != other.Type || info.ExpireIn != other.ExpireIn {
		return unusable(body, "getTokenInfo: type or expire_in is missing, or a member has the wrong type")
	}
	clientID, ok := clientIDOf(info)
	if !ok {
		return failed(whenMalformed, "getTokenInfo: client_id is missing, or neither a string nor a number")
	}
	if info.Type != 0 {
		return failed(whenForeign, "the token is an app's, not a user's")
	}
	if !c.clientIDs[quotedClientID(clientID)] {
		return failed(whenForeign, "the token was issued to another app")
	}
	if info.ExpireIn <= 0 {
		return failed(whenExpired, "the token has expired")
	}
	return nil
}

// nspStatus is the name of Huawei's status header in the form that net/http gives names.
var nspStatus = http.CanonicalHeaderKey("NSP_STATUS")

// post sends a form and returns the body of an answer that neither its HTTP status nor its NSP_STATUS spoils. It goes to
// the transport without a http.Client in between: that would follow redirects, which would carry the token elsewhere.
func post(c *client, ctx context.Context, address, form string) ([]byte, *verdict) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form))
	if err != nil {
		return nil, unmade(err)
	}
	req.Header = c.header
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		return nil, broken(err)
	}
	if resp.StatusCode != http.StatusOK || resp.Header[nspStatus] != nil {
		return spoilt(resp)
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, resp.Body, maxAnswer))
	resp.Body.Close()
	if err != nil {
		return nil, broken(err)
	}
	return body, nil
}

// unmade is the verdict where there cannot even be a request.
func unmade(err error) *verdict {
	return failed(whenMalformed, "making the request: "+reason(err).Error())
}

// spoilt judges an answer that is not plainly good, and returns the body of one that is, for all that.
func spoilt(resp *http.Response) ([]byte, *verdict) {
	var body []byte
	var err error
	// What follows a 101 is no body, and no time-out ends it. Of all others the connection can be used again.
	if resp.StatusCode != http.StatusSwitchingProtocols {
		body, err = io.ReadAll(http.MaxBytesReader(nil, resp.Body, maxAnswer))
	}
	resp.Body.Close()
	if row := judge(resp.StatusCode, resp.Header[nspStatus]); row != nil {
		return nil, &verdict{
			outcome:    row,
			retryAfter: retryAfter(resp.Header),
			cause:      "HTTP " + strconv.Itoa(resp.StatusCode) + describeNSP(resp.Header[nspStatus]),
		}
	}
	if err != nil {
		return nil, broken(err)
	}
	return body, nil
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

// broken judges a call that brought no whole answer. Only errors of the network, of proxies and of certificates are repeated;
// others quote what they could not read, which may have anything in it.
func broken(err error) *verdict {
	var network *net.OpError
	var certificate *tls.CertificateVerificationError
	var large *http.MaxBytesError
	switch {
	case os.IsTimeout(err) || errors.Is(err, context.DeadlineExceeded):
		return failed(whenTimeout, "no answer in time")
	case errors.As(err, &large):
		return failed(whenMalformed, "the answer is larger than 64 KiB")
	case strings.Contains(err.Error(), "response headers exceeded"): // net/http has no error of its own for it
		return failed(whenMalformed, "the answer's headers are larger than 64 KiB")
	case errors.As(err, &certificate):
		return failed(whenConnection, "the certificate is not trusted: it is not for this host, has expired or is of an unknown authority")
	case errors.Is(err, errProxy):
		return failed(whenConnection, err.Error())
	case errors.As(err, &network):
		return failed(whenConnection, network.Op+": "+network.Err.Error())
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return failed(whenConnection, "the connection ended within the answer")
	}
	return failed(whenConnection, "the connection broke, or the answer is no HTTP")
}

// retryAfter reads how long Huawei wants to be left alone, RFC 9110 §10.2.3: seconds, or a date, which counts from the answer's
// own, so that no clocks have to agree. 0 is neither.
func retryAfter(h http.Header) time.Duration {
	value := h.Get("Retry-After")
	if value != "" && strings.TrimLeft(value, digits) == "" {
		seconds, err := strconv.Atoi(value)
		if err != nil || seconds > int(maxRetryAfter/time.Second) { // no number of digits is too large to be a long time
			return maxRetryAfter
		}
		return time.Duration(seconds) * time.Second
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	answered, err := http.ParseTime(h.Get("Date"))
	if err != nil || !at.After(answered) {
		return 0
	}
	if wait := at.Sub(answered); wait < maxRetryAfter {
		return wait
	}
	return maxRetryAfter
}
