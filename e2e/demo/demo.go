// Command demo shows the plugin at work on one machine: the simulated account service, a backend that echoes what it gets,
// and a real Traefik with the plugin between them. With -check it runs the requests that it would otherwise suggest, and
// fails if a status or a header at the backend is not as it should be.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strconv"
	"syscall"
)

const defaultPort = "8000"

func main() {
	check := flag.Bool("check", false, "run the demo's requests on free ports, compare every answer, and stop")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	var err error
	if *check {
		err = runCheck(ctx, os.Stdout)
	} else {
		err = runDemo(ctx, os.Stdout, os.Getenv("PORT"))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// runDemo runs until ctx ends, which is success, or until Traefik does, which is none.
func runDemo(ctx context.Context, out io.Writer, port string) error {
	address, err := demoAddress(port)
	if err != nil {
		return err
	}
	s, err := startStack(ctx, address)
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
	case <-s.proxy.Done():
	}
	if err := s.stop(); err != nil {
		return err
	}
	fmt.Fprintln(out, "\nStopped.")
	return nil
}

// runCheck runs every request of the demo once and compares.
func runCheck(ctx context.Context, out io.Writer) (err error) {
	s, err := startStack(ctx, "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()

	return checkAll(out, s)
}

// demoAddress is where the demo listens. It is tried out here, because Traefik's own error would name no remedy.
func demoAddress(port string) (string, error) {
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
