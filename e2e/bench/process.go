package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
)

// What Traefik asks beside the backend runs in processes of its own, as it does wherever Traefik is used: what one process
// sends another takes longer than what stays within one, because a processor has to be woken for it. They are this program,
// started with one argument that says which.

// services are by that argument.
var services = map[string]func() http.Handler{
	authArgument:                func() http.Handler { return newAuthService() },
	huaweiArgument(0):           func() http.Handler { return newHuawei(0) },
	huaweiArgument(someLatency): func() http.Handler { return newHuawei(someLatency) },
}

// serviceAsked returns the one that this process was started as.
func serviceAsked() (http.Handler, bool) {
	if len(os.Args) != 2 || services[os.Args[1]] == nil {
		return nil, false
	}
	return services[os.Args[1]](), true
}

// serveFor is what such a process does. It says where it listens, and ends with its input.
func serveFor(handler http.Handler, in io.Reader, out io.Writer) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("starting the service: %w", err)
	}
	server := &http.Server{Handler: handler}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	if _, err := fmt.Fprintln(out, listener.Addr()); err != nil {
		return fmt.Errorf("telling the address: %w", err)
	}
	// Nothing comes but the end.
	_, _ = io.Copy(io.Discard, in)
	if err := server.Close(); err != nil {
		return fmt.Errorf("stopping the service: %w", err)
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// process is a service, as this process sees it.
type process struct {
	argument string
	cmd      *exec.Cmd
	input    io.Closer
	address  string
}

func startProcess(argument string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("starting the process %s: %w", argument, err)
	}
	cmd := exec.Command(self, argument)
	cmd.Stderr = os.Stderr
	// Should this process die, the other's input ends, and with it the other.
	input, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting the process %s: %w", argument, err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("starting the process %s: %w", argument, err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the process %s: %w", argument, err)
	}
	p := &process{argument: argument, cmd: cmd, input: input}
	address, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting the process %s: %w", argument, err), p.stop())
	}
	p.address = strings.TrimSpace(address)
	return p, nil
}

func (p *process) url() string { return "http://" + p.address }

func (p *process) stop() error {
	if err := p.input.Close(); err != nil {
		return fmt.Errorf("stopping the process %s: %w", p.argument, err)
	}
	if err := p.cmd.Wait(); err != nil {
		return fmt.Errorf("stopping the process %s: %w", p.argument, err)
	}
	return nil
}
