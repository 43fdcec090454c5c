package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
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

// What Traefik asks beside the backend runs in processes of its own, as it does wherever Traefik is used: what one process
// sends another takes longer than what stays within one, because a processor has to be woken for it. They are this program,
// started with one argument that says which.

// services are by that argument.
var services = map[string]func() http.Handler{
	authService:                func() http.Handler { return &authenticator{known: map[[sha256.Size]byte]*knownUser{}} },
	huaweiService(0):           func() http.Handler { return newHuawei(0) },
	huaweiService(someLatency): func() http.Handler { return newHuawei(someLatency) },
}

// serveIfAsked is the whole program where it was started as a service: it says where it listens, and ends with its input.
func serveIfAsked() {
	if len(os.Args) != 2 {
		return
	}
	argument := os.Args[1]
	serve := keepRedis
	if handler := services[argument]; handler != nil {
		serve = func() error { return serveHTTP(handler()) }
	} else if argument != redisService {
		return
	}
	if err := serve(); err != nil {
		fmt.Fprintf(os.Stderr, "bench: %s: %v\n", argument, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func serveHTTP(handler http.Handler) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	go func() {
		awaitEnd()
		os.Exit(0)
	}()
	return http.Serve(listener, handler)
}

// awaitEnd returns when the program's input ends. Nothing else comes.
func awaitEnd() { _, _ = io.Copy(io.Discard, os.Stdin) }

// service is one of them, as the bench sees it.
type service struct {
	cmd     *exec.Cmd
	input   io.Closer
	address string
}

func startService(argument string) (_ *service, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("starting the service %s: %w", argument, err)
		}
	}()
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, argument)
	cmd.Stderr = os.Stderr
	// Should this process die, the other's input ends, and with it the other.
	input, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &service{cmd: cmd, input: input}
	address, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		return nil, errors.Join(err, s.stop())
	}
	s.address = strings.TrimSpace(address)
	return s, nil
}

func (s *service) url() string { return "http://" + s.address }

func (s *service) stop() error { return errors.Join(s.input.Close(), s.cmd.Wait()) }

// huaweiService is the argument that makes this program a Huawei that takes so long for each call.
func huaweiService(latency time.Duration) string { return "huawei-" + latency.String() }

func newHuawei(latency time.Duration) http.Handler {
	sim := huaweisim.New()
	if latency > 0 {
		sim.SetFaults(huaweisim.Fault{Kind: "latency", Latency: latency.String()})
	}
	return sim
}

// calls is how many a simulated Huawei has had so far, of both APIs.
func (s *service) calls() (total int, err error) {
	resp, err := http.Get(s.url() + "/sim/stats")
	if err != nil {
		return 0, fmt.Errorf("asking the simulator for its counts: %w", err)
	}
	defer resp.Body.Close()
	var stats huaweisim.Stats
	if err := json.NewDecoder(resp.Body).Decode(&stats); err != nil {
		return 0, fmt.Errorf("asking the simulator for its counts: %w", err)
	}
	for _, n := range stats.Calls {
		total += n
	}
	return total, nil
}

// authService is the argument that makes this program the service that ForwardAuth asks.
const authService = "auth-service"

// authenticator is what somebody would write who gives the plugin's answers by ForwardAuth: compiled, with a map under a
// mutex, keyed by the token's hash. Only its hits are measured, so on a miss it asks nobody.
type authenticator struct {
	mu    sync.Mutex
	known map[[sha256.Size]byte]*knownUser
}

type knownUser struct {
	huaweisim.User
	expires time.Time
}

// ServeHTTP answers 200 with the identity headers, or 401.
func (a *authenticator) ServeHTTP(rw http.ResponseWriter, req *http.Request) {
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
