package faults

import (
	"fmt"
	"net/http"
	"time"

	"github.com/traefik-huaweiid/huaweiid/e2e/traffic"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// Lengths of a fault. Where the breaker opens, it is before the first probe that Huawei is back after a short one, and
// between the first and the second after a long one. The longest ends after the second.
const (
	brief   = 2500 * time.Millisecond
	short   = 4 * time.Second
	long    = 9 * time.Second
	longest = 17 * time.Second
)

const (
	usualTimeout = 2 * time.Second
	// quickTimeout is for faults that are about it.
	quickTimeout = time.Second
	// usualStale is longer than any scenario but those that last longest.
	usualStale = 40 * time.Second
	// quickStale is for a fault that lasts longer than answers may be stale.
	quickStale = 3 * time.Second
)

var (
	throttled     = expectation{status: http.StatusServiceUnavailable, code: "huawei_throttled", opens: true}
	unavailable   = expectation{status: http.StatusBadGateway, code: "huawei_unavailable", opens: true}
	timedOut      = expectation{status: http.StatusGatewayTimeout, code: "huawei_timeout", opens: true}
	misconfigured = expectation{status: http.StatusBadGateway, code: "huawei_misconfigured"}
	malformed     = expectation{status: http.StatusBadGateway, code: "huawei_malformed"}
	invalid       = expectation{status: http.StatusUnauthorized, code: "token_invalid", definite: true}
	denied        = expectation{status: http.StatusForbidden, code: "permission_denied", definite: true}
	hostDenied    = expectation{status: http.StatusForbidden, code: "permission_denied"}
)

// scenarios gives all of them, those that last longest first.
func scenarios() []scenario {
	quick, usual := options{quickTimeout, usualStale, false}, options{usualTimeout, usualStale, false}
	all := []scenario{
		{name: "refusing connections past staleIfError", begin: (*traffic.Huawei).Shut, lasts: longest,
			options: options{usualTimeout, quickStale, false}, expect: unavailable},
		{name: "resetting connections for long", begin: fault(huaweisim.Fault{Kind: "reset"}), lasts: longest,
			options: usual, expect: unavailable},
		{name: "hanging for long", begin: fault(huaweisim.Fault{Kind: "hang"}), lasts: long, options: quick, expect: timedOut},
		{name: "HTTP 503, past staleIfError", begin: fault(status(503)), lasts: long,
			options: options{usualTimeout, quickStale, false}, expect: throttled},
		{name: "flapping", begin: fault(huaweisim.Fault{Kind: "reset"}), lasts: long, flaps: 700 * time.Millisecond,
			options: usual, expect: either(unavailable)},
		{name: "HTTP 503 with Retry-After 8", begin: fault(huaweisim.Fault{Kind: "http", Status: 503, RetryAfter: "8"}), lasts: short,
			options: usual, expect: askingFor(8*time.Second, throttled)},
		{name: "NSP 1302 with Retry-After 8", begin: fault(huaweisim.Fault{Kind: "nsp", NSP: "1302", RetryAfter: "8"}), lasts: short,
			options: usual, expect: askingFor(8*time.Second, throttled)},
		{name: "down from the start", begin: (*traffic.Huawei).Shut, lasts: short, cold: true, options: usual, expect: unavailable},
		{name: "refusing connections", begin: (*traffic.Huawei).Shut, lasts: short, options: usual, expect: unavailable},
		{name: "hanging", begin: fault(huaweisim.Fault{Kind: "hang"}), lasts: short, options: quick, expect: timedOut},
		{name: "slow, under the timeout", begin: fault(late(600 * time.Millisecond)), lasts: short, options: quick,
			expect: expectation{status: http.StatusGatewayTimeout, code: "huawei_timeout", unharmed: true}},
		{name: "slow, over the timeout", begin: fault(late(1400 * time.Millisecond)), lasts: short, options: quick, expect: timedOut},
		{name: "resetting mid-body", begin: fault(huaweisim.Fault{Kind: "resetMidBody"}), lasts: short, options: usual, expect: unavailable},
		{name: "every second call fails", begin: fault(huaweisim.Fault{Kind: "http", Status: 500, Rate: 0.5}), lasts: short,
			options: usual, expect: either(unavailable)},
		{name: "getTokenInfo hanging", begin: fault(huaweisim.Fault{API: huaweisim.GetTokenInfo, Kind: "hang"}), lasts: short,
			options: options{quickTimeout, usualStale, true}, expect: timedOut},
		{name: "getTokenInfo up, getInfo HTTP 502", begin: fault(huaweisim.Fault{API: huaweisim.GetInfo, Kind: "http", Status: 502}), lasts: short,
			options: options{usualTimeout, usualStale, true}, expect: either(unavailable)},
	}
	all = append(all, ofStatuses(usual)...)
	for _, kind := range []string{"garbage", "empty", "truncated", "oversize", "html", "gzip", "nested"} {
		all = append(all, scenario{name: "body " + kind, begin: fault(huaweisim.Fault{Kind: kind}), lasts: brief, options: usual, expect: malformed})
	}
	return all
}

// ofStatuses gives a scenario for each HTTP and NSP status that the contract has a row for, and for one that stands for
// all others.
func ofStatuses(o options) []scenario {
	var all []scenario
	for _, row := range []struct {
		http   []int
		nsp    []string
		expect expectation
	}{
		{http: []int{503, 429}, nsp: []string{"503", "1302", "4", "7", "8"}, expect: throttled},
		{http: []int{502}, nsp: []string{"70001402", "70020002"}, expect: unavailable},
		{http: []int{504}, expect: timedOut},
		{http: []int{500, 590, 599}, nsp: []string{"500", "70001401", "999"}, expect: unavailable},
		{http: []int{400, 404, 405, 302, 418}, nsp: []string{"3", "103", "105", "108", "501", "70001201"}, expect: misconfigured},
		{nsp: []string{"6", "102", "31204"}, expect: invalid},
		{nsp: []string{"403"}, expect: denied},
		{http: []int{403}, nsp: []string{"5"}, expect: hostDenied},
	} {
		lasts := brief
		if row.expect.opens {
			lasts = short
		}
		for _, s := range row.http {
			all = append(all, scenario{name: fmt.Sprintf("HTTP %d", s), begin: fault(status(s)), lasts: lasts, options: o, expect: row.expect})
		}
		for _, code := range row.nsp {
			f := huaweisim.Fault{Kind: "nsp", NSP: code}
			all = append(all, scenario{name: "NSP " + code, begin: fault(f), lasts: lasts, options: o, expect: row.expect})
		}
	}
	return all
}

func fault(f huaweisim.Fault) func(*traffic.Huawei) {
	return func(h *traffic.Huawei) { h.SetFaults(f) }
}

func status(s int) huaweisim.Fault {
	return huaweisim.Fault{Kind: "http", Status: s}
}

func late(d time.Duration) huaweisim.Fault {
	return huaweisim.Fault{Kind: "latency", Latency: d.String()}
}

func either(e expectation) expectation {
	e.opens, e.either = false, true
	return e
}

func askingFor(d time.Duration, e expectation) expectation {
	e.retryAfter = d
	return e
}

// end makes Huawei healthy.
func end(h *traffic.Huawei) error {
	h.SetFaults()
	return h.Open()
}
