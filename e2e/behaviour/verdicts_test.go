package behaviour

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// Huawei's answers and what becomes of each.

// verdict is a line of the table of answers.
type verdict struct {
	status     int
	code       string
	remembered bool
	retried    bool
	aboutHost  bool // and not about the token
	nsp        []string
	http       []string
}

// refusal is what comes of it where nothing is known of the token.
func (v verdict) refusal() want {
	w := refuses(v.status, v.code)
	w.silent = v.aboutHost
	return w
}

var verdicts = []verdict{
	{status: 401, code: "token_invalid", remembered: true, nsp: []string{"6", "102", "31204"}},
	{status: 403, code: "permission_denied", remembered: true, nsp: []string{"403"}},
	{status: 403, code: "permission_denied", aboutHost: true, nsp: []string{"5"}, http: []string{"403"}},
	{status: 503, code: "huawei_throttled", nsp: []string{"503", "1302", "4", "7", "8"}, http: []string{"503", "429"}},
	{status: 502, code: "huawei_unavailable", retried: true, nsp: []string{"70001402", "70020002"}, http: []string{"502"}},
	{status: 504, code: "huawei_timeout", retried: true, http: []string{"504"}},
	{status: 502, code: "huawei_unavailable", nsp: []string{"500", "70001401", "1", "2", "00", "000006", "4294967296"},
		http: []string{"500", "590", "501", "505", "599"}},
	{status: 502, code: "huawei_misconfigured", nsp: []string{"3", "103", "105", "108", "501", "70001201"},
		http: []string{"400", "404", "405", "301", "302", "304", "307", "308", "401", "402", "418", "451"}},
}

// answers are the tokens that bring a code, on a page of its own, over a good user's answer, and without a body: the code
// decides, whatever the body says.
func (v verdict) answers() []string {
	var tokens []string
	for _, code := range v.nsp {
		tokens = append(tokens, "nsp/"+code, "nspgood/"+code, "nspempty/"+code)
	}
	for _, status := range v.http {
		tokens = append(tokens, "http/"+status)
		if status >= "400" {
			tokens = append(tokens, "httpgood/"+status)
		}
	}
	return tokens
}

// spoken is a token in a row's name: a slash would make two levels of it.
func spoken(token string) string { return strings.ReplaceAll(token, "/", " ") }

// lookups is how many calls two requests make, each.
func (v verdict) lookups(retries int) (first, second int) {
	calls := 1
	if v.retried {
		calls += retries
	}
	if v.remembered {
		return calls, 0
	}
	return calls, calls
}

func verdictRows() []row {
	var rows []row
	for _, v := range verdicts {
		for _, token := range v.answers() {
			first, second := v.lookups(1)
			sent := bearer("{" + token + "}")
			rows = append(rows, row{
				name: fmt.Sprintf("getInfo answers %s: %d %s", spoken(token), v.status, v.code),
				steps: []step{
					{sent, v.refusal().asking(first)},
					{sent, v.refusal().asking(second)},
				},
			})
		}
	}
	return append(rows,
		row{
			name:  "getInfo answers NSP_STATUS 0: success, as Huawei's general list says",
			steps: []step{{bearer("{nsp0}"), forwards("{nsp0}").asking(1)}},
		},
		row{
			name:  "getInfo answers NSP_STATUS 0 over an error: no identity",
			steps: []step{{bearer("{nsp/0}"), refuses(502, "huawei_malformed").asking(1)}},
		},
		row{
			name:  "getInfo answers HTTP 204: no identity",
			steps: []step{{bearer("{http/204}"), refuses(502, "huawei_malformed").asking(1)}},
		},
		deniedHostRow("HTTP 403", huaweisim.Fault{Kind: "http", Status: 403}),
		deniedHostRow("NSP_STATUS 5", huaweisim.Fault{Kind: "nsp", NSP: "5"}),
		row{
			name: "a user whose token is refused is told so though another's is good",
			steps: []step{
				{bearer("{mainland}"), forwards("{mainland}").asking(1)},
				{bearer("{expired}"), refuses(401, "token_invalid").asking(1)},
			},
		},
	)
}

// deniedHostRow has Huawei refuse to be asked by this host: more often than failures would open the breaker, and no answer
// that counts at all is fresh.
func deniedHostRow(spoken string, denied huaweisim.Fault) row {
	return row{
		name:   spoken + " is about this host: known users go on, newcomers are refused, and the breaker stays closed",
		config: "cache: {ttl: 1ns}\nheaders: {status: X-Status}",
		script: func(t *testing.T, v *visit) {
			known := bearer("{mainland#1}")
			v.step(t, step{known, forwards("{mainland#1}").telling(told{"X-Status": says("verified")}).asking(1)})
			v.huawei.SetFaults(denied)
			for range 7 {
				v.step(t, step{bearer("{mainland#2}"), refuses(403, "permission_denied").unchallenged().asking(1)})
				v.step(t, step{known, forwards("{mainland#1}").telling(told{"X-Status": says("stale")}).asking(anyNumber)})
			}
		},
	}
}

// without is a configuration in which every failure shows once.
const withoutRetries = "huawei: {retries: 0}"

func retryRows() []row {
	var rows []row
	for _, v := range verdicts {
		for _, retries := range []int{0, 3} {
			token := v.answers()[0]
			first, _ := v.lookups(retries)
			rows = append(rows, row{
				name:   fmt.Sprintf("with %d retries, %s asks %d times", retries, spoken(token), first),
				config: fmt.Sprintf("huawei: {retries: %d}", retries),
				steps:  []step{{bearer("{" + token + "}"), v.refusal().asking(first)}},
			})
		}
	}
	return append(rows, connectionFailureRows()...)
}

// logging has the log say why a lookup failed, in a line of the row's middleware.
func logging(cause string) func(*testing.T, *visit) {
	return func(t *testing.T, v *visit) {
		t.Helper()
		middleware := "middleware=" + routerName(v.number, "") + "@file "
		assert.Eventually(t, func() bool {
			for _, line := range strings.Split(v.host.log(), "\n") {
				if strings.Contains(line, middleware) && strings.Contains(line, cause) {
					return true
				}
			}
			return false
		}, answerTimeout, 10*time.Millisecond, "the log has no line with %q and %q", middleware, cause)
	}
}

func connectionFailureRows() []row {
	return []row{
		{
			name:   "a retry that succeeds is a success",
			faults: []huaweisim.Fault{{Kind: "http", Status: 502, Count: 1}},
			steps:  []step{{bearer("{mainland}"), forwards("{mainland}").asking(2)}},
		},
		{
			name:   "three failures are made good by three retries",
			config: "huawei: {retries: 3}",
			faults: []huaweisim.Fault{{Kind: "nsp", NSP: "70001402", Count: 3}},
			steps:  []step{{bearer("{mainland}"), forwards("{mainland}").asking(4)}},
		},
		{
			name:   "a retry that is refused is a refusal",
			faults: []huaweisim.Fault{{Kind: "reset", Count: 1}},
			steps: []step{
				{bearer("{expired}"), refuses(401, "token_invalid").asking(2)},
				{bearer("{expired}"), refuses(401, "token_invalid")},
			},
		},
		{
			name:   "a failure is not remembered",
			config: withoutRetries,
			faults: []huaweisim.Fault{{Kind: "http", Status: 502, Count: 1}},
			steps: []step{
				{bearer("{mainland}"), refuses(502, "huawei_unavailable").asking(1)},
				{bearer("{mainland}"), forwards("{mainland}").asking(1)},
			},
		},
		{
			name:   "a refused connection is huawei_unavailable",
			config: `huawei: {getInfoURL: "{closed}"}`,
			steps:  []step{{bearer("{mainland}"), refuses(502, "huawei_unavailable")}},
			script: logging("getInfo: dialling 127.0.0.1:1: "),
		},
		{
			name:   "a name that does not resolve is huawei_unavailable",
			config: `huawei: {getInfoURL: "{unresolved}"}`,
			steps:  []step{{bearer("{mainland}"), refuses(502, "huawei_unavailable")}},
			script: logging("getInfo: dialling no..name:80: "),
		},
		{
			name:   "a connection that is reset is huawei_unavailable, and retried",
			faults: []huaweisim.Fault{{Kind: "reset"}},
			steps:  []step{{bearer("{mainland}"), refuses(502, "huawei_unavailable").asking(2)}},
		},
		{
			name:   "a connection that is reset in the middle of a good answer is huawei_unavailable, and retried",
			faults: []huaweisim.Fault{{Kind: "resetMidBody"}},
			steps:  []step{{bearer("{mainland}"), refuses(502, "huawei_unavailable").asking(2)}},
		},
		{
			name:   "an answer that takes too long is huawei_timeout, and leaves no time to retry",
			config: "huawei: {timeout: 200ms, retries: 3}",
			steps:  []step{{bearer("{slow/1m}"), refuses(504, "huawei_timeout").asking(1)}},
		},
		{
			name:   "an answer that never comes is huawei_timeout",
			config: "huawei: {timeout: 200ms}",
			faults: []huaweisim.Fault{{Kind: "hang"}},
			steps:  []step{{bearer("{mainland}"), refuses(504, "huawei_timeout").asking(1)}},
			script: logging("getInfo: no answer in time"),
		},
		{
			name:  "an answer that takes a while is waited for",
			steps: []step{{bearer("{slow/300ms}"), forwards("{slow/300ms}").asking(1)}},
		},
		{
			name:   "a redirect is not followed",
			faults: []huaweisim.Fault{{Kind: "redirect"}},
			steps:  []step{{bearer("{mainland}"), refuses(502, "huawei_misconfigured").asking(1)}},
		},
		{
			name:   "Huawei over TLS is believed by the configured certificates",
			config: `huawei: {getInfoURL: "{tls}", allowHTTP: true, rootCAs: [{certificate}]}`,
			steps:  []step{{bearer("{mainland}"), forwards("{mainland}").asking(1)}},
		},
		{
			name:   "Huawei over TLS is not believed without its certificate",
			config: `huawei: {getInfoURL: "{tls}", timeout: 20s}`, // the system's certificates are read first, which may take a while
			steps:  []step{{bearer("{mainland}"), refuses(502, "huawei_unavailable")}},
			script: logging("getInfo: the certificate is not trusted: "),
		},
		{
			name:   "an answer that switches protocols is huawei_malformed",
			config: `huawei: {getInfoURL: "{switching}"}`,
			steps:  []step{{bearer("{mainland}"), refuses(502, "huawei_malformed")}},
		},
		{
			name:   "Huawei over TLS can be asked through a proxy",
			config: `huawei: {getInfoURL: "{tls}", rootCAs: [{certificate}], proxyURL: "{proxy}"}`,
			steps:  []step{{bearer("{mainland}"), forwards("{mainland}").asking(1)}},
		},
		{
			name:   "a proxy that refuses to connect is huawei_unavailable",
			config: `huawei: {getInfoURL: "{tls}", rootCAs: [{certificate}], proxyURL: "{refusing proxy}"}`,
			steps:  []step{{bearer("{mainland}"), refuses(502, "huawei_unavailable")}},
			script: logging("getInfo: the proxy refuses to connect: HTTP 407"),
		},
		{
			name:   "a server that speaks no TLS is huawei_unavailable",
			config: `huawei: {getInfoURL: "{tls to plain}", rootCAs: [{certificate}]}`,
			steps:  []step{{bearer("{mainland}"), refuses(502, "huawei_unavailable")}},
			script: logging("getInfo: the TLS handshake with 127.0.0.1:"),
		},
		{
			name:   "TLS older than 1.2 is not spoken",
			config: `huawei: {getInfoURL: "{old tls}", rootCAs: [{certificate}]}`,
			steps:  []step{{bearer("{mainland}"), refuses(502, "huawei_unavailable")}},
		},
	}
}
