package telemetry

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/traefik-huaweiid/huaweiid/internal/loopback"
)

const metricsPath = "/huaweiid/metrics"

// tool is a program of Prometheus's. Where it is missing, the test says so loudly.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("SKIPPED: there is no %s; install it (Debian: apt-get install prometheus) to test metrics, alerts and dashboard", name)
	}
	return path
}

// traffic is one round of every kind of request.
func (b *bed) traffic() {
	b.t.Helper()
	for range 2 {
		require.Equal(b.t, 200, b.send("enforce", "mainland/1").StatusCode)
	}
	require.Equal(b.t, 401, b.send("enforce", "expired/1", "X-User-Phone: forged").StatusCode)
	require.Equal(b.t, 401, b.send("enforce", "").StatusCode)
	require.Equal(b.t, 502, b.send("enforce", "body/html/1").StatusCode)
	require.Equal(b.t, 200, b.send("report", "").StatusCode)
	require.Equal(b.t, 200, b.send("removing", "mainland/2").StatusCode)
	require.Equal(b.t, 200, b.send("sharing", "foreign/1").StatusCode)
	require.Equal(b.t, 200, b.deliver("/huawei/events", ""))
	require.Equal(b.t, 400, b.deliver("/huawei/events", "wrong-audience"))
	require.Equal(b.t, 503, b.deliver("/huawei/keyless", ""))
}

// perRound has what one round counts, by middleware and outcome.
var perRound = map[string]float64{
	"enforce@file verified": 2, "enforce@file token_invalid": 1, "enforce@file token_missing": 1, "enforce@file huawei_malformed": 1,
	"report@file would_token_missing": 1, "removing@file verified": 1, "sharing@file verified": 1,
}

// prometheus is a running one.
type prometheus struct {
	t       *testing.T
	address string
}

func startPrometheus(t *testing.T, beds ...*bed) *prometheus {
	t.Helper()
	program := tool(t, "prometheus")
	dir := t.TempDir()
	var targets []string
	for _, b := range beds {
		targets = append(targets, strconv.Quote(strings.TrimPrefix(b.proxy.APIURL(), "http://")))
	}
	rules, err := filepath.Abs("../../examples/prometheus/huaweiid.rules.yml")
	require.NoError(t, err)
	config := fmt.Sprintf(`
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [%q]
scrape_configs:
  - {job_name: huaweiid, metrics_path: %s, static_configs: [{targets: [%s]}]}
  - {job_name: traefik, static_configs: [{targets: [%[3]s]}]}
`, rules, metricsPath, strings.Join(targets, ", "))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "prometheus.yml"), []byte(config), 0o600))
	address, err := loopback.Address()
	require.NoError(t, err)

	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program, "--config.file="+filepath.Join(dir, "prometheus.yml"),
		"--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+address)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // killed
	})
	p := &prometheus{t: t, address: address}
	require.Eventually(t, func() bool {
		resp, err := http.Get("http://" + address + "/-/ready")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	}, 30*time.Second, 50*time.Millisecond)
	return p
}

// query returns the values of an expression by the values of two labels.
func (p *prometheus) query(expression string, labels ...string) map[string]float64 {
	p.t.Helper()
	resp, err := http.Get("http://" + p.address + "/api/v1/query?query=" + url.QueryEscape(expression))
	require.NoError(p.t, err)
	defer resp.Body.Close()
	var answer struct {
		Error string `json:"error"`
		Data  struct {
			Result []struct {
				Metric map[string]string  `json:"metric"`
				Value  [2]json.RawMessage `json:"value"`
			} `json:"result"`
		} `json:"data"`
	}
	require.NoError(p.t, json.NewDecoder(resp.Body).Decode(&answer))
	require.Empty(p.t, answer.Error, expression)
	values := map[string]float64{}
	for i, r := range answer.Data.Result {
		var key []string
		for _, label := range labels {
			key = append(key, r.Metric[label])
		}
		if len(labels) == 0 {
			key = []string{strconv.Itoa(i)}
		}
		value, err := strconv.ParseFloat(strings.Trim(string(r.Value[1]), `"`), 64)
		require.NoError(p.t, err)
		values[strings.Join(key, " ")] = value
	}
	return values
}

// awaitTotals waits until it has scraped what so many rounds count.
func (p *prometheus) awaitTotals(rounds float64) {
	p.t.Helper()
	want := map[string]float64{}
	for key, n := range perRound {
		want[key] = n * rounds
	}
	var got map[string]float64
	assert.Eventually(p.t, func() bool {
		got = p.query(`sum by (middleware, outcome) (huaweiid_requests_total) > 0`, "middleware", "outcome")
		return assert.ObjectsAreEqual(want, got)
	}, 30*time.Second, 100*time.Millisecond)
	require.Equal(p.t, want, got)
}

// hasValue tells whether a query has an answer that is a number: of nothing that has happened, a ratio is none.
func (p *prometheus) hasValue(expression string) bool {
	for _, value := range p.query(expression) {
		if !math.IsNaN(value) {
			return true
		}
	}
	return false
}

func TestPrometheus_scrapesTwoTraefiksAndEveryQueryHasAnAnswer(t *testing.T) {
	promtool := tool(t, "promtool")
	beds := []*bed{start(t, false), start(t, false)}
	page := beds[0].get(metricsPath)
	p := startPrometheus(t, beds...)
	const rounds = 3
	for round := range rounds {
		for _, b := range beds {
			b.traffic()
		}
		p.awaitTotals(float64((round + 1) * len(beds))) // a rate needs scrapes before and after
	}

	t.Run("totals agree with the traffic", func(t *testing.T) {
		lookups := p.query(`sum(huaweiid_cache_lookups_total)`)["0"]
		assert.Equal(t, float64(6*rounds*len(beds)), lookups, "one lookup for each request with a token")
		assert.Equal(t, float64(rounds*len(beds)), p.query(`sum(huaweiid_forged_headers_total)`)["0"])
	})

	t.Run("the page is what Prometheus reads", func(t *testing.T) {
		page = beds[0].get(metricsPath)
		check := exec.Command(promtool, "check", "metrics")
		check.Stdin = strings.NewReader(page)
		output, err := check.CombinedOutput()
		assert.NoError(t, err, "%s", output)
		assert.Empty(t, string(output))
	})

	queries := append(dashboardQueries(t), ruleQueries(t)...)
	for _, q := range queries {
		t.Run(q, func(t *testing.T) {
			assert.Eventually(t, func() bool { return p.hasValue(q) }, 15*time.Second, 200*time.Millisecond, "the query comes back empty")
		})
	}

	t.Run("they name only metrics that the plugin has", func(t *testing.T) {
		var parser expfmt.TextParser
		families, err := parser.TextToMetricFamilies(strings.NewReader(page))
		require.NoError(t, err)
		for _, q := range queries {
			for _, name := range regexp.MustCompile(`huaweiid_[a-z0-9_]+`).FindAllString(q, -1) {
				assert.Contains(t, families, strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_count"), q)
			}
		}
		documented := example(t, "../docs/operations.md")
		for name := range families {
			assert.Contains(t, documented, "| `"+name+"` |")
		}
	})
}

func dashboardQueries(t *testing.T) (queries []string) {
	t.Helper()
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(example(t, "grafana/huaweiid.json")), &dashboard))
	for _, panel := range dashboard.Panels {
		require.NotEmpty(t, panel.Targets, panel.Title)
		for _, target := range panel.Targets {
			queries = append(queries, strings.ReplaceAll(target.Expr, "$__rate_interval", "1m"))
		}
	}
	require.NotEmpty(t, queries)
	return queries
}

// A panel of series that no scrape brings stays empty, and whoever imports the dashboard has to know.
func TestDashboard_saysWhichPanelsWantMoreThanThePluginsMetrics(t *testing.T) {
	t.Parallel()
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(example(t, "grafana/huaweiid.json")), &dashboard))
	readme := example(t, "grafana/README.md")
	for _, panel := range dashboard.Panels {
		wantsMore := !strings.Contains(panel.Targets[0].Expr, "huaweiid_")
		assert.Equal(t, wantsMore, strings.Contains(readme, `"`+panel.Title+`"`), panel.Title)
	}
}

type rule struct {
	Record, Alert, Expr string
}

func rules(t *testing.T) (all []rule) {
	t.Helper()
	var file struct {
		Groups []struct{ Rules []rule }
	}
	require.NoError(t, yaml.Unmarshal([]byte(example(t, "prometheus/huaweiid.rules.yml")), &file))
	for _, group := range file.Groups {
		all = append(all, group.Rules...)
	}
	require.NotEmpty(t, all)
	return all
}

var threshold = regexp.MustCompile(` > [0-9.]+( \* [0-9.]+)?`)

// ruleQueries leaves out the thresholds, since nothing is wrong here.
func ruleQueries(t *testing.T) (queries []string) {
	t.Helper()
	for _, r := range rules(t) {
		expr, _, _ := strings.Cut(r.Expr, " unless ")
		queries = append(queries, threshold.ReplaceAllString(expr, ""))
	}
	return queries
}

func TestRules_passTheirTests(t *testing.T) {
	t.Parallel()
	command := exec.Command(tool(t, "promtool"), "test", "rules", "huaweiid.test.yml")
	command.Dir = "../../examples/prometheus"
	output, err := command.CombinedOutput()
	require.NoError(t, err, "%s", output)
}

func TestAlerts_haveARunbookEntryEach(t *testing.T) {
	t.Parallel()
	for _, document := range []string{"../docs/operations.md", "../docs/zh/operations.md"} {
		text := example(t, document)
		for _, r := range rules(t) {
			if r.Alert != "" {
				assert.Contains(t, text, "| `"+r.Alert+"` |", document)
			}
		}
	}
}
