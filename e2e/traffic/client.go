package traffic

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/traefik-huaweiid/huaweiid/e2e/echo"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// hangs is how long a request may take before it counts as hung. The plugin's own bounds are seconds.
const hangs = 60 * time.Second

// Client sends requests to a proxy in front of an echo backend. It keeps its connections, as many as it uses at once.
type Client struct {
	base string
	http *http.Client
}

// NewClient gives a client for the proxy at a base URL.
func NewClient(base string) *Client {
	const connections = 4096
	return &Client{base: base, http: &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: connections, MaxIdleConns: connections},
		Timeout:   hangs,
	}}
}

// Close closes the connections that are not in use.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Get sends one request with the token to a host of the proxy.
func (c *Client) Get(ctx context.Context, host, token string) Answer {
	return c.GetFrom(ctx, host, token, AddressOf(token))
}

// GetFrom sends it for a client address, where the proxy believes that.
func (c *Client) GetFrom(ctx context.Context, host, token, address string) Answer {
	a := Answer{Token: token, Start: time.Now()}
	a.Err = c.get(ctx, host, address, &a)
	return a
}

func (c *Client) get(ctx context.Context, host, address string, a *Answer) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/", nil)
	if err != nil {
		return fmt.Errorf("making the request: %w", err)
	}
	req.Host = host
	req.Header.Set("Authorization", "Bearer "+a.Token)
	req.Header.Set("X-Forwarded-For", address)
	resp, err := c.http.Do(req)
	if err != nil {
		a.Took = time.Since(a.Start)
		return err
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	a.Took = time.Since(a.Start)
	if err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}

	a.Status = resp.StatusCode
	a.CacheStatus = resp.Header.Get("Cache-Status")
	a.RetryAfter = resp.Header.Get("Retry-After")
	if a.OK() {
		return readForwarded(body, a)
	}
	return readRefusal(resp, body, a)
}

// AddressOf is the client address that requests with a token are of, for a proxy that believes it: each token has its own.
func AddressOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return fmt.Sprintf("10.%d.%d.%d", sum[0], sum[1], sum[2])
}

// readForwarded compares what the backend saw with the token's user.
func readForwarded(body []byte, a *Answer) error {
	var seen echo.Request
	if err := json.Unmarshal(body, &seen); err != nil {
		return fmt.Errorf("reading what the backend saw: %w", err)
	}
	a.Identity = seen.Header.Get(StatusHeader)
	user, _ := huaweisim.UserOf(a.Token)
	a.Crossed = CheckIdentity(seen.Header, user)
	return nil
}

// readRefusal reads a problem of RFC 9457. Anything else leaves the code empty, which Wrong reports.
func readRefusal(resp *http.Response, body []byte, a *Answer) error {
	if resp.Header.Get("Content-Type") != "application/problem+json" {
		return nil
	}
	var problem struct {
		Status         int
		Code, Instance string
	}
	if err := json.Unmarshal(body, &problem); err != nil {
		return fmt.Errorf("reading the refusal: %w", err)
	}
	if problem.Status != resp.StatusCode {
		return fmt.Errorf("the refusal says %d and the status line %d", problem.Status, resp.StatusCode)
	}
	a.Code, a.Instance = problem.Code, problem.Instance
	return nil
}
