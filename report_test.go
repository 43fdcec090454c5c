package huaweiid

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

const reportStatus = "X-Status"

func newReporting(t *testing.T, change func(*Config)) *counted {
	t.Helper()
	return newCounted(t, func(c *Config) {
		c.Mode, c.Headers.Status = modeReport, reportStatus
		if change != nil {
			change(c)
		}
	})
}

func (c *counted) requireFlights(n int) {
	c.t.Helper()
	c.plugin.upstream.mu.Lock()
	defer c.plugin.upstream.mu.Unlock()
	require.Len(c.t, c.plugin.upstream.flights, n)
}

func (c *counted) settle() {
	c.t.Helper()
	eventually(c.t, func() bool {
		c.plugin.upstream.mu.Lock()
		defer c.plugin.upstream.mu.Unlock()
		return len(c.plugin.upstream.flights) == 0
	})
}

func TestReport_waitsForNobodyAndCountsWhenTheLookupLands(t *testing.T) {
	t.Parallel()
	c := newReporting(t, func(c *Config) { c.Huawei.Timeout = "30s" })
	lines := record(&c.plugin.log.plain)
	c.sim.SetFaults(huaweisim.Fault{Kind: "hang"})
	for n := 0; n < 3; n++ {
		require.Equal(t, 200, c.send("Authorization: Bearer expired/1"))
		require.Equal(t, []string{statusPending}, c.got[reportStatus])
	}
	c.requireOutcomes(map[string]int64{})
	c.requireFlights(1)

	c.sim.SetFaults()
	c.requireOutcomes(map[string]int64{reported + codeTokenInvalid: 3})
	eventually(t, func() bool { return strings.Contains(lines.String(), "left_out=2") })
	require.Contains(t, lines.String(), `msg="would refuse" code=token_invalid status=401 token=`)

	require.Equal(t, 200, c.send("Authorization: Bearer expired/1"))
	require.Equal(t, []string{codeTokenInvalid}, c.got[reportStatus], "the next request has its verdict")
	c.requireOutcomes(map[string]int64{reported + codeTokenInvalid: 4})
}

func TestReport_aGoodTokenIsPendingThenVerified(t *testing.T) {
	t.Parallel()
	c := newReporting(t, nil)
	c.send("Authorization: Bearer mainland/1")
	require.Equal(t, []string{statusPending}, c.got[reportStatus])
	require.Empty(t, c.got["X-User-Openid"])
	c.settle()
	c.send("Authorization: Bearer mainland/1")
	require.Equal(t, []string{statusVerified}, c.got[reportStatus])
	require.NotEmpty(t, c.got["X-User-Openid"])
	c.requireOutcomes(map[string]int64{statusVerified: 2})
}

func TestReport_aPhoneThatWouldBeMissingIsCountedWhenTheLookupLands(t *testing.T) {
	t.Parallel()
	c := newReporting(t, func(c *Config) { c.Phone.Require = "true" })
	c.send("Authorization: Bearer nophone/1")
	c.requireOutcomes(map[string]int64{reported + codePhoneRequired: 1})
}

func TestReport_leavesTokensWhereTheyAreUnlessVerified(t *testing.T) {
	t.Parallel()
	c := newReporting(t, func(c *Config) { c.Token.Remove = "true" })
	for _, line := range []string{"Authorization: Bearer expired/1", "Authorization: Bearer eyJh.eyJi.c", "Authorization: Bearer mainland/1"} {
		for n := 0; n < 2; n++ {
			c.send(line)
			if line == "Authorization: Bearer mainland/1" && n == 1 {
				require.Empty(t, c.got["Authorization"])
				continue
			}
			require.Equal(t, line, "Authorization: "+c.got.Get("Authorization"))
			c.settle()
		}
	}
}

// Instances in report mode and others may share an upstream, and wait for the same flight.
func TestReport_aFlightThatLandedTellsWhoComesTooLate(t *testing.T) {
	t.Parallel()
	c := newReporting(t, nil)
	u := c.plugin.upstream
	k := keyOf(u, "expired/1")
	_, f, do := decide(u, k)
	require.Equal(t, doFly, do)
	fly(u, k, "expired/1", "", f, c.plugin.log)
	watch(u, c.plugin.watcher, k, f)
	c.requireOutcomes(map[string]int64{reported + codeTokenInvalid: 1})
}
