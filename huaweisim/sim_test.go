package huaweisim_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// patience bounds waits for what happens at once unless something is broken.
const patience = time.Minute

// service is a simulator on a loopback port with a client that follows no
// redirects.
type service struct {
	*huaweisim.Sim
	t      *testing.T
	server *httptest.Server
	client *http.Client
}

func start(t *testing.T) *service {
	t.Helper()
	return startWith(t, (*httptest.Server).Start)
}

func startWith(t *testing.T, begin func(*httptest.Server)) *service {
	t.Helper()
	s := &service{Sim: huaweisim.New(), t: t}
	s.server = httptest.NewUnstartedServer(s.Sim)
	begin(s.server)
	t.Cleanup(func() {
		s.Close() // releases what hangs, which the server waits for
		s.server.Close()
	})
	s.client = s.server.Client()
	s.client.Timeout = patience
	s.client.Transport.(*http.Transport).DisableCompression = true // nor undo any
	s.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return s
}

// reply is a response read to its end.
type reply struct {
	status int
	nsp    string
	header http.Header
	body   string
}

func (r reply) members(t *testing.T) map[string]any {
	t.Helper()
	var m map[string]any
	require.NoError(t, json.Unmarshal([]byte(r.body), &m), r.body)
	return m
}

func (s *service) do(r *http.Request) reply {
	s.t.Helper()
	resp, err := s.client.Do(r)
	require.NoError(s.t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(s.t, err)
	return reply{resp.StatusCode, resp.Header.Get("NSP_STATUS"), resp.Header, string(body)}
}

func (s *service) request(method, path, body string) *http.Request {
	s.t.Helper()
	r, err := http.NewRequest(method, s.server.URL+path, strings.NewReader(body))
	require.NoError(s.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

// call is a request as a careful client sends it.
func (s *service) call(api, token string) *http.Request {
	s.t.Helper()
	if api == huaweisim.GetTokenInfo {
		return s.request(http.MethodPost, huaweisim.TokenInfoPath, url.Values{"access_token": {token}, "open_id": {"OPENID"}}.Encode())
	}
	return s.request(http.MethodPost, huaweisim.GetInfoPath, url.Values{"access_token": {token}}.Encode())
}

func (s *service) getInfo(token string) reply { return s.do(s.call(huaweisim.GetInfo, token)) }

func (s *service) getTokenInfo(token string) reply {
	return s.do(s.call(huaweisim.GetTokenInfo, token))
}

func TestSim_statusHeaderKeepsItsSpellingOnTheWire(t *testing.T) {
	t.Parallel()
	s := start(t)
	conn, err := net.Dial("tcp", s.server.Listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))

	const form = "access_token=expired"
	_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: sim\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s",
		huaweisim.GetInfoPath, len(form), form)
	require.NoError(t, err)
	wire, err := io.ReadAll(bufio.NewReader(conn))
	require.NoError(t, err)
	assert.Contains(t, string(wire), "\r\nNSP_STATUS: 6\r\n")
}

func TestSim_revokedTokenIsRefusedFromThenOn(t *testing.T) {
	t.Parallel()
	s := start(t)
	require.Equal(t, "", s.getInfo("mainland/1").nsp)
	require.Equal(t, "", s.getTokenInfo("mainland/1").nsp)

	s.Revoke("mainland/1")

	assert.Equal(t, "6", s.getInfo("mainland/1").nsp)
	assert.Equal(t, "31204", s.getTokenInfo("mainland/1").nsp)
	assert.Equal(t, "", s.getInfo("mainland/2").nsp, "another token")
}

func TestSim_redirectLeadsToAStrangersIdentity(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.client.CheckRedirect = nil
	user, _ := huaweisim.UserOf("mainland/1")
	s.SetFaults(huaweisim.Fault{Kind: "redirect"})

	followed := s.getInfo("mainland/1").members(t)

	assert.NotEmpty(t, followed["openID"])
	assert.NotEqual(t, user.OpenID, followed["openID"])
	assert.Equal(t, 1, s.Stats().RedirectsFollowed)
}

func TestSim_closeTwice(t *testing.T) {
	t.Parallel()
	s := huaweisim.New()
	s.Close()
	assert.NotPanics(t, s.Close)
}
