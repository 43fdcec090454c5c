package huaweiid

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// startDeaf starts a replica that hears of no events.
func (f *fleet) startDeaf() *member {
	f.Helper()
	r, a := newTestRegistry()
	s := listSettings(f.server)
	u := r.acquire(context.Background(), s.key(), s)
	f.Cleanup(func() { closeUpstream(u) })
	return &member{registry: r, alarms: a, upstream: u, log: newLogger("test@file", 0, newThrottle())}
}

// tell has a replica share what Huawei says now.
func (r *member) tell(token string) {
	now := r.upstream.since(epoch)
	e := &entry{identity: newIdentity("open", "", "", "", ""), asked: now, expires: now + time.Hour, end: now + 2*time.Hour}
	r.upstream.shared.store(token, e, r.log)
}

func (r *member) hears(token string) *entry {
	return fromOthers(r.upstream, keyOf(r.upstream, token), token, &flight{}, r.log)
}

func TestSharedMark_aReplicaThatHearsOfNoEventsSaysSoOnce(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	hearing, another, deaf, like := f.start(), f.start(), f.startDeaf(), f.startDeaf()
	hearing.tell("marked")
	like.tell("unmarked")
	for name, r := range map[string]*member{"hears": another, "deaf": deaf} {
		lines := record(&r.log.urgent)
		require.NotNil(t, r.hears("unmarked"), name)
		require.Empty(t, lines.String(), name)
		require.NotNil(t, r.hears("marked"), name)
		require.NotNil(t, r.hears("marked"), name)
		const warning = `msg="this Traefik hears of no account events, and others with the same Redis do: `
		want := map[string]int{"hears": 0, "deaf": 1}[name]
		require.Equal(t, want, strings.Count(lines.String(), warning), name)
		require.Equal(t, want, strings.Count(lines.String(), "events.path"), "the remedy")
	}
}

func TestSharedMark_changesNothingElseOfARecord(t *testing.T) {
	t.Parallel()
	r := &sharedRecord{identity: newIdentity("open", "union", "1", "0086", "1"), stamp: 1, age: time.Second, life: time.Minute, end: time.Hour}
	require.Equal(t, r, decodeRecord(encodeRecord(r)))
	marked := *r
	marked.heard = true
	require.Equal(t, &marked, decodeRecord(encodeRecord(&marked)))
	require.Equal(t, encodeRecord(r)+"\n"+recordMark, encodeRecord(&marked))
	require.Nil(t, decodeRecord(encodeRecord(r)+"\nx"))
}
