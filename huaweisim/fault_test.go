package huaweisim_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

func TestFault_answers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		fault  huaweisim.Fault
		status int // 0 = 200
		nsp    string
		check  func(*testing.T, string, reply)
	}{
		{fault: huaweisim.Fault{Kind: "latency", Latency: "1ms"}, check: nobody},
		{fault: huaweisim.Fault{Kind: "http", Status: 502}, status: 502, check: matches("<html>")},
		{fault: huaweisim.Fault{Kind: "http", Status: 204}, status: 204, check: body("")},
		{fault: huaweisim.Fault{Kind: "nsp", NSP: "70001401"}, nsp: "70001401", check: errorText("system internal error")},
		{fault: huaweisim.Fault{Kind: "redirect"}, status: 302, check: body("")},
		{fault: huaweisim.Fault{Kind: "garbage"}, check: invalidJSON},
		{fault: huaweisim.Fault{Kind: "empty"}, check: body("")},
		{fault: huaweisim.Fault{Kind: "truncated"}, check: invalidJSON},
		{fault: huaweisim.Fault{Kind: "oversize"}, check: huge},
		{fault: huaweisim.Fault{Kind: "html"}, check: matches("<html>")},
		{fault: huaweisim.Fault{Kind: "gzip"}, check: gzipped},
		{fault: huaweisim.Fault{Kind: "nested"}, check: nested},
	}
	for _, test := range tests {
		t.Run(test.fault.Kind, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			s.SetFaults(test.fault)
			if test.status == 0 {
				test.status = http.StatusOK
			}
			for _, r := range []reply{s.getInfo("mainland/1"), s.getTokenInfo("mainland/1")} {
				assert.Equal(t, test.status, r.status)
				assert.Equal(t, test.nsp, r.nsp)
				test.check(t, "mainland/1", r)
			}
		})
	}
}

func TestFault_hitsTheNamedAPIOnly(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.SetFaults(huaweisim.Fault{API: huaweisim.GetTokenInfo, Kind: "nsp", NSP: "500"})
	assert.Equal(t, "", s.getInfo("mainland/1").nsp)
	assert.Equal(t, "500", s.getTokenInfo("mainland/1").nsp)
}

func TestFault_carriesRetryAfter(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, fault := range []huaweisim.Fault{
		{Kind: "http", Status: 503, RetryAfter: "7"},
		{Kind: "nsp", NSP: "503", RetryAfter: "Wed, 21 Oct 2099 07:28:00 GMT"},
	} {
		s.SetFaults(fault)
		assert.Equal(t, fault.RetryAfter, s.getInfo("mainland/1").header.Get("Retry-After"))
	}
}

func TestFault_rateSpreadsHitsEvenly(t *testing.T) {
	t.Parallel()
	for rate, want := range map[float64]string{
		0:    "xxxxxxxxxxxx",
		1:    "xxxxxxxxxxxx",
		0.5:  ".x.x.x.x.x.x",
		0.25: "...x...x...x",
		0.1:  ".........x..",
	} {
		s := start(t)
		s.SetFaults(huaweisim.Fault{Kind: "nsp", NSP: "500", Rate: rate})
		assert.Equal(t, want, pattern(s, len(want)), "rate %v", rate)
	}
}

func TestFault_countEndsIt(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.SetFaults(huaweisim.Fault{Kind: "nsp", NSP: "500", Count: 2})
	assert.Equal(t, "xx...", pattern(s, 5))
	s.SetFaults(huaweisim.Fault{Kind: "nsp", NSP: "500", Count: 2, Rate: 0.5})
	assert.Equal(t, ".x.x....", pattern(s, 8), "counts calls that are hit")
}

func TestFault_firstThatHitsDecides(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.SetFaults(
		huaweisim.Fault{Kind: "nsp", NSP: "500", Count: 1},
		huaweisim.Fault{Kind: "http", Status: 502, Count: 1},
	)
	assert.Equal(t, "500", s.getInfo("mainland/1").nsp)
	assert.Equal(t, http.StatusBadGateway, s.getInfo("mainland/1").status)
	assert.Equal(t, ".", pattern(s, 1))
}

func TestFault_clearedByNone(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.SetFaults(huaweisim.Fault{Kind: "nsp", NSP: "500"})
	require.Equal(t, "x", pattern(s, 1))
	s.SetFaults()
	assert.Equal(t, ".", pattern(s, 1))
}

// pattern calls n times, x for every call that NSP_STATUS 500 hit.
func pattern(s *service, n int) string {
	s.t.Helper()
	var b strings.Builder
	for i := 0; i < n; i++ {
		if s.getInfo("mainland/1").nsp == "500" {
			b.WriteByte('x')
		} else {
			b.WriteByte('.')
		}
	}
	return b.String()
}

func TestFault_latencyCombinesWithWhatFollows(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.SetFaults(
		huaweisim.Fault{Kind: "latency", Latency: "20ms"},
		huaweisim.Fault{Kind: "latency", Latency: "10ms"},
		huaweisim.Fault{Kind: "nsp", NSP: "503", Count: 1},
	)
	for _, nsp := range []string{"503", ""} {
		begin := time.Now()
		assert.Equal(t, nsp, s.getInfo("mainland/1").nsp)
		assert.GreaterOrEqual(t, time.Since(begin), 30*time.Millisecond)
	}
}

func TestFault_latencyEndsWithTheClient(t *testing.T) {
	t.Parallel()
	for _, set := range []struct {
		name, token string
		faults      []huaweisim.Fault
	}{
		{"fault", "mainland/1", []huaweisim.Fault{{Kind: "latency", Latency: "1h"}}},
		{"slow token", "slow/1h/1", nil},
	} {
		t.Run(set.name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			s.SetFaults(set.faults...)
			ctx, leave := context.WithCancel(context.Background())
			failed := s.inBackground(ctx, set.token)
			s.awaitUnderWay(1)
			leave()
			assert.ErrorIs(t, <-failed, context.Canceled)
			s.awaitUnderWay(0)
		})
	}
}

func TestFault_hangIsReleased(t *testing.T) {
	t.Parallel()
	for name, release := range map[string]func(s *service, leave func()){
		"by the client's leaving": func(_ *service, leave func()) { leave() },
		"by new faults":           func(s *service, _ func()) { s.SetFaults() },
		"by Close":                func(s *service, _ func()) { s.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			s.SetFaults(huaweisim.Fault{Kind: "hang"})
			ctx, leave := context.WithCancel(context.Background())
			defer leave()
			failed := s.inBackground(ctx, "mainland/1")
			s.awaitUnderWay(1)
			release(s, leave)
			assert.Error(t, <-failed)
			s.awaitUnderWay(0)
			assert.Equal(t, 1, s.Stats().Results[huaweisim.GetInfo]["cut"])
		})
	}
}

func TestFault_latencyEndsWithClose(t *testing.T) {
	t.Parallel()
	s := start(t)
	failed := s.inBackground(context.Background(), "slow/1h/1")
	s.awaitUnderWay(1)
	s.Close()
	assert.Error(t, <-failed)
}

func TestFault_nothingHangsAfterClose(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.SetFaults(huaweisim.Fault{Kind: "hang"})
	s.Close()
	assert.Error(t, <-s.inBackground(context.Background(), "mainland/1"))
}

// inBackground calls getInfo and delivers the error that the client gets.
func (s *service) inBackground(ctx context.Context, token string) <-chan error {
	r := s.call(huaweisim.GetInfo, token).WithContext(ctx)
	failed := make(chan error, 1)
	go func() {
		resp, err := s.client.Do(r)
		if err == nil {
			_ = resp.Body.Close()
		}
		failed <- err
	}()
	return failed
}

func (s *service) awaitUnderWay(n int) {
	s.t.Helper()
	require.Eventually(s.t, func() bool { return s.Stats().UnderWay == n }, patience, time.Millisecond)
}

func TestFault_connectionIsCut(t *testing.T) {
	t.Parallel()
	servers := map[string]func(*httptest.Server){
		"http":  (*httptest.Server).Start,
		"https": (*httptest.Server).StartTLS,
		"http2": func(s *httptest.Server) { s.EnableHTTP2 = true; s.StartTLS() },
	}
	for name, begin := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startWith(t, begin)

			s.SetFaults(huaweisim.Fault{Kind: "reset"})
			err := <-s.inBackground(context.Background(), "mainland/1")
			require.Error(t, err)
			if name != "http2" {
				assert.True(t, errors.Is(err, syscall.ECONNRESET), "%v", err)
			}

			s.SetFaults(huaweisim.Fault{Kind: "resetMidBody"})
			resp, err := s.client.Do(s.call(huaweisim.GetInfo, "mainland/1"))
			require.NoError(t, err)
			defer resp.Body.Close()
			part, err := io.ReadAll(resp.Body)
			require.Error(t, err)
			assert.Equal(t, http.StatusOK, resp.StatusCode)
			assert.EqualValues(t, resp.ContentLength/2, len(part))

			s.SetFaults()
			assert.Equal(t, http.StatusOK, s.getInfo("mainland/1").status)
		})
	}
}

func TestFault_nonsenseIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.SetFaults(huaweisim.Fault{Kind: "nsp", NSP: "500"})
	tests := []struct{ body, says string }{
		{``, "empty body"},
		{`null`, "neither a JSON object nor an array"},
		{`"hang"`, "neither a JSON object nor an array"},
		{`{"kind":"hang"`, "unexpected EOF"},
		{`{"kind":"hang"} {"kind":"hang"}`, "something follows"},
		{`{"kind":"hang","probability":1}`, `unknown field "probability"`},
		{`{"kind":"hang","count":"3"}`, "count"},
		{`{}`, `kind: "" is none of empty, garbage, gzip, hang, html, http, latency`},
		{`{"kind":"refuse"}`, `kind: "refuse"`},
		{`{"kind":"hang","api":"getinfo"}`, `api: "getinfo" is neither getInfo nor getTokenInfo`},
		{`{"kind":"hang","rate":-0.1}`, "rate: -0.1"},
		{`{"kind":"hang","rate":1.1}`, "rate: 1.1"},
		{`{"kind":"hang","count":-1}`, "count: -1"},
		{`{"kind":"latency"}`, `latency: ""`},
		{`{"kind":"latency","latency":"soon"}`, `latency: "soon"`},
		{`{"kind":"latency","latency":"0s"}`, `latency: "0s"`},
		{`{"kind":"latency","latency":"-1s"}`, `latency: "-1s"`},
		{`{"kind":"latency","latency":"2h"}`, `latency: "2h"`},
		{`{"kind":"http","status":503,"latency":"1s"}`, "latency: has no meaning for kind http"},
		{`{"kind":"http"}`, "status: 0"},
		{`{"kind":"http","status":101}`, "status: 101"},
		{`{"kind":"http","status":600}`, "status: 600"},
		{`{"kind":"hang","status":503}`, "status: has no meaning for kind hang"},
		{`{"kind":"nsp"}`, `nsp: ""`},
		{`{"kind":"nsp","nsp":"6x"}`, `nsp: "6x"`},
		{`{"kind":"nsp","nsp":"12345678901"}`, `nsp: "12345678901"`},
		{`{"kind":"http","status":503,"nsp":"6"}`, "nsp: has no meaning for kind http"},
		{`{"kind":"hang","retryAfter":"7"}`, "retryAfter: has no meaning for kind hang"},
		{`{"kind":"http","status":503,"retryAfter":"7\r\nX: 1"}`, "retryAfter: "},
		{`[{"kind":"hang"},{"kind":"http"}]`, "fault 2: status: 0"},
		{`[` + strings.Repeat(`{"kind":"hang"},`, 100) + `{"kind":"hang"}]`, "101 faults: at most 100"},
		{strings.Repeat(" ", 64<<10) + `[]`, "reading body"},
	}
	for _, test := range tests {
		r := s.do(s.request(http.MethodPost, "/sim/faults", test.body))
		assert.Equal(t, http.StatusBadRequest, r.status, test.body)
		assert.Contains(t, r.body, test.says, test.body)
	}
	assert.Equal(t, "x", pattern(s, 1), "the faults in force stay")
}

func TestSetFaults_nonsensePanics(t *testing.T) {
	t.Parallel()
	s := huaweisim.New()
	defer s.Close()
	assert.PanicsWithValue(t, `huaweisim: fault 1: status: 0 is not between 200 and 599`, func() {
		s.SetFaults(huaweisim.Fault{Kind: "http"})
	})
}

func TestFault_jsonIsWhatTheControlTakes(t *testing.T) {
	t.Parallel()
	s := start(t)
	fault := huaweisim.Fault{API: huaweisim.GetInfo, Kind: "nsp", NSP: "500", RetryAfter: "7", Rate: 0.5, Count: 1}
	text, err := json.Marshal(fault)
	require.NoError(t, err)
	assert.JSONEq(t, `{"api":"getInfo","kind":"nsp","nsp":"500","retryAfter":"7","rate":0.5,"count":1}`, string(text))

	r := s.do(s.request(http.MethodPost, "/sim/faults", string(text)))
	assert.Equal(t, http.StatusOK, r.status, r.body)
	assert.Equal(t, ".x..", pattern(s, 4))
}
