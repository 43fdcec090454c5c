package echo

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/rawhttp"
)

func TestBackend_reportsTheRequestAsItArrived(t *testing.T) {
	backend := Handler()
	server := httptest.NewServer(backend)
	defer server.Close()

	req, err := http.NewRequest(http.MethodPost, server.URL+"/a%2Fb?x=1&x=2", io.MultiReader(strings.NewReader("hello")))
	require.NoError(t, err)
	req.Host = "app.example"
	req.Header["X-Twice"] = []string{"one", "two"}
	req.Header["X-Quoted"] = []string{`say "[\n"`}
	req.Trailer = http.Header{"X-Last": {"bye"}}

	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()

	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Contains(t, string(body), `"X-Quoted": ["say \"[\\n\""]`, "one line per header")
	var seen Request
	require.NoError(t, json.Unmarshal(body, &seen))
	assert.Equal(t, "1", resp.Header.Get("X-Echo"))
	assert.Equal(t, http.MethodPost, seen.Method)
	assert.Equal(t, "HTTP/1.1", seen.Proto)
	assert.Equal(t, "app.example", seen.Host)
	assert.Equal(t, "/a%2Fb?x=1&x=2", seen.RequestURI)
	assert.Equal(t, "/a/b", seen.Path)
	assert.Equal(t, "x=1&x=2", seen.Query)
	assert.Equal(t, []string{"one", "two"}, seen.Header["X-Twice"])
	assert.Equal(t, http.Header{"X-Last": {"bye"}}, seen.Trailer)
	assert.Equal(t, int64(-1), seen.ContentLength)
	assert.Equal(t, int64(5), seen.BodyLength)
	assert.Equal(t, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", seen.BodySHA256)
	assert.Equal(t, int64(1), backend.Served())
}

func TestBackend_sendsThreeEventsAndTellsTheRequestInTheFirst(t *testing.T) {
	server := httptest.NewServer(Handler())
	defer server.Close()

	resp, err := http.Get(server.URL + "/sse")
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)

	assert.Equal(t, "text/event-stream", resp.Header.Get("Content-Type"))
	got := strings.Split(strings.TrimSpace(string(body)), "\n\n")
	require.Len(t, got, 3)
	var seen Request
	_, data, _ := strings.Cut(got[0], "data: ")
	require.NoError(t, json.Unmarshal([]byte(data), &seen))
	assert.Equal(t, "/sse", seen.Path)
	assert.Equal(t, "id: 3\nevent: echo\ndata: 3", got[2])
}

func TestBackend_upgradesAndEchoesBytes(t *testing.T) {
	server := httptest.NewServer(Handler())
	defer server.Close()
	conn, err := rawhttp.Dial(server.Listener.Addr().String(), 30*time.Second)
	require.NoError(t, err)
	defer conn.Close()

	resp, err := conn.Ask(rawhttp.Request{
		Target: "/upgrade", Host: "app.example", Lines: []string{"Connection: Upgrade", "Upgrade: echo"}, Body: "early ",
	}.String())
	require.NoError(t, err)
	require.Equal(t, http.StatusSwitchingProtocols, resp.StatusCode)
	assert.Equal(t, "echo", resp.Header.Get("Upgrade"))
	var seen Request
	require.NoError(t, json.Unmarshal([]byte(resp.Header.Get("X-Echo-Request")), &seen))
	assert.Equal(t, "app.example", seen.Host)

	fmt.Fprint(conn, "late\n")
	line, err := conn.Reader.ReadString('\n')
	require.NoError(t, err)
	assert.Equal(t, "early late\n", line)
}

func TestBackend_refusesAnUpgradeThatIsNone(t *testing.T) {
	recorder := httptest.NewRecorder()
	Handler().ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/upgrade", nil))
	assert.Equal(t, http.StatusUpgradeRequired, recorder.Code)
}
