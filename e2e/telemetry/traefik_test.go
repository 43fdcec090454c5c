package telemetry

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/rawhttp"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// sums adds up a counter's samples by the values of labels.
func sums(t *testing.T, text, name string, labels ...string) map[string]float64 {
	t.Helper()
	var parser expfmt.TextParser
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	require.NoError(t, err)
	found := map[string]float64{}
	if families[name] == nil {
		return found
	}
	for _, m := range families[name].GetMetric() {
		var key []string
		for _, label := range labels {
			key = append(key, valueOf(m, label))
		}
		found[strings.Join(key, " ")] += m.GetCounter().GetValue()
	}
	return found
}

func valueOf(m *dto.Metric, label string) string {
	for _, pair := range m.GetLabel() {
		if pair.GetName() == label {
			return pair.GetValue()
		}
	}
	return ""
}

// Traefik's own metrics and access log have the verdict of every request, and the user.
func TestTraefik_tellsVerdictsAndUsers(t *testing.T) {
	for name, fast := range map[string]bool{"ordinary proxy": false, "fast proxy": true} {
		t.Run(name, func(t *testing.T) {
			b := start(t, fast)
			user, _ := huaweisim.UserOf("mainland/1")
			forged := "X-User-Status: forged"
			for range 3 {
				require.Equal(t, 200, b.send("enforce", "mainland/1", forged).StatusCode)
			}
			require.Equal(t, 401, b.send("enforce", "expired/1", forged, "x_user_status: verified").StatusCode)
			require.Equal(t, 401, b.send("enforce", "", forged).StatusCode)
			require.Equal(t, 200, b.send("removing", "mainland/1", forged).StatusCode)
			require.Equal(t, 401, b.send("removing", "expired/1").StatusCode)
			require.Equal(t, 200, b.send("report", "", forged).StatusCode)

			// The client's user name is nobody's.
			require.Equal(t, 401, b.sendTo("http://mallory@enforce.test/orders", "enforce", "").StatusCode)
			redirected := b.send("redirecting", "mainland/1")
			assert.Equal(t, "http://elsewhere.test/orders", redirected.Header.Get("Location"))
			answer, err := io.ReadAll(b.send("enforce", "mainland/1").Body)
			require.NoError(t, err)
			var arrived struct {
				RequestURI string      `json:"requestURI"`
				Header     http.Header `json:"header"`
			}
			require.NoError(t, json.Unmarshal(answer, &arrived))
			assert.Equal(t, "/orders", arrived.RequestURI)
			assert.Equal(t, []string{"Bearer mainland/1"}, arrived.Header["Authorization"])

			want := map[string]float64{
				"enforce@file verified": 4, "enforce@file token_invalid": 1, "enforce@file token_missing": 2,
				"removing@file verified": 1, "removing@file token_invalid": 1, "report@file token_missing": 1,
				"redirecting@file verified": 1,
			}
			var got map[string]float64
			require.Eventually(t, func() bool {
				got = sums(t, b.get("/metrics"), "traefik_router_requests_total", "router", "identity")
				return len(b.accessLog()) >= 11
			}, 20*time.Second, 50*time.Millisecond)
			for key := range got {
				if strings.HasPrefix(key, "metrics@") || strings.Contains(key, "@internal") {
					delete(got, key)
				}
			}
			assert.Equal(t, want, got)

			users := map[string]int{}
			for _, line := range b.accessLog() {
				users[line.Router+" "+line.Status+" "+line.User]++
			}
			assert.Equal(t, map[string]int{
				"enforce@file verified " + user.OpenID: 4, "enforce@file token_invalid -": 1, "enforce@file token_missing -": 2,
				"removing@file verified " + user.UnionID: 1, "removing@file token_invalid -": 1, "report@file token_missing -": 1,
				"redirecting@file verified " + user.OpenID: 1,
			}, users)
			assert.NotContains(t, b.proxy.Log(), user.OpenID, "no other log has the user")
		})
	}
}

// What hands on a copy of the request keeps from Traefik what the plugin behind it learnt.
func TestTraefik_isToldNothingBehindWhatHandsOnACopy(t *testing.T) {
	b := start(t, false)
	user, _ := huaweisim.UserOf("mainland/1")
	want := map[string]accessLine{"prefixed": {User: user.OpenID, Status: "verified"}, "retried": {User: "-"}, "buffered": {User: "-"}}
	for router := range want {
		require.Equal(t, http.StatusOK, b.send(router, "mainland/1").StatusCode)
	}
	require.Eventually(t, func() bool { return strings.Count(b.proxy.AccessLog(), "\n") == len(want) }, 20*time.Second, 50*time.Millisecond)
	for _, text := range strings.Split(strings.TrimSpace(b.proxy.AccessLog()), "\n") {
		var line accessLine
		require.NoError(t, json.Unmarshal([]byte(text), &line))
		router, _, _ := strings.Cut(line.Router, "@")
		line.Router = ""
		assert.Equal(t, want[router], line, router)
	}
}

// Traefik writes the URL of a request whose answer broke off into its log. Whoever were named there would be in that log.
func TestTraefik_anAnswerThatBreaksOffHasNoUserInAnyLog(t *testing.T) {
	b := start(t, false)
	conn, err := rawhttp.Dial(b.proxy.Addr(), 20*time.Second)
	require.NoError(t, err)
	defer conn.Close()
	resp, err := conn.Ask("GET http://mallory@breaking.test/orders HTTP/1.1\r\nHost: breaking.test\r\nAuthorization: Bearer mainland/1\r\n\r\n")
	if err == nil {
		_, err = io.ReadAll(resp.Body)
	}
	require.Error(t, err, "it broke off")
	require.Eventually(t, func() bool { return len(b.accessLog()) == 1 }, 20*time.Second, 50*time.Millisecond)
	assert.Equal(t, accessLine{Router: "breaking@file", User: "-", Status: "verified"}, b.accessLog()[0])
	assert.Contains(t, b.proxy.Log(), "http://breaking.test/orders]: net/http: abort Handler")
	user, _ := huaweisim.UserOf("mainland/1")
	assert.NotContains(t, b.proxy.Log(), user.OpenID)
}

// On the paths that the plugin answers itself, a client chooses neither the label nor the user.
func TestTraefik_isToldNothingByClientsWhereThePluginAnswers(t *testing.T) {
	b := start(t, false)
	statuses := map[string]int{"/figures": 200, "/told": 405, "/orders": 401}
	for path, status := range statuses {
		require.Equal(t, status, b.sendTo("http://mallory@answering.test"+path, "answering", "", "X-User-Status: forged", "x_user_status: forged").StatusCode, path)
	}
	require.Eventually(t, func() bool { return strings.Count(b.proxy.AccessLog(), "answering@file") == len(statuses) }, 20*time.Second, 50*time.Millisecond)
	assert.NotContains(t, b.proxy.AccessLog(), "mallory")
	assert.NotContains(t, b.proxy.AccessLog(), "forged")
	labels := sums(t, b.get("/metrics"), "traefik_router_requests_total", "router", "identity")
	assert.Equal(t, map[string]float64{"answering@file ": 2, "answering@file token_missing": 1}, labels)
	assert.Equal(t, 3.0, sums(t, b.get(metricsPath), "huaweiid_forged_headers_total", "middleware")["answering@file"], "and it is said")
}

type accessLine struct {
	Router string `json:"RouterName"`
	User   string `json:"ClientUsername"`
	Status string `json:"request_X-User-Status"`
}

func (b *bed) accessLog() []accessLine {
	var lines []accessLine
	for _, text := range strings.Split(b.proxy.AccessLog(), "\n") {
		var line accessLine
		if json.Unmarshal([]byte(text), &line) == nil && line.Status != "" {
			lines = append(lines, line)
		}
	}
	return lines
}
