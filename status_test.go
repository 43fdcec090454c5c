package huaweiid

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
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
		{200, []string{"503"}, 503, codeThrottled},
		{200, []string{"1302"}, 503, codeThrottled},
		{200, []string{"70001402"}, 502, codeUnavailable},
		{200, []string{"70020002"}, 502, codeUnavailable},
		{200, []string{"500"}, 502, codeUnavailable},
		{200, []string{"70001401"}, 502, codeUnavailable},
		{200, []string{"105"}, 502, codeMisconfigured},
		{200, []string{"70001201"}, 502, codeMisconfigured},
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

func TestOutcomes_onlyRefusalsOfTheTokenAreRemembered(t *testing.T) {
	t.Parallel()
	for _, row := range outcomes {
		if row.remembered {
			require.True(t, row.definite(), row.code)
		}
		if row.retried {
			require.True(t, row.trips, row.code)
		}
		require.NotEmpty(t, details[row.code], "%s: a client is told what it means", row.code)
		require.NotEmpty(t, http.StatusText(row.status), row.code)
	}
}
