package huaweiid

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"time"
)

// One call of Huawei: what is sent, how the answer is read, and why there is none. Causes are for the log, and never repeat
// what an answer says: whoever answered may have written the token there.

// The two calls, as logs name them.
const (
	apiGetInfo   = "getInfo"
	apiTokenInfo = "getTokenInfo"
)

const (
	// maxAnswer bounds an answer's body, and its headers, in bytes; real ones have less than 2 KiB.
	maxAnswer = 64 << 10
	// maxRetryAfter bounds how long Huawei can make us wait.
	maxRetryAfter = time.Minute
)

// nspStatus is the name of Huawei's status header in the form that net/http gives names.
var nspStatus = http.CanonicalHeaderKey("NSP_STATUS")

// watchConnections returns a context by which a lookup knows whether its last call had a connection. Both functions are called on the
// lookup's goroutine, before RoundTrip returns; several times where an idle connection turns out to be dead.
func watchConnections(ctx context.Context, l *lookup) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(_ string) { l.connected = false },
		GotConn: func(_ httptrace.GotConnInfo) { l.connected = true },
	})
}

// post sends a form and returns the answer with its body, or why neither its HTTP status nor its NSP_STATUS let it count. There
// is no http.Client in between: it would follow redirects, which would carry the token elsewhere.
func post(c *client, l *lookup, api, address, form string) (*http.Response, []byte, *verdict) {
	req, err := http.NewRequestWithContext(l.ctx, http.MethodPost, address, strings.NewReader(form))
	if err != nil {
		return nil, nil, failed(whenMalformed, api+": making the request: "+reason(err).Error())
	}
	req.Header = c.header
	resp, err := transportOf(c).RoundTrip(req)
	if err != nil {
		return nil, nil, unanswered(l, api, req, err)
	}
	// What follows a 101 is no body, and no time-out ends it. Reading the others leaves the connection fit for another call.
	var body []byte
	if resp.StatusCode != http.StatusSwitchingProtocols {
		body, err = io.ReadAll(http.MaxBytesReader(nil, resp.Body, maxAnswer))
	}
	resp.Body.Close()
	if row := judge(resp.StatusCode, resp.Header[nspStatus]); row != nil {
		return nil, nil, judged(api, resp, row)
	}
	if err != nil {
		return nil, nil, notAnswered(api+": HTTP 200, ", err)
	}
	return resp, body, nil
}

// transportOf returns what the next call goes through.
func transportOf(c *client) http.RoundTripper {
	if c.transport != nil {
		return c.transport
	}
	return currentTransport(c.pool)
}

// unanswered is the verdict where a call brought nothing at all.
func unanswered(l *lookup, api string, req *http.Request, err error) *verdict {
	if l.connected {
		return notAnswered(api+": ", err)
	}
	return notConnected(api, req.URL.Host, err)
}

// judged is the verdict on an answer whose status stands for an outcome.
func judged(api string, resp *http.Response, row *outcome) *verdict {
	return &verdict{
		outcome:    row,
		retryAfter: retryAfter(resp.Header),
		cause:      api + ": " + describeStatus(resp.StatusCode, resp.Header[nspStatus]),
	}
}

// describeStatus repeats an NSP_STATUS only if it is one.
func describeStatus(status int, nsp []string) string {
	text := "HTTP " + strconv.Itoa(status)
	if len(nsp) == 0 {
		return text
	}
	if len(nsp) > 1 || len(nsp[0]) > 10 || strings.TrimLeft(nsp[0], digits) != "" {
		return text + ", NSP_STATUS is no number"
	}
	return text + ", NSP_STATUS " + strconv.Quote(nsp[0])
}

// malformed is the verdict on an answer that cannot be used although its status is good.
func malformed(api, cause string) *verdict {
	return failed(whenMalformed, api+": HTTP 200, "+cause)
}

// unreadable says why an answer could not be read; the cause is for one that is a JSON object and no error.
func unreadable(api string, resp *http.Response, body []byte, cause string) *verdict {
	var members map[string]json.RawMessage
	broken := json.Unmarshal(body, &members) != nil || members == nil
	kind := http.DetectContentType(body)
	switch {
	case len(body) == 0:
		cause = "an empty body"
	case broken && (kind == "application/x-gzip" || resp.Header.Get("Content-Encoding") == "gzip"):
		cause = "the body is compressed (gzip), although nobody asked for that"
	case broken && strings.HasPrefix(kind, "text/html"):
		cause = "the body is an HTML page"
	case broken:
		cause = "the body is no JSON object"
	case members["error"] != nil:
		cause = "the body has an error, but there is no NSP_STATUS"
	}
	return malformed(api, cause)
}

// notConnected is the verdict where a call ended before it had a connection.
func notConnected(api, host string, err error) *verdict {
	var certificate *tls.CertificateVerificationError
	when, cause := whenConnection, "the TLS handshake with "+host+" failed"
	switch {
	case isTimeout(err):
		when, cause = whenTimeout, "no connection to "+host+" in time"
	case errors.Is(err, errProxy) || errors.Is(err, errDial):
		cause = err.Error()
	case errors.As(err, &certificate):
		cause = "the certificate is not trusted: it is not for this host, has expired or is of an unknown authority"
	}
	v := failed(when, api+": "+cause)
	v.unconnected = true
	return v
}

// notAnswered is the verdict where a connection brought no whole answer. Only errors of the network are repeated: others
// quote what they could not read.
func notAnswered(prefix string, err error) *verdict {
	var network *net.OpError
	var large *http.MaxBytesError
	when, cause := whenConnection, "the connection broke, or the answer is no HTTP"
	switch {
	case isTimeout(err):
		when, cause = whenTimeout, "no answer in time"
	case errors.As(err, &large):
		when, cause = whenMalformed, "the answer is larger than 64 KiB"
	case strings.Contains(err.Error(), "response headers exceeded"): // net/http has no error of its own for it
		when, cause = whenMalformed, "the answer's headers are larger than 64 KiB"
	case errors.As(err, &network):
		cause = network.Op + ": " + network.Err.Error()
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		cause = "the connection ended within the answer"
	}
	return failed(when, prefix+cause)
}

func isTimeout(err error) bool {
	var network net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &network) && network.Timeout()
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
