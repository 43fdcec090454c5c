package huaweiid

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// Connections to Huawei: pooled, reused, and replaced in time.

const (
	// connectionLife is how long connections are used at most. Go looks a name up when it dials, so that under steady load a
	// changed address would never be followed otherwise.
	connectionLife = time.Minute
	// maxFallbackDelay is net.Dialer's own: how long IPv6 is given before IPv4 is tried beside it (RFC 8305).
	maxFallbackDelay = 300 * time.Millisecond
)

var (
	errProxy = errors.New("the proxy refuses to connect")
	errDial  = errors.New("dialling")
)

// pool has the connections, in generations: each has a transport of its own, which is replaced after connectionLife. Calls
// that are under way stay with theirs.
type pool struct {
	dialer *net.Dialer
	tls    *tls.Config
	proxy  func(*http.Request) (*url.URL, error) // nil = none
	idle   int                                   // connections that are kept at most
	since  func(time.Time) time.Duration         // time.Since but in tests

	mu        sync.Mutex // guards all below
	transport *http.Transport
	ends      time.Duration // since epoch: when the transport is replaced
}

func newPool(s upstreamSettings) *pool {
	p := &pool{
		dialer: &net.Dialer{Timeout: s.huawei.timeout, FallbackDelay: fallbackDelay(s.huawei.timeout), KeepAlive: 30 * time.Second},
		tls: &tls.Config{
			MinVersion:         tls.VersionTLS12,
			RootCAs:            certPool(s.huawei.rootCAs),
			ClientSessionCache: tls.NewLRUClientSessionCache(0), // so that a new generation costs Huawei little
		},
		idle:  s.huawei.maxConcurrent,
		since: time.Since,
	}
	switch proxy := s.huawei.proxyURL.hidden; proxy {
	case proxyDirect:
	case "":
		p.proxy = http.ProxyFromEnvironment
	default:
		address, _ := url.Parse(proxy) // check has seen that it can be read
		p.proxy = http.ProxyURL(address)
	}
	p.transport = p.newTransport()
	p.ends = p.since(epoch) + connectionLife
	return p
}

// fallbackDelay leaves four fifths of a lookup's time to IPv4.
func fallbackDelay(timeout time.Duration) time.Duration {
	if timeout/5 < maxFallbackDelay {
		return timeout / 5
	}
	return maxFallbackDelay
}

// newTransport speaks HTTP/1.1, as a transport with a DialContext of its own does: there, a time-out ends the connection. One of
// HTTP/2 would be used again although nothing comes through any more; the options that mend that are of Go 1.24.
func (p *pool) newTransport() *http.Transport {
	return &http.Transport{
		DialContext:         p.dial,
		TLSClientConfig:     p.tls,
		TLSHandshakeTimeout: p.dialer.Timeout,
		Proxy:               p.proxy,
		MaxIdleConnsPerHost: p.idle,
		IdleConnTimeout:     connectionLife,
		DisableCompression:  true,

		MaxResponseHeaderBytes: maxAnswer,
		OnProxyConnectResponse: readProxy,
	}
}

// dial names what it could not reach, which net/http does not.
func (p *pool) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := p.dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, fmt.Errorf("%w %s: %w", errDial, address, err)
	}
	return conn, nil
}

// readProxy reads what a proxy answers to CONNECT. Otherwise, all that there is of a refusal is a text of the proxy's own.
func readProxy(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%w: HTTP %d", errProxy, resp.StatusCode)
	}
	return nil
}

// currentTransport returns the transport to use now.
func currentTransport(p *pool) http.RoundTripper {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.since(epoch) >= p.ends {
		p.renew()
	}
	return p.transport
}

// CloseIdleConnections has the next call make a new connection. Those that calls use now are closed when these end.
func (p *pool) CloseIdleConnections() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.renew()
}

// renew begins a generation. p.mu is held.
func (p *pool) renew() {
	old := p.transport
	p.transport = p.newTransport()
	p.ends = p.since(epoch) + connectionLife
	old.CloseIdleConnections()
}
