// Package demo shows the plugin at work on one machine: the simulated account service, a backend that echoes what it gets, and
// between them a gateway with the plugin. What to try stands on a page for browsers and, for a terminal, in curl lines. Check
// sends the same requests and fails if a status or a header at the backend is not as it should be.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
)

const defaultPort = "8000"

// Run runs until ctx ends, which is success, or until the gateway does, which is none.
func Run(ctx context.Context, out io.Writer, port string, start Start) error {
	address, err := Address(port)
	if err != nil {
		return err
	}
	s, err := startStack(ctx, start, address, cacheTTL)
	if err != nil {
		if ctx.Err() != nil {
			fmt.Fprintln(out, "Stopped before it was up.")
			return nil
		}
		return err
	}
	fmt.Fprint(out, screen(s))

	select {
	case <-ctx.Done():
	case <-s.gateway.Done():
	}
	if err := s.stop(); err != nil {
		return err
	}
	fmt.Fprintln(out, "\nStopped.")
	return nil
}

// Check runs every request of the demo once and compares.
func Check(ctx context.Context, out io.Writer, start Start) (err error) {
	s, err := startStack(ctx, start, "", checkTTL)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()

	return checkAll(ctx, out, s)
}

// Address is where the demo listens: 127.0.0.1 and the port, or 8000 where it is empty. It is tried out here, because Traefik's
// own error would name no remedy.
func Address(port string) (string, error) {
	if port == "" {
		port = defaultPort
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil || number == 0 {
		return "", fmt.Errorf("reading PORT: %q is no port, which is a number from 1 to 65535", port)
	}
	address := net.JoinHostPort("127.0.0.1", port)
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return "", fmt.Errorf("listening on %s: %w; choose another port: make demo PORT=%d", address, err, another(number))
	}
	return address, listener.Close()
}

func another(port uint64) uint64 {
	if port >= 65535 {
		return 8000
	}
	return port + 1
}
