package faults

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/echo"
	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
	"github.com/traefik-huaweiid/huaweiid/e2e/traffic"
)

// atATime is how many scenarios run at once. They wait most of the time; more of them would make their times dishonest on
// a small machine.
const atATime = 6

func TestFaults(t *testing.T) {
	begin := time.Now()
	courses, floods, p := setUp(t)

	queue := make(chan *course)
	var all sync.WaitGroup
	for range atATime {
		all.Add(1)
		go func() {
			defer all.Done()
			for c := range queue {
				c.run()
			}
		}()
	}
	for _, c := range courses {
		queue <- c
	}
	close(queue)
	all.Wait()
	// Floods are for themselves: they take all the machine has.
	for _, f := range floods {
		f.run(p)
	}

	var rows []row
	var refused, served []time.Duration
	for _, c := range courses {
		rows = append(rows, newRow(c.name, c.visits, len(c.huawei.Calls())))
		if opened := c.opened(); c.expect.opens && !opened.IsZero() {
			r, s := c.haste(opened)
			refused, served = append(refused, r...), append(served, s...)
		}
	}
	for _, f := range floods {
		rows = append(rows, newRow(f.name, f.visits, len(f.huawei.Calls())))
	}
	printTable(os.Stdout, rows)
	fmt.Printf("While a breaker was open: %s refused, %s served from the cache.\n", spread(refused), spread(served))
	fmt.Printf("%d faults in %v, %d at a time.\n", len(rows), time.Since(begin).Round(time.Second), atATime)

	// No subtests for the courses: they would look as if each could be run alone.
	for _, c := range courses {
		c.check()
		for _, problem := range c.problems {
			t.Errorf("%s: %s", c.name, problem)
		}
	}
	for _, f := range floods {
		t.Run(f.name, f.check)
	}
}

// setUp starts a Traefik with a route for every scenario and flood.
func setUp(t *testing.T) ([]*course, []*flood, *proxy.Proxy) {
	t.Helper()
	backend := httptest.NewServer(echo.Handler())
	t.Cleanup(backend.Close)
	p, err := proxy.Start(context.Background(), proxy.Options{LogLevel: "ERROR", TrustLoopback: true})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, p.Stop()) })
	client := traffic.NewClient(p.URL())
	t.Cleanup(client.Close)

	var routes []traffic.Route
	var hosts []string
	add := func(make func(host, backend string, huawei *traffic.Huawei) traffic.Route) (*traffic.Huawei, *visitors) {
		huawei, err := traffic.StartHuawei()
		require.NoError(t, err)
		t.Cleanup(huawei.Close)
		// Strangers are told how their answers were come by, for which requests go another way through the plugin than those
		// of the others. Both have one state, since their options under huawei, audience and cache are the same.
		host := fmt.Sprintf("fault%d", len(routes))
		told := host + "-told"
		hosts = append(hosts, host, told)
		route, strangers := make(host, backend.URL, huawei), make(told, backend.URL, huawei)
		strangers.Options["debugHeader"] = true
		routes = append(routes, route, strangers)
		return huawei, newVisitors(client, host, told)
	}
	var courses []*course
	for _, s := range scenarios() {
		huawei, v := add(s.route)
		courses = append(courses, &course{scenario: s, huawei: huawei, visitors: v})
	}
	floods := floods()
	for _, f := range floods {
		f.huawei, f.visitors = add(f.route)
	}
	config, err := traffic.Dynamic(routes...)
	require.NoError(t, err)
	require.NoError(t, p.Apply(context.Background(), config))
	require.NoError(t, p.WaitRouters(context.Background(), hosts...))
	return courses, floods, p
}

// spread describes durations.
func spread(d []time.Duration) string {
	ms := func(p int) time.Duration { return traffic.Percentile(d, p).Round(100 * time.Microsecond) }
	return fmt.Sprintf("%d (half within %v, 95 %% within %v, all within %v)", len(d), ms(50), ms(95), ms(100))
}
