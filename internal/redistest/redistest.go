// Package redistest starts real Redis servers for tests, on free ports of this machine, and stops them when the test ends.
package redistest

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/traefik-huaweiid/huaweiid/internal/loopback"
)

// startLimit bounds how long a server takes to answer. It is far more than it takes, for busy machines.
const startLimit = 30 * time.Second

// Server is a Redis of the test's own.
type Server struct {
	Address string // host:port
	Dir     string // its working directory: dump.rdb, appendonlydir

	t       testing.TB
	path    string
	options []string
	dial    Dial

	mu      sync.Mutex
	process *exec.Cmd
	exited  chan struct{}
	output  *bytes.Buffer
}

// Dial says how the test's own connections are made and what they begin with.
type Dial struct {
	Network func(address string) (net.Conn, error) // nil = TCP
	Login   []string                               // a command, such as AUTH with its arguments; nil = none
}

// Available tells whether there is a redis-server, for a test that shows something without one, too.
func Available() bool {
	_, err := exec.LookPath("redis-server")
	return err == nil
}

// Path finds redis-server, and skips the test where there is none.
func Path(t testing.TB) string {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		fmt.Fprintf(os.Stderr, "==> NO redis-server on this machine: %s is LEFT OUT (apt-get install redis-server)\n", t.Name())
		t.Skip("no redis-server on the PATH")
	}
	return path
}

// Start starts a server with options such as "--requirepass", "x", on top of: loopback only, nothing saved.
func Start(t testing.TB, options ...string) *Server {
	t.Helper()
	return StartWith(t, Dial{}, options...)
}

// StartWith is Start for a server to which the test has to connect in another way.
func StartWith(t testing.TB, dial Dial, options ...string) *Server {
	t.Helper()
	s := &Server{t: t, path: Path(t), options: options, dial: dial, Dir: t.TempDir()}
	t.Cleanup(s.Kill)
	// The port that was free a moment ago may be taken by now.
	var err error
	for range 5 {
		s.Address = FreeAddress(t)
		if err = s.run(); err == nil {
			return s
		}
		s.Kill()
	}
	t.Fatalf("starting redis-server: %v", err)
	return nil
}

// FreeAddress is an address of this machine on which nobody listens.
func FreeAddress(t testing.TB) string {
	t.Helper()
	address, err := loopback.Address()
	if err != nil {
		t.Fatal(err)
	}
	return address
}

func (s *Server) run() error {
	_, port, err := net.SplitHostPort(s.Address)
	if err != nil {
		return err
	}
	args := []string{"--bind", "127.0.0.1", "--save", "", "--rdbcompression", "no", "--dir", s.Dir, "--port", port}
	for i := 0; i < len(s.options); i++ {
		// A server for TLS only: its port is the one that was chosen.
		if s.options[i] == "--tls-only" {
			args = append(args, "--port", "0", "--tls-port", port)
			continue
		}
		args = append(args, s.options[i])
	}
	process := exec.Command(s.path, args...)
	output := &bytes.Buffer{}
	process.Stdout, process.Stderr = output, output
	process.SysProcAttr = attributes()
	if err := process.Start(); err != nil {
		return err
	}
	exited := make(chan struct{})
	go func() {
		_ = process.Wait()
		close(exited)
	}()
	s.mu.Lock()
	s.process, s.exited, s.output = process, exited, output
	s.mu.Unlock()
	return s.wait(exited, output)
}

// wait returns when the server answers, whatever it says.
func (s *Server) wait(exited chan struct{}, output *bytes.Buffer) error {
	end := time.Now().Add(startLimit)
	for time.Now().Before(end) {
		select {
		case <-exited:
			return fmt.Errorf("it ended: %s", output)
		default:
		}
		if conn, err := s.connect(); err == nil {
			_, err := conn.Do("PING")
			conn.Close()
			if err == nil || errors.Is(err, ErrReply) {
				return nil
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
	return errors.New("it does not answer")
}

// Kill ends the server at once. It may be started again.
func (s *Server) Kill() {
	s.mu.Lock()
	process, exited := s.process, s.exited
	s.process = nil
	s.mu.Unlock()
	if process == nil {
		return
	}
	_ = process.Process.Kill()
	<-exited
}

// Restart starts a server that was killed, on the same port.
func (s *Server) Restart() {
	s.t.Helper()
	if err := s.run(); err != nil {
		s.t.Fatalf("starting redis-server again: %v", err)
	}
}

// Options gives the server further options from its next start on.
func (s *Server) Options(options ...string) { s.options = append(s.options, options...) }

// Info is one field of INFO.
func (s *Server) Info(field string) string {
	s.t.Helper()
	_, after, _ := strings.Cut(s.Do("INFO", "everything").(string), "\n"+field+":")
	value, _, _ := strings.Cut(after, "\r\n")
	return value
}

// Freeze keeps the server from running, as on a machine that hangs, until Thaw: connections are still taken, by the system.
func (s *Server) Freeze() { s.signal(syscall.SIGSTOP) }

// Thaw ends Freeze.
func (s *Server) Thaw() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(signal syscall.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process != nil {
		_ = s.process.Process.Signal(signal)
	}
}

// Do sends a command on a connection of its own. It fails the test where there is no reply or an error.
func (s *Server) Do(args ...string) any {
	s.t.Helper()
	reply, err := s.Try(args...)
	if err != nil {
		s.t.Fatalf("redis: %s: %v", args[0], err)
	}
	return reply
}

// Try is Do with the error returned.
func (s *Server) Try(args ...string) (any, error) {
	conn, err := s.connect()
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return conn.Do(args...)
}

// Keys lists all keys.
func (s *Server) Keys() []string {
	s.t.Helper()
	var keys []string
	for _, key := range s.Do("KEYS", "*").([]any) {
		keys = append(keys, key.(string))
	}
	return keys
}

// Int is Do for a reply that is a number.
func (s *Server) Int(args ...string) int64 {
	s.t.Helper()
	n, ok := s.Do(args...).(int64)
	if !ok {
		s.t.Fatalf("redis: %s: no number", args[0])
	}
	return n
}

// Dump saves the data set and returns the file's bytes.
func (s *Server) Dump() []byte {
	s.t.Helper()
	s.Do("SAVE")
	content, err := os.ReadFile(filepath.Join(s.Dir, "dump.rdb"))
	if err != nil {
		s.t.Fatal(err)
	}
	return content
}
