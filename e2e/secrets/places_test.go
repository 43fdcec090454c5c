package secrets

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Places that are asked for by name.
const (
	ownLines   = "the plugin's lines in Traefik's log"
	otherLines = "Traefik's own lines in its log"
	accessLog  = "the access log"
	inRedis    = "a dump of Redis"

	middlewaresPath = "/api/http/middlewares?per_page=1000"
)

// internals are what Traefik shows at its internal entry point.
var internals = []string{
	"/debug/vars", middlewaresPath, "/api/rawdata", "/api/http/routers?per_page=1000", "/api/http/services?per_page=1000",
	"/api/overview", "/api/entrypoints", "/api/version", "/debug/pprof/goroutine?debug=2", "/debug/pprof/heap?debug=1", "/debug/pprof/cmdline",
}

// places are all texts that somebody other than the backend can read.
func (j *journal) places(t *testing.T) map[string]string {
	t.Helper()
	p := j.bed.proxy
	var own, others strings.Builder
	for _, line := range strings.SplitAfter(p.Log(), "\n") {
		if strings.Contains(line, "plugin=plugin-huaweiid") {
			own.WriteString(line)
		} else {
			others.WriteString(line)
		}
	}
	places := map[string]string{
		ownLines: own.String(), otherLines: others.String(), accessLog: p.AccessLog(),
		"lines and headers of the calls to Huawei": j.bed.noted(&j.bed.outgoing),
	}
	if j.bed.redis != nil {
		places[inRedis] = string(j.bed.redis.Dump())
	}
	for name, text := range j.answers {
		places["the answer to "+name] = text
	}
	for _, path := range internals {
		places[path] = get(t, p.APIURL()+path)
	}
	return places
}

func get(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, resp.StatusCode, url)
	return string(body)
}
