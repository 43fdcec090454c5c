package huaweiid

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

func TestJudge_readsHTTPStatusThenNSPStatus(t *testing.T) {
	t.Parallel()
	require.Nil(t, judge(200, nil))
	require.Nil(t, judge(200, []string{"0"}))
	for _, test := range []struct {
		status int
		nsp    []string
		want   int
		code   string
	}{
		{200, []string{"6"}, 401, codeTokenInvalid},
		{200, []string{"102"}, 401, codeTokenInvalid},
		{200, []string{"31204"}, 401, codeTokenInvalid},
		{200, []string{"403"}, 403, codePermissionDenied},
		{200, []string{"5"}, 403, codePermissionDenied},
		{200, []string{"4"}, 503, codeThrottled},
		{200, []string{"7"}, 503, codeThrottled},
		{200, []string{"8"}, 503, codeThrottled},
		{200, []string{"503"}, 503, codeThrottled},
		{200, []string{"1302"}, 503, codeThrottled},
		{200, []string{"70001402"}, 502, codeUnavailable},
		{200, []string{"70020002"}, 502, codeUnavailable},
		{200, []string{"500"}, 502, codeUnavailable},
		{200, []string{"70001401"}, 502, codeUnavailable},
		{200, []string{"3"}, 502, codeMisconfigured},
		{200, []string{"103"}, 502, codeMisconfigured},
		{200, []string{"105"}, 502, codeMisconfigured},
		{200, []string{"108"}, 502, codeMisconfigured},
		{200, []string{"501"}, 502, codeMisconfigured},
		{200, []string{"70001201"}, 502, codeMisconfigured},
		{200, []string{"1"}, 502, codeUnavailable},
		{200, []string{"2"}, 502, codeUnavailable},
		{200, []string{"4711"}, 502, codeUnavailable},
		{200, []string{""}, 502, codeUnavailable},
		{200, []string{"06"}, 502, codeUnavailable},
		{200, []string{"0", "6"}, 502, codeUnavailable},
		{200, []string{"0", "0"}, 502, codeUnavailable},
		{403, nil, 403, codePermissionDenied},
		{503, []string{"6"}, 503, codeThrottled},
		{429, nil, 503, codeThrottled},
		{502, nil, 502, codeUnavailable},
		{504, nil, 504, codeTimeout},
		{500, []string{"0"}, 502, codeUnavailable},
		{590, nil, 502, codeUnavailable},
		{599, nil, 502, codeUnavailable},
		{400, nil, 502, codeMisconfigured},
		{401, nil, 502, codeMisconfigured},
		{404, nil, 502, codeMisconfigured},
		{405, nil, 502, codeMisconfigured},
		{302, nil, 502, codeMisconfigured},
		{204, nil, 502, codeMalformed},
		{999, nil, 502, codeMalformed},
	} {
		row := judge(test.status, test.nsp)
		require.NotNil(t, row, "%d %q", test.status, test.nsp)
		require.Equal(t, test.want, row.status, "%d %q", test.status, test.nsp)
		require.Equal(t, test.code, row.code, "%d %q", test.status, test.nsp)
	}
}

func TestOutcomes_sayWhatFollows(t *testing.T) {
	t.Parallel()
	type properties struct{ remembered, retried, definite, trips bool }
	nsp := func(code string) *outcome { return judge(200, []string{code}) }
	for name, test := range map[string]struct {
		row  *outcome
		want properties
	}{
		"expired":               {nsp("6"), properties{remembered: true, definite: true}},
		"another app's":         {outcomeByWhen[whenForeign], properties{remembered: true, definite: true}},
		"no permission":         {nsp("403"), properties{remembered: true, definite: true}},
		"this host, HTTP":       {judge(403, nil), properties{}},
		"this host, NSP_STATUS": {nsp("5"), properties{}},
		"throttled":             {nsp("7"), properties{trips: true}},
		"unavailable":           {nsp("70001402"), properties{retried: true, trips: true}},
		"no connection":         {outcomeByWhen[whenConnection], properties{retried: true, trips: true}},
		"time-out":              {outcomeByWhen[whenTimeout], properties{retried: true, trips: true}},
		"own failure":           {nsp("500"), properties{trips: true}},
		"misconfigured":         {nsp("501"), properties{}},
		"malformed":             {outcomeByWhen[whenMalformed], properties{}},
		"breaker open":          {outcomeByWhen[whenPaused], properties{}},
		"no slot":               {outcomeByWhen[whenCrowded], properties{}},
		"no token":              {outcomeByWhen[whenNoToken], properties{definite: true}},
		"no phone":              {outcomeByWhen[whenPhoneRequired], properties{definite: true}},
	} {
		got := properties{test.row.remembered, test.row.retried, test.row.definite, test.row.trips}
		require.Equal(t, test.want, got, name)
	}
	for _, row := range outcomes {
		require.False(t, row.remembered && !row.definite, "%s: what is remembered is about the token", row.code)
		require.False(t, row.definite && row.trips, "%s: what is about a token says nothing of Huawei", row.code)
		require.NotEmpty(t, details[row.code], "%s: a client is told what it means", row.code)
		require.NotEmpty(t, http.StatusText(row.status), row.code)
	}
}

func TestUpstream_aDeniedHostKeepsItsKnownUsers(t *testing.T) {
	t.Parallel()
	for _, fault := range []huaweisim.Fault{{Kind: "http", Status: 403}, {Kind: "nsp", NSP: "5"}} {
		r := newRig(t, nil)
		r.ask("mainland/1")
		r.sim.SetFaults(fault)
		r.clock.advance(time.Minute)
		for n := 0; n < 2*failuresToOpen; n++ {
			r.requireUser(r.ask("mainland/1"), "mainland/1", fromStale)
			token := "mainland/new" + strconv.Itoa(n)
			r.requireRefused(r.ask(token), codePermissionDenied)
			require.Equal(t, 1, r.calls(token), "the breaker stays closed")
		}
	}
}
