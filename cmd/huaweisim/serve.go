package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

const (
	// headerTimeout bounds how long a client may take over its request headers.
	// There is no time limit on answers: some kinds of fault never answer.
	headerTimeout = 10 * time.Second
	idleTimeout   = 2 * time.Minute
	// shutdownTimeout bounds how long answers under way may take at the end.
	shutdownTimeout = 5 * time.Second
)

// serve listens as told and serves sim until ctx ends or a listener fails. It
// returns after every listener and connection is closed.
func serve(ctx context.Context, o options, sim *huaweisim.Sim, stdout io.Writer) error {
	listeners, err := listen(o, stdout)
	if err != nil {
		return err
	}
	ended := make(chan error, len(listeners))
	for _, l := range listeners {
		l.server = newServer(o, sim)
		go func() { ended <- l.serve() }()
	}

	running := len(listeners)
	select {
	case <-ctx.Done():
	case err = <-ended:
		running--
	}
	// Calls that hang would hold up the shutdown.
	sim.Close()
	deadline, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	for _, l := range listeners {
		if l.server.Shutdown(deadline) != nil {
			_ = l.server.Close()
		}
	}
	for ; running > 0; running-- {
		<-ended
	}
	return err
}

func newServer(o options, sim *huaweisim.Sim) *http.Server {
	return &http.Server{
		Handler:           sim,
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		TLSConfig: &tls.Config{
			MinVersion:   tls.VersionTLS12, // as Huawei's own service since 2024-10-30
			Certificates: []tls.Certificate{o.certificate},
		},
	}
}

// listener is one address served. Each has a server of its own: one that serves
// http first does not set up HTTP/2 for https any more.
type listener struct {
	net.Listener
	tls    bool
	server *http.Server
}

func (l *listener) serve() error {
	if l.tls {
		return l.server.ServeTLS(l.Listener, "", "")
	}
	return l.server.Serve(l.Listener)
}

// listen opens all addresses or none, and prints a line for each.
func listen(o options, stdout io.Writer) ([]*listener, error) {
	var all []*listener
	for _, a := range []struct{ scheme, address string }{{"http", o.http}, {"https", o.https}} {
		if a.address == "" {
			continue
		}
		l, err := net.Listen("tcp", a.address)
		if err != nil {
			for _, open := range all {
				_ = open.Close()
			}
			return nil, fmt.Errorf("listening for -%s: %w; is the address host:port, free and this host's?", a.scheme, err)
		}
		all = append(all, &listener{Listener: l, tls: a.scheme == "https"})
	}
	for _, l := range all {
		scheme := "http"
		if l.tls {
			scheme = "https"
		}
		fmt.Fprintf(stdout, "listening on %s://%s\n", scheme, l.Addr())
	}
	return all, nil
}
