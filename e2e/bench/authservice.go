package main

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// authService is what somebody would write who gives the plugin's answers by ForwardAuth: compiled, with a map under a
// mutex, keyed by the token's hash. Only its hits are measured, so on a miss it asks nobody.
type authService struct {
	mu    sync.Mutex
	known map[[sha256.Size]byte]*knownUser
}

type knownUser struct {
	huaweisim.User
	expires time.Time
}

// ServeHTTP answers 200 with the identity headers, or 401.
func (a *authService) ServeHTTP(rw http.ResponseWriter, req *http.Request) {
	token, ok := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer ")
	if !ok {
		rw.WriteHeader(http.StatusUnauthorized)
		return
	}
	key := sha256.Sum256([]byte(token))
	a.mu.Lock()
	user := a.known[key]
	a.mu.Unlock()
	if user == nil || time.Now().After(user.expires) {
		found, ok := huaweisim.UserOf(token)
		if !ok {
			rw.WriteHeader(http.StatusUnauthorized)
			return
		}
		user = &knownUser{User: found, expires: time.Now().Add(time.Hour)}
		a.mu.Lock()
		a.known[key] = user
		a.mu.Unlock()
	}
	h := rw.Header()
	h.Set("X-User-OpenID", user.OpenID)
	h.Set("X-User-UnionID", user.UnionID)
	h.Set("X-User-Phone", user.MobileNumber)
	rw.WriteHeader(http.StatusOK)
}

// serveAuth runs the service in a process of its own. It says where it listens, and ends with its input.
func serveAuth(in io.Reader, out io.Writer) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("starting the service: %w", err)
	}
	server := &http.Server{Handler: &authService{known: map[[sha256.Size]byte]*knownUser{}}}
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

// authProcess is the service's process, as this one sees it.
type authProcess struct {
	cmd     *exec.Cmd
	input   io.Closer
	address string
}

func startAuth() (*authProcess, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("starting the service that ForwardAuth asks: %w", err)
	}
	cmd := exec.Command(self, authCommand)
	cmd.Stderr = os.Stderr
	// Should this process die, the service's input ends, and with it the service.
	input, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting the service that ForwardAuth asks: %w", err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("starting the service that ForwardAuth asks: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the service that ForwardAuth asks: %w", err)
	}
	p := &authProcess{cmd: cmd, input: input}
	address, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting the service that ForwardAuth asks: %w", err), p.stop())
	}
	p.address = strings.TrimSpace(address)
	return p, nil
}

func (p *authProcess) stop() error {
	if err := p.input.Close(); err != nil {
		return fmt.Errorf("stopping the service that ForwardAuth asks: %w", err)
	}
	if err := p.cmd.Wait(); err != nil {
		return fmt.Errorf("stopping the service that ForwardAuth asks: %w", err)
	}
	return nil
}
