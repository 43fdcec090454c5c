package examples

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFile_servesInYAMLAndTOML(t *testing.T) {
	t.Parallel()
	for _, static := range []string{"traefik.yml", "traefik.toml"} {
		t.Run(static, func(t *testing.T) {
			t.Parallel()
			e := prepare(t, "file", appAddress)
			e.place(t)
			e.start(t, "--configFile="+static)
			e.tryAll(t)
		})
	}
}

func TestMultiApp_servesEachApplicationInItsWay(t *testing.T) {
	t.Parallel()
	e := prepare(t, "multi-app", appAddress, "127.0.0.1:9001", "127.0.0.1:9002", "127.0.0.1:9003")
	e.place(t)
	e.start(t, "--configFile=traefik.yml")
	e.tryAll(t)
}

// What is kept for an hour ends with the event that the simulator sends.
func TestRevocation_endsAnAnswerThatIsKeptForAnHour(t *testing.T) {
	t.Parallel()
	e := prepare(t, "revocation", appAddress)
	e.place(t)
	e.start(t, "--configFile=traefik.yml")
	e.tryAll(t)

	e.huawei.SendEventsTo("http://" + e.addresses[webAddress] + "/huawei/events")
	request := requestsOf(t, e.replaced(e.read(t, "README.md")))[0]
	status, _ := request.send(t)
	require.Equal(t, http.StatusOK, status)
	revoked, err := http.PostForm("http://"+e.addresses[huaweiAddress]+"/sim/revoke", url.Values{"token": {"mainland/1"}})
	require.NoError(t, err)
	require.NoError(t, revoked.Body.Close())
	status, body := request.send(t)
	assert.Equal(t, http.StatusUnauthorized, status)
	assert.Contains(t, body, "token_invalid")
	_, page := shown{url: "http://" + e.addresses[webAddress] + "/huawei/metrics"}.send(t)
	assert.Contains(t, page, `huaweiid_events_total{type="tokens-revoked",result="taken"} 1`)
}

// The metrics and the access log tell verdicts, of who is refused as of who is let in, and never one that a client has sent.
func TestEntryPoint_isInFrontOfEveryRouter(t *testing.T) {
	t.Parallel()
	e := prepare(t, "entrypoint", appAddress, "127.0.0.1:9001")
	e.addresses["127.0.0.1:8082"] = free(t)
	e.place(t)
	e.start(t, "--configFile=traefik.yml")
	e.tryAll(t)

	metrics := shown{url: "http://" + e.addresses["127.0.0.1:8082"] + "/metrics"}
	// Traefik counts and logs a request after it was answered.
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		log, err := os.ReadFile(filepath.Join(e.dir, "access.log"))
		require.NoError(c, err)
		_, page := metrics.send(t)
		for router, verdict := range map[string]struct{ status, identity string }{"shop": {"200", "verified"}, "blog": {"401", "token_missing"}} {
			assert.Regexp(c, `traefik_router_requests_total{code="`+verdict.status+`",identity="`+verdict.identity+`",[^}]*router="`+router+`@file"`, page)
			assert.Regexp(c, `"DownstreamStatus":`+verdict.status+`,.*"RouterName":"`+router+`@file".*"request_X-User-Status":"`+verdict.identity+`"`, string(log))
		}
		assert.NotRegexp(c, `identity="verified",[^}]*router="blog@file"`, page)
		assert.NotRegexp(c, `"RouterName":"blog@file".*"request_X-User-Status":"verified"`, string(log))
	}, patience, 50*time.Millisecond)
}
