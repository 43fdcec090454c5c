package proxy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	pollEvery = 20 * time.Millisecond
	// pollTimeout bounds a wait whose context has no deadline.
	pollTimeout = 30 * time.Second
)

// errHopeless ends a wait at once: what it waits for cannot come any more.
var errHopeless = errors.New("there is nothing to wait for")

// Router is what Traefik's API tells of an HTTP router.
type Router struct {
	Name   string   `json:"name"`
	Status string   `json:"status"`
	Error  []string `json:"error"`
}

// WaitReady waits until Traefik answers its ping.
func (p *Proxy) WaitReady(ctx context.Context) error {
	return p.poll(ctx, "Traefik to answer /ping", func(ctx context.Context) error {
		_, err := p.get(ctx, "/ping")
		return err
	})
}

// WaitRouters waits until every named router is in service without an error. A name without a provider is one of the
// dynamic configuration file.
func (p *Proxy) WaitRouters(ctx context.Context, names ...string) error {
	return p.poll(ctx, "the routers "+strings.Join(names, ", "), func(ctx context.Context) error {
		routers, err := p.Routers(ctx)
		if err != nil {
			return err
		}
		byName := map[string]Router{}
		for _, router := range routers {
			byName[router.Name] = router
		}
		for _, name := range names {
			if !strings.Contains(name, "@") {
				name += "@file"
			}
			router, ok := byName[name]
			if !ok {
				return fmt.Errorf("there is no router %s", name)
			}
			if router.Status != "enabled" {
				return fmt.Errorf("the router %s is %s: %s", name, router.Status, strings.Join(router.Error, "; "))
			}
		}
		return nil
	})
}

// Routers lists the HTTP routers in service, Traefik's own included and those of this package left out.
func (p *Proxy) Routers(ctx context.Context) ([]Router, error) {
	all, err := p.allRouters(ctx)
	if err != nil {
		return nil, err
	}
	routers := all[:0]
	for _, router := range all {
		if !strings.HasPrefix(router.Name, markerName) {
			routers = append(routers, router)
		}
	}
	return routers, nil
}

func (p *Proxy) allRouters(ctx context.Context) ([]Router, error) {
	body, err := p.get(ctx, "/api/http/routers?per_page=10000")
	if err != nil {
		return nil, err
	}
	var routers []Router
	if err := json.Unmarshal(body, &routers); err != nil {
		return nil, fmt.Errorf("reading the routers from Traefik's API: %w", err)
	}
	return routers, nil
}

// Version is Traefik's, such as v3.6.12.
func (p *Proxy) Version(ctx context.Context) (string, error) {
	body, err := p.get(ctx, "/api/version")
	if err != nil {
		return "", err
	}
	var told struct{ Version string }
	if err := json.Unmarshal(body, &told); err != nil {
		return "", fmt.Errorf("reading the version from Traefik's API: %w", err)
	}
	return "v" + strings.TrimPrefix(told.Version, "v"), nil
}

// get fetches a path of the internal entry point.
func (p *Proxy) get(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.APIURL()+path, nil)
	if err != nil {
		return nil, fmt.Errorf("asking Traefik's API: %w", err)
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("asking Traefik's API: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("asking Traefik's API for %s: %w", path, err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("asking Traefik's API for %s: it answered %s", path, resp.Status)
	}
	return body, nil
}

// poll calls check until it succeeds. It gives up when ctx ends or Traefik does, and then says what was still wrong.
func (p *Proxy) poll(ctx context.Context, what string, check func(context.Context) error) error {
	if _, limited := ctx.Deadline(); !limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, pollTimeout)
		defer cancel()
	}
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()

	var last error
	for {
		err := check(ctx)
		if err == nil {
			return nil
		}
		// A check that the end of ctx cut short says less than the one before it.
		if last == nil || ctx.Err() == nil {
			last = err
		}
		if errors.Is(err, errHopeless) {
			return fmt.Errorf("waiting for %s: %w; Traefik's last log lines:\n%s", what, err, p.logTail())
		}
		select {
		case <-ticker.C:
		case <-p.done:
			if p.ctx.Err() != nil {
				return fmt.Errorf("waiting for %s: Traefik was stopped: %w", what, p.ctx.Err())
			}
			return fmt.Errorf("waiting for %s: %w", what, p.endedByItself())
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w (%w); Traefik's last log lines:\n%s", what, last, ctx.Err(), p.logTail())
		}
	}
}
