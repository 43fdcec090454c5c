package main

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/traefik-huaweiid/huaweiid/e2e/traffic"
)

func TestUse_aLeakIsGrowth(t *testing.T) {
	t.Parallel()
	before := use{rss: 200 << 20, heap: 60 << 20, goroutines: 80, connections: 30}
	require.NoError(t, before.grownSince(before))
	for name, after := range map[string]use{
		"RSS":        {rss: 300 << 20},
		"heap":       {heap: 90 << 20},
		"goroutines": {goroutines: 200},
		"sockets":    {connections: 100},
	} {
		require.ErrorContains(t, after.grownSince(before), name)
	}
}

func TestTally_wrongAnswersFail(t *testing.T) {
	t.Parallel()
	bad := newTally()
	bad.add(traffic.Answer{Token: "mainland/1", Status: 401, Code: "token_invalid", Instance: "urn:huaweiid:00000000"})
	bad.add(traffic.Answer{Token: "mainland/1", Status: 403, Code: "permission_denied", Instance: "urn:huaweiid:00000000"})
	bad.add(traffic.Answer{Token: "expired/1", Status: 200})
	require.ErrorContains(t, bad.wrong(), "3 wrong answers")
}

func TestTally_nothingButRefusalsFails(t *testing.T) {
	t.Parallel()
	all := newTally()
	all.add(traffic.Answer{Token: "expired/1", Status: 401, Code: "token_invalid", Instance: "urn:huaweiid:00000000"})
	all.add(traffic.Answer{Token: "expired/2", Status: 401, Code: "token_invalid", Instance: "urn:huaweiid:00000000"})
	require.ErrorContains(t, all.wrong(), "only 0 of 2 requests were forwarded")
	all.add(traffic.Answer{Token: "mainland/1", Status: 200, Identity: "verified"})
	require.ErrorContains(t, all.wrong(), "bridged")
	all.add(traffic.Answer{Token: "mainland/1", Status: 200, Identity: "stale"})
	require.NoError(t, all.wrong())
}

func TestRun_saysThatItIsTooShort(t *testing.T) {
	t.Parallel()
	require.ErrorIs(t, run(context.Background(), time.Second), errTooShort)
}
