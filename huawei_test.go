package huaweiid

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

func TestClient_judgesEveryAnswer(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.Huawei.Retries = "0" })
	for token, code := range map[string]string{
		"mainland/1": "", "hongkong/1": "", "nophone/1": "", "nounion/1": "", "legacy/1": "", "unknownkeys/1": "",
		"profile/1": "", "warning/1": "", "quicklogin/1": "", "nsp0/1": "", "body/textplain/1": "", "body/dupes/1": "",
		"expired/1": codeTokenInvalid, "invalid/1": codeTokenInvalid, "forbidden/1": codePermissionDenied,
		"nsp/31204/1": codeTokenInvalid, "nsp/503/1": codeThrottled, "nsp/105/1": codeMisconfigured,
		"nsp/99/1": codeUnavailable, "http/302/1": codeMisconfigured, "http/590/1": codeUnavailable,
		"http/504/1": codeTimeout, "http/204/1": codeMalformed,
		"body/empty/1": codeMalformed, "body/html/1": codeMalformed, "body/gzip/1": codeMalformed, "body/huge/1": codeMalformed,
		"body/truncated/1": codeMalformed, "body/nested/1": codeMalformed, "body/array/1": codeMalformed,
		"body/string/1": codeMalformed, "body/null/1": codeMalformed, "body/error/1": codeMalformed,
		"body/noopenid/1": codeMalformed, "body/emptyopenid/1": codeMalformed, "body/numberopenid/1": codeMalformed,
		"body/nullopenid/1": codeMalformed, "body/objectopenid/1": codeMalformed, "body/crlfopenid/1": codeMalformed,
		"body/nulopenid/1": codeMalformed, "body/emojiopenid/1": codeMalformed, "body/spaceopenid/1": codeMalformed,
		"body/longopenid/1": codeMalformed, "body/crlfphone/1": codeMalformed, "body/crlfunion/1": codeMalformed,
		"body/numberphone/1": codeMalformed, "body/numberunion/1": codeMalformed, "body/trailing/1": codeMalformed,
	} {
		v := lookUp(r.client, token)
		user, known := huaweisim.UserOf(token)
		require.Equal(t, code == "", known, "%s: does the simulator agree?", token)
		if code == "" {
			require.Nil(t, v.outcome, token)
			want := newIdentity(user.OpenID, user.UnionID, user.MobileNumber, user.PhoneCountryCode, user.PurePhoneNumber)
			require.Equal(t, want, v.identity, token)
			continue
		}
		require.Nil(t, v.identity, token)
		require.NotNil(t, v.outcome, token)
		require.Equal(t, code, v.outcome.code, token)
		require.NotContains(t, v.cause, token)
	}
}

func TestClient_acceptsOnlyTokensOfOurApps(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) {
		c.Audience.ClientIDs = []string{huaweisim.ClientID, "5"}
		c.Huawei.Retries = "0"
	})
	for token, code := range map[string]string{
		"mainland/1": "", "numericclient/1": "", "expires/30/1": "", "warning/1": "", "nounion/1": "",
		"foreign/1": codeTokenForeign, "apptoken/1": codeTokenForeign, "mismatch/1": codeTokenForeign,
		"mismatch-union/1": codeTokenForeign, "expires/0/1": codeTokenInvalid, "expires/-5/1": codeTokenInvalid,
		"revoked/1": codeTokenInvalid, "invalid/1": codeTokenInvalid, "expired/1": codeTokenInvalid,
		"forbidden/1": codePermissionDenied, "nsp/503/1": codeThrottled,
		"tinfo/nsp/503/1": codeThrottled, "tinfo/nsp/501/1": codeMisconfigured, "tinfo/http/404/1": codeMisconfigured,
		"tinfo/body/empty/1": codeMalformed, "tinfo/body/html/1": codeMalformed, "tinfo/body/gzip/1": codeMalformed, "tinfo/body/huge/1": codeMalformed,
		"tinfo/body/nested/1": codeMalformed, "tinfo/body/array/1": codeMalformed, "tinfo/body/noclient/1": codeMalformed,
		"tinfo/body/notype/1": codeMalformed, "tinfo/body/stringtype/1": codeMalformed,
		"tinfo/body/noexpire/1": codeMalformed, "tinfo/body/objectclient/1": codeMalformed,
		"tinfo/body/escapedclient/1": "", "tinfo/body/othercase/1": "",
	} {
		v := lookUp(r.client, token)
		if code == "" {
			require.NotNil(t, v.identity, token)
			require.Positive(t, v.life, token)
			continue
		}
		require.Nil(t, v.identity, token)
		require.Equal(t, code, v.outcome.code, token)
	}
	require.Zero(t, r.calls("foreign/1"), "a foreign token's user is never asked for")
}

// Where no phone is asked for, what getTokenInfo says is the identity.
func TestClient_asksForNoMoreThanIsWanted(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) {
		c.Audience.ClientIDs = []string{huaweisim.ClientID}
		c.Headers.Phone = ""
		c.Huawei.Retries = "0"
	})
	for _, token := range []string{"mainland/1", "nophone/1", "legacy/1", "numericclient/1", "expires/30/1", "forbidden/1"} {
		v := lookUp(r.client, token)
		require.NotNil(t, v.identity, token)
		require.Positive(t, v.life, token)
		require.Empty(t, v.identity.phone+v.identity.countryCode+v.identity.national, token)
		if user, ok := huaweisim.UserOf(token); ok {
			require.Equal(t, newIdentity(user.OpenID, user.UnionID, "", "", ""), v.identity, token)
		}
	}
	for token, code := range map[string]string{
		"foreign/1": codeTokenForeign, "apptoken/1": codeTokenForeign, "expires/0/1": codeTokenInvalid, "revoked/1": codeTokenInvalid,
		"tinfo/body/noopenid/1": codeMalformed, "tinfo/body/crlfopenid/1": codeMalformed, "tinfo/body/noclient/1": codeMalformed,
		"tinfo/nsp/5/1": codePermissionDenied, "tinfo/http/502/1": codeUnavailable,
	} {
		v := lookUp(r.client, token)
		require.Nil(t, v.identity, token)
		require.Equal(t, code, v.outcome.code, token)
	}
	require.Zero(t, r.sim.Stats().Calls[huaweisim.GetInfo])
}

func TestClient_asksForThePhoneWhoeverWantsIt(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Config){
		"the header":       func(c *Config) { c.Headers.Phone = "X-Number" },
		"the country code": func(c *Config) { c.Headers.PhoneCountryCode = "X-Country" },
		"the national one": func(c *Config) { c.Headers.PhoneNational = "X-National" },
		"phone.require":    func(c *Config) { c.Phone.Require = "true" },
	} {
		r := newRig(t, func(c *Config) {
			c.Audience.ClientIDs = []string{huaweisim.ClientID}
			c.Headers.Phone = ""
			change(c)
		})
		require.NotEmpty(t, lookUp(r.client, "mainland/1").identity.phone, name)
		require.Equal(t, 1, r.calls("mainland/1"), name)
	}
}

// As Huawei has it: NSP_STATUS 501, five times and more.
func TestClient_aURLThatNamesNoServiceIsMisconfigured(t *testing.T) {
	t.Parallel()
	sim := huaweisim.New()
	t.Cleanup(sim.Close)
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	for _, path := range []string{"/rest.php", "/rest.php?nsp_svc=GOpen.User.getinfo"} {
		r := newRig(t, func(c *Config) { c.Huawei.GetInfoURL = server.URL + path })
		for n := 0; n < 2*failuresToOpen; n++ {
			r.requireRefused(r.ask("mainland/"+strconv.Itoa(n)), codeMisconfigured)
		}
	}
}

// What an operator is to find out by the log.
func TestClient_namesCallAndCause(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) {
		c.Audience.ClientIDs = []string{huaweisim.ClientID}
		c.Huawei.Retries = "0"
	})
	for token, cause := range map[string]string{
		"http/503/1":          `getInfo: HTTP 503`,
		"nsp/7/1":             `getInfo: HTTP 200, NSP_STATUS "7"`,
		"http/204/1":          `getInfo: HTTP 204`,
		"body/empty/1":        `getInfo: HTTP 200, an empty body`,
		"body/html/1":         `getInfo: HTTP 200, the body is an HTML page`,
		"body/gzip/1":         `getInfo: HTTP 200, the body is compressed (gzip), although nobody asked for that`,
		"body/huge/1":         `getInfo: HTTP 200, the answer is larger than 64 KiB`,
		"body/array/1":        `getInfo: HTTP 200, the body is no JSON object`,
		"body/error/1":        `getInfo: HTTP 200, the body has an error, but there is no NSP_STATUS`,
		"body/numberopenid/1": `getInfo: HTTP 200, a member is no string`,
		"body/noopenid/1":     `getInfo: HTTP 200, the OpenID is missing, or a member is too long or not visible ASCII`,
		"tinfo/http/403/1":    `getTokenInfo: HTTP 403`,
		"tinfo/body/html/1":   `getTokenInfo: HTTP 200, the body is an HTML page`,
		"tinfo/body/gzip/1":   `getTokenInfo: HTTP 200, the body is compressed (gzip), although nobody asked for that`,
		"tinfo/body/notype/1": `getTokenInfo: HTTP 200, type or expire_in is missing, or a member has the wrong type`,
		"foreign/1":           `getTokenInfo: the token was issued to app ` + huaweisim.ForeignClientID,
		"apptoken/1":          `getTokenInfo: the token is no user's, but that of app ` + huaweisim.ClientID + ` itself`,
		"expires/0/1":         `getTokenInfo: the token has expired`,
	} {
		v := lookUp(r.client, token)
		require.NotNil(t, v.outcome, token)
		require.Equal(t, cause, v.cause, token)
	}
}

func TestClient_namesAnAppOnlyByItsClientID(t *testing.T) {
	t.Parallel()
	const none = "getTokenInfo: the token was issued to an app whose client_id is no client ID"
	for clientID, cause := range map[string]string{
		`"8"`:                               "getTokenInfo: the token was issued to app 8",
		`8`:                                 "getTokenInfo: the token was issued to app 8",
		`"` + strings.Repeat("8", 65) + `"`: none,
		`"SECRET"`:                          none,
		`"8 "`:                              none,
		`-8`:                                none,
		`8.5`:                               none,
		`"8\nlevel=error msg=forged"`:       none,
	} {
		body := `{"client_id":` + clientID + `,"type":0,"expire_in":100}`
		_, failure := getTokenInfo(fuzzClient(respond(200, "-", body), "7"), &lookup{ctx: context.Background()})
		require.Equal(t, codeTokenForeign, failure.outcome.code, clientID)
		require.Equal(t, cause, failure.cause, clientID)
	}
}

func TestClient_retriesOnlyWhereItHelps(t *testing.T) {
	t.Parallel()
	for retries, calls := range map[string]int{"0": 1, "1": 2, "3": 4} {
		r := newRig(t, func(c *Config) { c.Huawei.Retries = retries })
		for _, token := range []string{"http/502/1", "http/504/1", "nsp/70001402/1", "nsp/70020002/1"} {
			lookUp(r.client, token)
			require.Equal(t, calls, r.calls(token), token)
		}
		for _, token := range []string{"http/500/1", "http/503/1", "nsp/6/1", "nsp/403/1", "nsp/500/1", "nsp/503/1", "nsp/105/1",
			"body/html/1", "http/403/1", "http/429/1"} {
			lookUp(r.client, token)
			require.Equal(t, 1, r.calls(token), token)
		}
	}
}

func TestClient_aRetryCanSucceed(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"reset", "resetMidBody"} {
		r := newRig(t, nil)
		r.sim.SetFaults(huaweisim.Fault{Kind: kind, Count: 1})
		require.NotNil(t, lookUp(r.client, "mainland/1").identity, kind)
		require.Equal(t, 2, r.calls("mainland/1"), kind)
	}
}

func TestClient_theTimeoutBoundsAllAttempts(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) {
		c.Huawei.Timeout = "500ms"
		c.Huawei.Retries = "3"
	})
	r.sim.SetFaults(huaweisim.Fault{Kind: "hang"})
	start := time.Now()
	v := lookUp(r.client, "mainland/1")
	require.Equal(t, codeTimeout, v.outcome.code)
	require.Less(t, time.Since(start), 10*time.Second)
	require.Equal(t, 1, r.calls("mainland/1"), "no time is left for another")
}

// Of a connection that was handed over to another protocol, net/http no longer watches the time.
func TestClient_anAnswerThatSwitchesProtocolsEndsAtOnce(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		conn, _, err := rw.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
		<-release
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(release) })
	r := newRig(t, func(c *Config) { c.Huawei.GetInfoURL = server.URL })
	verdicts := make(chan *verdict)
	go func() { verdicts <- lookUp(r.client, "mainland/1") }()
	select {
	case v := <-verdicts:
		require.Equal(t, codeMalformed, v.outcome.code)
	case <-time.After(20 * time.Second):
		t.Fatal("no verdict, long after the time-out")
	}
}

func TestClient_startsNoPauseThatTheTimeoutDoesNotLeaveTimeFor(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) {
		c.Huawei.Timeout = "20ms" // and a pause takes 25 at least
		c.Huawei.Retries = "3"
	})
	pauses := 0
	r.client.sleep = func(time.Duration) { pauses++ }
	require.True(t, lookUp(r.client, "http/502/1").outcome.retried)
	require.Zero(t, pauses)
}

func TestClient_noConnectionIsUnavailable(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	address := server.URL
	server.Close()
	r := newRig(t, func(c *Config) { c.Huawei.GetInfoURL = address })
	v := lookUp(r.client, "mainland/1")
	require.Equal(t, codeUnavailable, v.outcome.code)
	host := strings.TrimPrefix(address, "http://")
	require.Contains(t, v.cause, "getInfo: dialling "+host+": ")
	require.Contains(t, v.cause, "refused")
}

func TestClient_honoursRetryAfterUpToAMinute(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for value, want := range map[string]time.Duration{
		"": 0, "0": 0, "7": 7 * time.Second, "3600": time.Minute, "99999999999999999999": time.Minute, "-1": 0, "soon": 0,
		"Wed, 21 Oct 2099 07:28:00 GMT": time.Minute, "Wed, 21 Oct 2015 07:28:00 GMT": 0,
	} {
		r.sim.SetFaults(huaweisim.Fault{Kind: "http", Status: 503, RetryAfter: value})
		require.Equal(t, want, lookUp(r.client, "mainland/1").retryAfter, value)
	}
}

func TestRetryAfter_aDateCountsFromTheAnswersOwn(t *testing.T) {
	t.Parallel()
	const date = "Wed, 21 Oct 2015 07:28:00 GMT"
	for value, want := range map[string]time.Duration{
		"Wed, 21 Oct 2015 07:28:20 GMT": 20 * time.Second, "Wed, 21 Oct 2015 07:29:20 GMT": time.Minute,
		"Wed, 21 Oct 2015 07:28:00 GMT": 0, "Wed, 21 Oct 2015 07:27:00 GMT": 0, "Wed, 21 Oct": 0,
	} {
		require.Equal(t, want, retryAfter(http.Header{"Retry-After": {value}, "Date": {date}}), value)
		require.Zero(t, retryAfter(http.Header{"Retry-After": {value}}), "an answer without a date")
	}
}

func TestClient_whatHuaweiWantsToBeLeftAloneForIsNotRetried(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.Huawei.Retries = "3" })
	r.sim.SetFaults(huaweisim.Fault{Kind: "http", Status: 502, RetryAfter: "30"})
	require.Equal(t, 30*time.Second, lookUp(r.client, "mainland/1").retryAfter)
	require.Equal(t, 1, r.calls("mainland/1"))
}

// tlsRig is a client of a TLS server whose certificate it may trust.
func tlsRig(t *testing.T, most uint16, trusted bool) *verdict {
	t.Helper()
	server := httptest.NewUnstartedServer(huaweisim.New())
	server.TLS = &tls.Config{MaxVersion: most, MinVersion: tls.VersionTLS10}
	server.StartTLS()
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	require.NoError(t, err)
	s := upstreamSettings{huawei: huaweiSettings{
		getInfoURL: "https://" + u.Host + huaweisim.GetInfoPath, timeout: 10 * time.Second, maxConcurrent: 1, proxyURL: secret{proxyDirect},
	}}
	if trusted {
		s.huawei.rootCAs = []string{certificateOf(server)}
	}
	c := newClient(s)
	t.Cleanup(c.pool.CloseIdleConnections)
	return lookUp(c, "mainland/1")
}

func certificateOf(server *httptest.Server) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
}

func TestClient_TLS(t *testing.T) {
	t.Parallel()
	require.NotNil(t, tlsRig(t, tls.VersionTLS13, true).identity)
	require.NotNil(t, tlsRig(t, tls.VersionTLS12, true).identity)
	require.Equal(t, codeUnavailable, tlsRig(t, tls.VersionTLS11, true).outcome.code, "TLS 1.2 or newer")
	require.Equal(t, codeUnavailable, tlsRig(t, tls.VersionTLS13, false).outcome.code, "an unknown authority")
}

func TestClient_neverFollowsARedirect(t *testing.T) {
	t.Parallel()
	var visits atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visits.Add(1) }))
	t.Cleanup(other.Close)
	server := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	t.Cleanup(server.Close)
	r := newRig(t, func(c *Config) { c.Huawei.GetInfoURL = server.URL })
	require.Equal(t, codeMisconfigured, lookUp(r.client, "mainland/1").outcome.code)
	require.Zero(t, visits.Load())
}

// Whoever answers in Huawei's place may answer with whatever it was sent, wherever an answer has room for it.
func TestClient_neverRepeatsWhatWasAnswered(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{
		"HTTP/1.1 200 OK\r\nNSP_STATUS: SECRET\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nNSP_STATUS: 6\r\nNSP_STATUS: SECRET\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 SECRET\r\n\r\n",
		"SECRET\r\n\r\n",
		"HTTP/1.1 200 OK\r\nSECRET\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: SECRET\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: SECRET\r\n\r\n",
		"HTTP/1.1 302 SECRET\r\nLocation: ::SECRET\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n\"SECRET\"",
		"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n\"SECRET\"",
		"HTTP/1.1 200 OK\r\nContent-Encoding: SECRET\r\nContent-Length: 6\r\n\r\nSECRET",
		"HTTP/1.1 200 OK\r\nContent-Type: text/SECRET\r\nContent-Length: 12\r\n\r\n<html>SECRET",
		"HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n{\"openID\":[SECRET]}",
		"HTTP/1.1 200 OK\r\nContent-Length: 19\r\n\r\n{\"openID\":\"SECRET \"}",
	} {
		address := alwaysAnswering(t, answer)
		r := newRig(t, func(c *Config) { c.Huawei.GetInfoURL = "http://" + address })
		v := lookUp(r.client, "token")
		require.NotNil(t, v.outcome, answer)
		require.NotContains(t, v.cause, "SECRET", answer)
		require.NotEmpty(t, v.cause)
		if strings.Contains(answer, " 302 ") {
			require.Equal(t, codeMisconfigured, v.outcome.code)
		}
	}
}

// alwaysAnswering is the address of a server that answers every request with these bytes and the end of the connection.
func alwaysAnswering(t *testing.T, answer string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = http.ReadRequest(bufio.NewReader(conn))
			_, _ = conn.Write([]byte(answer))
			_ = conn.Close()
		}
	}()
	return listener.Addr().String()
}

func TestClient_goesThroughTheProxy(t *testing.T) {
	t.Parallel()
	sim := huaweisim.New()
	t.Cleanup(sim.Close)
	proxy := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		if req.URL.Host != "huawei.invalid" {
			http.Error(rw, "not a proxy request", http.StatusBadRequest)
			return
		}
		sim.ServeHTTP(rw, req)
	}))
	t.Cleanup(proxy.Close)
	r := newRig(t, func(c *Config) {
		c.Huawei.ProxyURL = proxy.URL
		c.Huawei.GetInfoURL = "http://huawei.invalid" + huaweisim.GetInfoPath
	})
	require.NotNil(t, lookUp(r.client, "mainland/1").identity)
}

func TestClient_readsNoMoreOfAnAnswersHeadersThanOfItsBody(t *testing.T) {
	t.Parallel()
	for size, code := range map[int]string{maxAnswer / 2: "", 2 * maxAnswer: codeMalformed} {
		sim := huaweisim.New()
		t.Cleanup(sim.Close)
		server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
			rw.Header().Set("X-Filler", strings.Repeat("x", size))
			sim.ServeHTTP(rw, req)
		}))
		t.Cleanup(server.Close)
		r := newRig(t, func(c *Config) { c.Huawei.GetInfoURL = server.URL + huaweisim.GetInfoPath })
		v := lookUp(r.client, "mainland/1")
		if code == "" {
			require.NotNil(t, v.identity)
			continue
		}
		require.Equal(t, code, v.outcome.code)
		require.Equal(t, 1, sim.TokenCalls(huaweisim.GetInfo, "mainland/1"), "it is not repeated")
	}
}

// What a proxy answers may be anything, so that its status is all that is repeated.
func TestClient_namesAProxysRefusalByItsStatus(t *testing.T) {
	t.Parallel()
	address := alwaysAnswering(t, "HTTP/1.1 407 SECRET\r\nContent-Length: 6\r\n\r\nSECRET")
	r := newRig(t, func(c *Config) {
		c.Huawei.ProxyURL = "http://" + address
		c.Huawei.GetInfoURL = "https://huawei.invalid"
	})
	v := lookUp(r.client, "mainland/1")
	require.Equal(t, codeUnavailable, v.outcome.code)
	require.Equal(t, "getInfo: the proxy refuses to connect: HTTP 407", v.cause)
	require.True(t, v.unconnected)
}

func TestClient_reusesItsConnections(t *testing.T) {
	t.Parallel()
	var connections atomic.Int64
	server := httptest.NewUnstartedServer(huaweisim.New())
	server.Config.ConnState = countNew(&connections)
	server.Start()
	t.Cleanup(server.Close)
	r := newRig(t, func(c *Config) { c.Huawei.GetInfoURL = server.URL + huaweisim.GetInfoPath })
	for n := 0; n < 20; n++ {
		require.NotNil(t, lookUp(r.client, "mainland/"+strings.Repeat("x", n)).identity)
	}
	require.EqualValues(t, 1, connections.Load())
}

func countNew(connections *atomic.Int64) func(net.Conn, http.ConnState) {
	return func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
}

func TestClient_numbersCountAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for body, code := range map[string]string{
		`{"client_id":"7","type":0,"expire_in":100}`:                            "",
		`{"client_id":7,"type":0,"expire_in":100}`:                              "",
		`{"client_id":"7","type":0,"expire_in":100,"unknown":1e999}`:            "", // which no float64 holds
		`{"client_id":7.0,"type":0,"expire_in":100}`:                            codeTokenForeign,
		`{"client_id":"8","type":0,"expire_in":0}`:                              codeTokenForeign, // rather than expired
		`{"client_id":"7","type":0,"expire_in":1.5}`:                            codeMalformed,
		`{"client_id":"7","type":0.5,"expire_in":100}`:                          codeMalformed,
		`{"client_id":"7","type":0,"expire_in":99999999999999999999}`:           codeMalformed,
		`{"client_id":"7","type":0,"expire_in":100} trailing`:                   codeMalformed,
		`{"client_id":"7","type":0,"expire_in":100,"open_id":1e999}`:            codeMalformed,
		`{"client_id":"7","type":0,"expire_in":0}`:                              codeTokenInvalid,
		`{"client_id":"7","type":0,"expire_in":-9223372036854775808}`:           codeTokenInvalid,
		`{"client_id":"7","type":0}`:                                            codeMalformed,
		`{"client_id":"7","type":0,"expire_in":null}`:                           codeMalformed,
		`{"client_id":"7","expire_in":100}`:                                     codeMalformed,
		`{"client_id":"7","type":null,"expire_in":0}`:                           codeMalformed,
		`{"client_id":"7","type":-1,"expire_in":100}`:                           codeTokenForeign,
		`{"client_id":"7","type":0,"type":null,"expire_in":100}`:                codeMalformed,
		`{"client_id":"\u0037","type":-0,"expire_in":100}`:                      "",
		`{"client_id":"\u0038","type":0,"expire_in":100}`:                       codeTokenForeign,
		`{"client_id":"\"7\"","type":0,"expire_in":100}`:                        codeTokenForeign,
		`{"client_id":"\"7\"","type":-0,"expire_in":0}`:                         codeTokenForeign,
		`{"client_id":null,"type":0,"expire_in":100}`:                           codeMalformed,
		`{"client_id":"","type":0,"expire_in":100}`:                             codeMalformed,
		`{"client_id":true,"type":1,"expire_in":100}`:                           codeMalformed,
		`{"client_id":9007199254740993,"type":0,"expire_in":100,"open_id":"o"}`: codeTokenForeign,
	} {
		info, failure := getTokenInfo(fuzzClient(respond(200, "-", body), "7", "9007199254740992"), &lookup{ctx: context.Background()})
		if code == "" {
			require.Nil(t, failure, body)
			require.EqualValues(t, 100, *info.ExpireIn, body)
			continue
		}
		require.NotNil(t, failure, body)
		require.Equal(t, code, failure.outcome.code, body)
	}
}

// Of a lookup's later calls none has the whole time to connect. How much is left follows from what its token drew before, and what one
// client's tokens draw must not open the breaker for others.
func TestClient_aLaterCallThatIsTooLateToConnectIsNoFailureToConnect(t *testing.T) {
	t.Parallel()
	tooLate := func(req *http.Request) (*http.Response, error) {
		httptrace.ContextClientTrace(req.Context()).GetConn("huawei.test:443")
		return nil, context.DeadlineExceeded
	}
	for name, test := range map[string]struct {
		first     roundTrip
		clientIDs []string
		connects  bool
	}{
		"a retry":                         {first: respond(http.StatusBadGateway, "-", "")},
		"the second call":                 {first: respond(http.StatusOK, "-", `{"type":0,"client_id":"7","expire_in":60}`), clientIDs: []string{"7"}},
		"the first call":                  {first: tooLate, connects: true},
		"a retry of what did not connect": {first: func(*http.Request) (*http.Response, error) { return nil, errDial }, connects: true},
	} {
		calls := 0
		c := fuzzClient(func(req *http.Request) (*http.Response, error) {
			if calls++; calls == 1 {
				return test.first(req)
			}
			return tooLate(req)
		}, test.clientIDs...)
		c.retries = 1
		v := lookUp(c, "token")
		require.Equal(t, codeTimeout, v.outcome.code, name)
		require.Equal(t, test.connects, v.unconnected, name)
	}
}
