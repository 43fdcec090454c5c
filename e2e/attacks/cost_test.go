package attacks

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/bench/cpu"
	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

// What a request may cost: whatever a client sends within Traefik's limits, the plugin takes at most some times the CPU that the same
// request costs on a route without it.

const (
	costFactor = 3                      // times the bare route
	costFloor  = 100 * time.Millisecond // or this, if it is more
	// streamsFloor is the same for several requests at once, which are a few bytes each to the client.
	streamsFloor = 500 * time.Millisecond
	// memoryFloor is how much more memory than on the bare route a row may take at its peak.
	memoryFloor = 64 << 20
)

// spent is what a row took of Traefik.
type spent struct {
	cpu    time.Duration
	memory int64
	status int
}

func TestCosts_stayNearTheBareRoute(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems do not tell what a process has used")
	}
	backend := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	backend.Config.MaxHeaderBytes = 8 << 20
	backend.Start()
	t.Cleanup(backend.Close)
	huawei := startUpstream(t, nil)

	middlewares, routers, names := options{}, options{}, []string{}
	for name, o := range costlyRoutes {
		all := options{"huawei": huawei.options(), "logLevel": "error"}
		for key, value := range o {
			all[key] = value
		}
		middlewares[name] = options{"plugin": options{"huaweiid": all}}
		routers[name] = options{"rule": host(name), "entryPoints": []string{"web"}, "middlewares": []string{name}, "service": "backend"}
		names = append(names, name)
	}
	routers["bare"] = options{"rule": host("bare"), "entryPoints": []string{"web"}, "service": "backend"}
	// On the route "fronted", whose own bare route has the same plugin in front, Connection arrives as the client wrote it.
	middlewares["front"] = options{"plugin": options{"front": options{}}}
	routers["fronted"].(options)["middlewares"] = []string{"front", "fronted"}
	routers["bare-fronted"] = options{"rule": host("bare-fronted"), "entryPoints": []string{"web"}, "middlewares": []string{"front"}, "service": "backend"}
	dynamic, err := json.Marshal(options{"http": options{
		"routers": routers, "middlewares": middlewares, "services": options{"backend": server(backend.URL)},
	}})
	require.NoError(t, err)
	front, err := filepath.Abs("testdata/front")
	require.NoError(t, err)
	p, err := proxy.Start(context.Background(), proxy.Options{
		Dynamic: string(dynamic), LogLevel: "ERROR", Plugins: map[string]string{"front": front},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Stop()) })
	require.NoError(t, p.WaitRouters(context.Background(), names...))

	var table strings.Builder
	// A strings.Builder takes every write.
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "request\tbytes sent\tbare ms\tplugin ms\tbare MiB\tplugin MiB\tbare\tplugin\t")
	for _, c := range costs {
		bareRoute := "bare"
		if c.route == "fronted" {
			bareRoute = "bare-fronted"
		}
		bare, size := spend(t, p, c, bareRoute)
		plugin, _ := spend(t, p, c, c.route)
		assert.Equal(t, http.StatusOK, bare.status, "%s: Traefik itself takes it", c.name)
		fmt.Fprintf(w, "%s\t%d\t%.1f\t%.1f\t%d\t%d\t%d\t%d\t\n", c.name, size, ms(bare.cpu), ms(plugin.cpu), bare.memory>>20, plugin.memory>>20, bare.status, plugin.status)
		floor := costFloor
		if c.many {
			floor = streamsFloor
		}
		assert.LessOrEqual(t, plugin.cpu, max(costFactor*bare.cpu, floor), "CPU: %s; %v on the bare route", c.name, bare.cpu)
		assert.LessOrEqual(t, plugin.memory, bare.memory+memoryFloor, "memory: %s", c.name)
	}
	_ = w.Flush()
	t.Logf("what requests cost Traefik:\n%s", table.String())
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// spend sends a row's bytes some times, and tells of the time that took the least.
func spend(t *testing.T, p *proxy.Proxy, c costly, route string) (least spent, size int) {
	t.Helper()
	s := c.send(route)
	least.cpu = time.Hour
	for range 2 {
		// The peak of memory counts from here (proc(5)).
		require.NoError(t, os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p.PID()), []byte("5"), 0))
		before, memory := idle(t, p), p.RSS()
		status, err := exchange(p, s)
		require.NoError(t, err, "%s on the route %s", c.name, route)
		least.status = status
		if used := idle(t, p) - before; used < least.cpu {
			least.cpu = used
		}
		if grown := peak(t, p) - memory; grown > least.memory {
			least.memory = grown
		}
	}
	return least, len(s.wire)
}

// peak is the most memory that Traefik has had in use.
func peak(t *testing.T, p *proxy.Proxy) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.PID()))
	require.NoError(t, err)
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	var kb int64
	_, err = fmt.Sscan(after, &kb)
	require.NoError(t, err)
	return kb << 10
}

// idle waits until Traefik does nothing, and returns the CPU time that it has used.
func idle(t *testing.T, p *proxy.Proxy) time.Duration {
	t.Helper()
	used, err := cpu.Of(p.PID())
	require.NoError(t, err)
	for {
		time.Sleep(10 * time.Millisecond)
		now, err := cpu.Of(p.PID())
		require.NoError(t, err)
		if now-used < 500*time.Microsecond {
			return now
		}
		used = now
	}
}

func exchange(p *proxy.Proxy, s sent) (status int, err error) {
	conn, err := net.Dial("tcp", p.Addr())
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return 0, err
	}
	written := make(chan error, 1)
	go func() {
		_, err := conn.Write(s.wire)
		written <- err
	}()
	if status, err = s.await(conn); err != nil {
		return 0, err
	}
	return status, <-written
}
