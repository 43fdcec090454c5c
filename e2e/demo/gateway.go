package demo

import (
	"context"
	"errors"
	"strings"

	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

// Gateway is what runs the plugin: a real Traefik, or the stand-in of package engine.
type Gateway interface {
	Addr() string                  // host:port that clients talk to: the entry point web
	EntryPoint(name string) string // host:port of another that a router names
	About() About                  // what it is
	Done() <-chan struct{}         // closed when it has ended
	Stop() error
	Log() string
	LogFile() string
}

// About says what a gateway is, for people to read.
type About struct {
	Engine    bool   // Traefik's plugin engine in front of a plain reverse proxy, no whole Traefik
	Version   string // of Traefik, such as v3.6.12
	Dashboard string // where to look at its routers; empty where it has no API
}

// Start starts a gateway that serves a dynamic configuration (YAML): the entry point web on address, host:port, where empty means a
// free port, and others that routers name on free ports.
type Start func(ctx context.Context, configuration, address string) (Gateway, error)

// Traefik starts the real one. An empty binary means the one that proxy.Binary finds or builds.
func Traefik(binary string) Start {
	return func(ctx context.Context, configuration, address string) (Gateway, error) {
		p, err := proxy.Start(ctx, proxy.Options{
			Binary:      binary,
			Dynamic:     configuration,
			EntryPoints: map[string]string{"web": address, metricsEntryPoint: ""},
		})
		if err != nil {
			return nil, err
		}
		t := &traefik{Proxy: p}
		if err := p.WaitRouters(ctx, "app", "hour", "events", "metrics", "page"); err != nil {
			return nil, errors.Join(err, p.Stop())
		}
		if t.version, err = p.Version(ctx); err != nil {
			return nil, errors.Join(err, p.Stop())
		}
		return t, nil
	}
}

type traefik struct {
	*proxy.Proxy
	version string
}

// About tells the version without the "v" that Traefik puts before a build's name that is no number.
func (t *traefik) About() About {
	about := About{Version: t.version, Dashboard: t.DashboardURL()}
	if !strings.ContainsAny(about.Version, "0123456789") {
		about.Version = strings.TrimPrefix(about.Version, "v")
	}
	if about.Dashboard == "" {
		about.Dashboard = t.APIURL() + "/api/http/routers"
	}
	return about
}
