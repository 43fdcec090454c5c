// Package proxy runs a real Traefik with this checkout's plugin in it, for the demo and for the end-to-end tests: it finds
// or builds the binary, stages the plugin as a local plugin, writes the configuration, starts the process on free
// loopback ports and stops it again. It imports nothing of Traefik, so that what uses it compiles in seconds.
package proxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// startAttempts bounds the retries after another process took a port between our picking it and Traefik's listening.
	startAttempts = 5
	// startTimeout bounds the time from the start of the process to the first configuration in service.
	startTimeout = 60 * time.Second
	// stopTimeout is how long Traefik has after SIGTERM; the entry points' graceTimeOut is far below it.
	stopTimeout = 10 * time.Second
	// pluginsDisabled is what Traefik logs when a plugin cannot be loaded.
	pluginsDisabled = "Plugins are disabled because an error has occurred"
)

// Options says how Traefik is started. The zero value is a Traefik with the plugin, no routers and a log at DEBUG.
type Options struct {
	// Binary is the Traefik to run; empty means what Binary finds or builds.
	Binary string
	// Dynamic is the first dynamic configuration, in YAML.
	Dynamic string
	// Static is appended to the static configuration, in YAML. It must not repeat a top-level key that Start writes:
	// global, log, api, ping, entryPoints, providers, experimental, and accessLog where AccessLog is set.
	Static string
	// LogLevel is Traefik's; empty means DEBUG, below which what a plugin prints with fmt is lost.
	LogLevel string
	// AccessLog turns on the access log, which Proxy.AccessLog reads.
	AccessLog bool
	// FastProxy has Traefik forward with its other proxy.
	FastProxy bool
	// REST has Traefik take further dynamic configuration, in JSON, by PUT at APIURL()/api/providers/rest. So come kinds of middleware
	// that no file can have, such as those of Gateway API's filters.
	REST bool
	// TrustLoopback has the entry points believe the X-Forwarded-For of clients on 127.0.0.1, so that a test's requests can be
	// of many client addresses.
	TrustLoopback bool
	// Env is added to the environment of this process, as NAME=value.
	Env []string
	// Plugins are the local plugins by alias, each a directory with a Go module. "huaweiid" is the plugin of this checkout
	// unless it is named here.
	Plugins map[string]string
	// EntryPoints are the listen addresses by name. "web" and "traefik" (API, ping, metrics) are always there; an empty
	// address means a free port on 127.0.0.1.
	EntryPoints map[string]string
	// Redirections are the entry points that redirect, each with the name of the one that they redirect to.
	Redirections map[string]string
	// Log is told about a build of Traefik, which takes minutes; nil means standard error.
	Log io.Writer
}

// Proxy is a running Traefik.
type Proxy struct {
	dir       string
	addresses map[string]string
	dashboard bool
	client    *http.Client
	ctx       context.Context
	cmd       *exec.Cmd

	done    chan struct{} // closed when the process has ended
	waitErr error         // what it ended with; read after done only

	dynamic sync.Mutex // guards the dynamic directory and applied
	applied int        // number of the last marker, see Apply

	stop    sync.Once
	stopErr error
	kept    atomic.Pointer[string] // tail of the log, set when Stop removes the directory
}

// errPortTaken means that a port was free when it was picked and taken when Traefik listened on it.
var errPortTaken = errors.New("a port was taken by another process")

// Start starts Traefik and returns when its first dynamic configuration is in service. The process lives until Stop, until
// ctx ends, or (on Linux) until this process dies.
func Start(ctx context.Context, options Options) (*Proxy, error) {
	progress := options.Log
	if progress == nil {
		progress = os.Stderr
	}
	binary := options.Binary
	var err error
	if binary == "" {
		if binary, err = foundBinary(ctx, progress); err != nil {
			return nil, err
		}
	}

	for attempt := 0; attempt < startAttempts; attempt++ {
		var p *Proxy
		p, err = start(ctx, binary, options)
		if err == nil {
			return p, nil
		}
		if !errors.Is(err, errPortTaken) {
			return nil, err
		}
	}
	return nil, err
}

func start(ctx context.Context, binary string, options Options) (_ *Proxy, err error) {
	dir, err := os.MkdirTemp("", "huaweiid-traefik-")
	if err != nil {
		return nil, fmt.Errorf("making a working directory for Traefik: %w", err)
	}
	p := &Proxy{
		dir:       dir,
		dashboard: hasDashboard(binary),
		ctx:       ctx,
		client:    &http.Client{Transport: &http.Transport{}, Timeout: time.Minute},
		done:      make(chan struct{}),
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(dir)
		}
	}()

	if p.addresses, err = listenAddresses(options.EntryPoints); err != nil {
		return nil, err
	}
	modules, err := stageAll(dir, options.Plugins)
	if err != nil {
		return nil, err
	}
	static := filepath.Join(dir, "traefik.yml")
	if err = os.WriteFile(static, []byte(staticConfig(dir, p.addresses, modules, p.dashboard, options)), 0o600); err != nil {
		return nil, fmt.Errorf("writing the static configuration: %w", err)
	}
	if err = os.Mkdir(filepath.Join(dir, dynamicDir), 0o700); err != nil {
		return nil, fmt.Errorf("making the directory of the dynamic configuration: %w", err)
	}
	if err = p.writeDynamic(options.Dynamic); err != nil {
		return nil, err
	}

	if err = p.run(ctx, binary, static, options.Env); err != nil {
		return nil, err
	}
	if err = p.waitStarted(ctx); err != nil {
		taken := strings.Contains(p.Log(), "address already in use")
		_ = p.Stop()
		if taken {
			return nil, fmt.Errorf("%w: %w", errPortTaken, err)
		}
		return nil, err
	}
	return p, nil
}

// run starts the process and watches it to its end.
func (p *Proxy) run(ctx context.Context, binary, static string, env []string) error {
	log, err := os.Create(p.LogFile())
	if err != nil {
		return fmt.Errorf("creating Traefik's log file: %w", err)
	}
	// The child has its own descriptor of it from Start on.
	defer log.Close()

	p.cmd = exec.CommandContext(ctx, binary, "--configFile="+static)
	p.cmd.Dir = p.dir // Traefik looks for plugins-local in its working directory
	p.cmd.Env = append(os.Environ(), env...)
	// A file and no pipe: a Traefik at DEBUG under load must never wait for a reader in this process.
	p.cmd.Stdout = log
	p.cmd.Stderr = log
	p.cmd.SysProcAttr = processAttributes()
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.WaitDelay = stopTimeout

	started := make(chan error, 1)
	go func() {
		// Linux sends the parent-death signal when the THREAD that started the child ends, so that one is kept.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err != nil {
			return
		}
		p.waitErr = p.cmd.Wait()
		close(p.done)
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("starting %s: %w", binary, err)
	}
	return nil
}

func (p *Proxy) waitStarted(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := p.WaitReady(ctx); err != nil {
		return err
	}
	// Traefik goes on without plugins when one cannot be loaded (abortOnPluginFailure came with 3.3), and every router
	// that uses one is then missing: better to say here why.
	if strings.Contains(p.Log(), pluginsDisabled) {
		return fmt.Errorf("loading the plugin: Traefik refused it; its last log lines:\n%s", p.logTail())
	}
	return p.waitApplied(ctx)
}

// Stop ends Traefik and removes its working directory: SIGTERM, and a kill after ten seconds. It returns an error when
// Traefik had already ended by itself or had to be killed. Calls after the first return the same.
func (p *Proxy) Stop() error {
	p.stop.Do(func() {
		p.stopErr = p.end()
		p.client.CloseIdleConnections()
		log := p.readLog()
		log = log[max(0, len(log)-keptLog):]
		p.kept.Store(&log)
		if err := os.RemoveAll(p.dir); err != nil && p.stopErr == nil {
			p.stopErr = fmt.Errorf("removing Traefik's working directory: %w", err)
		}
	})
	return p.stopErr
}

func (p *Proxy) end() error {
	select {
	case <-p.done:
		if p.ctx.Err() != nil {
			return nil
		}
		return p.endedByItself()
	default:
	}

	// An error means that the process has ended in between: the wait below returns at once.
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	timer := time.NewTimer(stopTimeout)
	defer timer.Stop()
	select {
	case <-p.done:
		return nil
	case <-timer.C:
	}
	_ = p.cmd.Process.Kill()
	<-p.done
	return fmt.Errorf("stopping Traefik: it did not end within %s of SIGTERM and was killed; its last log lines:\n%s", stopTimeout, p.logTail())
}

func (p *Proxy) endedByItself() error {
	state := "exit status 0"
	if p.waitErr != nil {
		state = p.waitErr.Error()
	}
	return fmt.Errorf("running Traefik: it ended by itself (%s); its last log lines:\n%s", state, p.logTail())
}

// Done is closed when the process has ended, for whatever reason.
func (p *Proxy) Done() <-chan struct{} {
	return p.done
}

// Addr is host:port of the entry point web.
func (p *Proxy) Addr() string {
	return p.addresses[webEntryPoint]
}

// URL is the base URL of the entry point web, without a slash at its end.
func (p *Proxy) URL() string {
	return "http://" + p.Addr()
}

// EntryPoint is host:port of the named entry point, empty if there is none of that name.
func (p *Proxy) EntryPoint(name string) string {
	return p.addresses[name]
}

// APIURL is the base URL of the internal entry point: API, dashboard, ping and debug handlers.
func (p *Proxy) APIURL() string {
	return "http://" + p.addresses[internalEntryPoint]
}

// DashboardURL is where Traefik shows its dashboard, empty for a Traefik that has none.
func (p *Proxy) DashboardURL() string {
	if !p.dashboard {
		return ""
	}
	return p.APIURL() + "/dashboard/"
}
