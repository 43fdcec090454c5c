package huaweiid

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/internal/redistest"
)

// fleet is replicas that share a Redis, each with a registry of its own.
type fleet struct {
	*testing.T
	server *redistest.Server
}

type member struct {
	registry *registry
	alarms   *alarms
	upstream *upstream
	log      *logger
	stop     context.CancelFunc
}

func newFleet(t *testing.T) *fleet {
	t.Helper()
	return &fleet{t, redistest.Start(t)}
}

func (f *fleet) start() *member {
	f.Helper()
	r, a := newTestRegistry()
	u, stop := f.join(r, listSettings(f.server))
	return &member{r, a, u, newLogger("test@file", 0, newThrottle()), stop}
}

// listSettings are those of a state whose list is in a Redis.
func listSettings(server *redistest.Server) upstreamSettings {
	s := testSettings("https://a.example")
	s.audience.clientIDs = []string{"1"}
	s.cache = cacheSettings{ttl: time.Hour, staleIfError: time.Hour, maxEntries: 100}
	s.huawei.timeout = time.Second
	s.redis = redisSettings{address: []string{server.Address}, timeout: 5 * time.Second, keyPrefix: "huaweiid:", secret: secret{string(testSecret)}}
	return s
}

// join makes a state that receives events.
func (f *fleet) join(r *registry, s upstreamSettings) (*upstream, context.CancelFunc) {
	f.Helper()
	ctx, stop := context.WithCancel(context.Background())
	u := r.acquire(ctx, s.key(), s)
	f.Cleanup(func() { closeUpstream(u) })
	r.receiver(s.key(), &settings{upstream: s})
	return u, stop
}

// believes tells whether Redis is believed, after the list is read if need be.
func (r *member) believes() bool {
	w := awaitList(r.upstream, r.log)
	return w == nil || r.upstream.list.hears(w)
}

// know stores a good answer that Huawei gave just now.
func (r *member) know(name, openID string) {
	r.upstream.mu.Lock()
	defer r.upstream.mu.Unlock()
	now := r.upstream.since(epoch)
	keepGood(r.upstream, &entry{key: keyOf(r.upstream, name), identity: newIdentity(openID, "", "", "", ""), asked: now, end: now + time.Hour}, now)
}

func (r *member) count() int {
	r.upstream.mu.Lock()
	defer r.upstream.mu.Unlock()
	return len(r.upstream.good.entries)
}

func (r *member) receive(t *testing.T, openIDs ...string) {
	t.Helper()
	var events []accountEvent
	for _, id := range openIDs {
		events = append(events, accountEvent{kind: "tokens-revoked", clientID: "1", openID: id})
	}
	require.NoError(t, r.registry.obey(events, r.log))
}

func TestEventList_reachesTheOtherReplicas(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	a, b := f.start(), f.start()
	for _, r := range []*member{a, b} {
		require.True(t, catchUp(r.upstream, r.log))
		r.know("token", "open")
		r.know("other", "open-2")
	}
	a.receive(t, "open")
	require.Equal(t, 1, a.count())
	require.True(t, catchUp(b.upstream, b.log))
	require.Equal(t, 1, b.count())
	b.know("token", "open")
	require.True(t, catchUp(b.upstream, b.log))
	require.Equal(t, 2, b.count(), "an event is obeyed once")
	a.know("token", "open")
	require.True(t, catchUp(a.upstream, a.log))
	require.Equal(t, 2, a.count(), "its own has been obeyed already")
	key := f.server.Keys()[0]
	require.NotContains(t, string(f.server.Dump()), "open")
	require.Greater(t, f.server.Int("PTTL", key), (2 * time.Hour).Milliseconds())
}

func TestEventList_isReadByATimerWhileInstancesUseTheState(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	a, b := f.start(), f.start()
	require.Equal(t, []time.Duration{time.Second}, b.alarms.set)
	b.know("token", "open")
	a.receive(t, "open")
	b.alarms.rings[0]()
	require.Zero(t, b.count())
	require.Len(t, b.alarms.rings, 2, "and again")
	b.stop()
	eventually(t, func() bool { return b.alarms.count() == 3 }) // the eviction's
	b.alarms.rings[1]()
	require.Equal(t, 3, b.alarms.count(), "nobody uses it any more")
}

func TestEventList_aNewOrCutOffReplicaReadsItBeforeItBelievesRedis(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	a := f.start()
	e := &entry{identity: newIdentity("open", "", "", "", ""), asked: a.upstream.since(epoch), expires: a.upstream.since(epoch) + time.Hour, end: a.upstream.since(epoch) + 2*time.Hour}
	a.upstream.shared.store("token", e, a.log)
	other := *e
	other.identity = newIdentity("open-2", "", "", "", "")
	a.upstream.shared.store("other", &other, a.log)
	a.receive(t, "open")
	for name, r := range map[string]*member{"new": f.start(), "the same": a} {
		u := r.upstream
		require.Nil(t, fromOthers(u, keyOf(u, "token"), "token", &flight{}, r.log), name)
		require.NotNil(t, fromOthers(u, keyOf(u, "other"), "other", &flight{}, r.log), name)
	}
	b := f.start()
	require.True(t, b.believes())
	read := b.upstream.list.begun
	require.True(t, b.believes())
	require.Equal(t, read, b.upstream.list.begun, "read of late")
	c := &clock{now: read + listBelieved}
	b.upstream.list.since = c.since
	a.receive(t, "open-2")
	require.Nil(t, fromOthers(b.upstream, keyOf(b.upstream, "other"), "other", &flight{}, b.log))
	f.server.Kill()
	c.advance(listBelieved)
	require.False(t, b.believes())
}

func TestEventList_outOfReachInvitesAnotherDelivery(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	a := f.start()
	f.server.Kill()
	a.know("token", "open")
	failed := valueIn(processMetrics.redis, "lrange connect")
	require.False(t, catchUp(a.upstream, a.log))
	require.Greater(t, valueIn(processMetrics.redis, "lrange connect"), failed)
	require.ErrorIs(t, a.registry.obey([]accountEvent{{kind: "tokens-revoked", clientID: "1", openID: "open"}}, a.log), errEventList)
	require.Zero(t, a.count(), "here it was obeyed")
}

// tries are how often a thing is done whose order Go chooses at random.
const tries = 20

func TestEventList_oneOutOfReachKeepsNoOtherFromHearing(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	a, gone := f.start(), redistest.Start(t)
	f.join(a.registry, listSettings(gone))
	gone.Kill()
	for i := 1; i <= tries; i++ {
		events := []accountEvent{{kind: "tokens-revoked", clientID: "1", openID: fmt.Sprint("open-", i)}}
		require.ErrorIs(t, a.registry.obey(events, a.log), errEventList)
		require.EqualValues(t, i, f.server.Int("LLEN", f.server.Keys()[0]))
	}
}

// A Redis that was moved, or mistyped, stays with its state for ten minutes.
func TestEventList_ofAStateThatNobodyUsesIsNoReasonToRefuse(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	a, gone := f.start(), redistest.Start(t)
	_, leave := f.join(a.registry, listSettings(gone))
	a.receive(t, "first")
	require.EqualValues(t, 1, gone.Int("LLEN", gone.Keys()[0]))
	set := a.alarms.count()
	leave()
	eventually(t, func() bool { return a.alarms.count() > set })
	a.receive(t, "second")
	require.EqualValues(t, 2, gone.Int("LLEN", gone.Keys()[0]), "others may use it")
	gone.Kill()
	lines := record(&a.log.urgent)
	for i := 1; i <= tries; i++ {
		a.receive(t, fmt.Sprint("open-", i))
	}
	require.EqualValues(t, 2+tries, f.server.Int("LLEN", f.server.Keys()[0]))
	require.Contains(t, lines.String(), `msg="shared cache does not serve" op=rpush`)
}

// meanwhile does something once, when a log line is written.
type meanwhile struct {
	once sync.Once
	do   func()
}

func (m *meanwhile) Write(line []byte) (int, error) {
	m.once.Do(m.do)
	return len(line), nil
}

func TestEventList_aStateThatIsMadeWhileAnEventIsObeyedHearsOfItAsWell(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	a := f.start()
	var late *member
	obeyed := &meanwhile{do: func() {
		s := listSettings(f.server)
		s.cache.maxEntries++
		u := a.registry.acquire(context.Background(), s.key(), s)
		f.Cleanup(func() { closeUpstream(u) })
		late = &member{registry: a.registry, upstream: u, log: newLogger("late@file", 0, newThrottle())}
		late.know("token", "open")
	}}
	a.log.plain = slog.New(slog.NewTextHandler(obeyed, nil))
	a.receive(t, "open")
	require.NotNil(t, late)
	require.True(t, catchUp(late.upstream, late.log))
	require.Zero(t, late.count())
}

func TestEventList_isBoundedAndWhoMissedEventsForgetsEverybody(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	a, b := f.start(), f.start()
	a.receive(t, "first")
	require.True(t, catchUp(b.upstream, b.log))
	b.know("token", "open")
	many := func(n int) {
		for done := 0; done < n; done += listPage {
			var ids []string
			for i := 0; i < listPage; i++ {
				ids = append(ids, fmt.Sprint("open-", done+i))
			}
			a.receive(t, ids...)
		}
	}
	many(4 * listPage)
	b.know("open-1", "open-1")
	require.True(t, catchUp(b.upstream, b.log))
	require.Equal(t, 1, b.count(), "all pages were read, and nobody else is forgotten")
	many(maxListed + listPage)
	require.EqualValues(t, maxListed, f.server.Int("LLEN", f.server.Keys()[0]))
	lines, missed := record(&b.log.urgent), valueIn(processMetrics.events, "none "+eventMissed)
	require.True(t, catchUp(b.upstream, b.log))
	require.Zero(t, b.count())
	require.Contains(t, lines.String(), "more account events went by unread than the list holds")
	require.Greater(t, valueIn(processMetrics.events, "none "+eventMissed), missed)
	b.know("token", "open")
	require.True(t, catchUp(b.upstream, b.log))
	require.Equal(t, 1, b.count())
}

// receiveMany has a replica receive events, at a moment by its clock on the wall.
func (r *member) receiveMany(t *testing.T, n int, prefix string, at time.Time) {
	t.Helper()
	r.upstream.list.wall = func() time.Time { return at }
	for done := 0; done < n; done += listPage {
		var ids []string
		for i := done; i < n && i < done+listPage; i++ {
			ids = append(ids, fmt.Sprint(prefix, i))
		}
		r.receive(t, ids...)
	}
}

// forgets tells whether an answer that was asked for so long ago counts as forgotten.
func (r *member) forgets(openID string, age time.Duration) bool {
	r.upstream.mu.Lock()
	defer r.upstream.mu.Unlock()
	asked := r.upstream.since(epoch) - age
	return isForgotten(r.upstream.good.users, &entry{identity: newIdentity(openID, "", "", "", ""), asked: asked})
}

// A list of a busy fleet is full, and was never empty.
func TestEventList_whoStartsKnowsWhomOthersKnowHoweverManyEventsThereWereBefore(t *testing.T) {
	t.Parallel()
	for _, total := range []int{3, listPage, maxListed - listPage, maxListed + listPage} {
		f := newFleet(t)
		a := f.start()
		now := time.Now()
		a.receiveMany(t, total, "old-", now.Add(-listMatters-time.Minute))
		a.receiveMany(t, 3, "new-", now.Add(-listMatters+time.Minute))
		b := f.start()
		lines := record(&b.log.urgent)
		b.upstream.list.wall = func() time.Time { return now }
		require.True(t, catchUp(b.upstream, b.log))
		require.Empty(t, lines.String(), "nothing was missed")
		require.False(t, b.forgets("never-in-an-event", 0), total)
		require.False(t, b.forgets("old-0", time.Second), total)
		require.False(t, b.forgets(fmt.Sprint("old-", total-1), time.Second), total)
		for i := 0; i < 3; i++ {
			require.True(t, b.forgets(fmt.Sprint("new-", i), time.Second), total)
		}
	}
}

func TestEventList_whatIsNoEventHidesNoneOfBefore(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	a, b := f.start(), f.start()
	a.receive(t, "first")
	f.server.Do("RPUSH", f.server.Keys()[0], "no event")
	a.receiveMany(t, listPage-1, "open-", time.Now())
	require.True(t, catchUp(b.upstream, b.log))
	require.True(t, b.forgets("first", time.Second))
}

// Whom the events were about that are cut off, nobody knows: but they came before those that are there.
func TestEventList_whoStartsInARushForgetsWhomItMayHaveMissed(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	a, now := f.start(), time.Now()
	a.receiveMany(t, maxListed+listPage, "open-", now.Add(-time.Hour))
	b := f.start()
	lines := record(&b.log.urgent)
	b.upstream.list.wall = func() time.Time { return now }
	require.True(t, catchUp(b.upstream, b.log))
	require.Contains(t, lines.String(), "more account events went by unread than the list holds")
	require.True(t, b.forgets("somebody", time.Hour-maxSkew+time.Second), "clocks may disagree")
	require.False(t, b.forgets("somebody", time.Hour-maxSkew-time.Minute))
	require.True(t, b.forgets("open-10000", time.Second))
}

func TestEventList_noEventIsMissedByAClockThatIsWrong(t *testing.T) {
	t.Parallel()
	for _, wrong := range []time.Duration{-24 * time.Hour, 24 * time.Hour} {
		for _, before := range []int{0, 1} {
			f := newFleet(t)
			a, b := f.start(), f.start()
			b.upstream.list.wall = func() time.Time { return time.Now().Add(wrong) }
			a.receiveMany(t, before, "before-", time.Now())
			require.True(t, catchUp(b.upstream, b.log))
			b.know("token", "open")
			a.receiveMany(t, 1, "open-", time.Now())
			a.receive(t, "open")
			require.True(t, catchUp(b.upstream, b.log))
			require.Zero(t, b.count(), wrong)
		}
	}
}

func TestEventList_whatAPanicKeptFromBeingObeyedIsObeyedTheNextTime(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	a, b := f.start(), f.start()
	b.know("token", "open-1")
	b.know("another", "open-2")
	a.receive(t, "open-0", "open-1", "open-2")
	e := b.upstream.good.entries[keyOf(b.upstream, "token")]
	place := e.place
	e.place = 99
	require.False(t, catchUp(b.upstream, b.log), "Redis is not believed")
	e.place = place
	b.upstream.good.entries[e.key] = e
	indexEntry(b.upstream.good.users, e)
	require.True(t, catchUp(b.upstream, b.log))
	require.Zero(t, b.count())
	require.Empty(t, b.upstream.good.byEnd)
}

func TestEventList_itsLossIsAWarning(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	a, b := f.start(), f.start()
	lines := record(&b.log.urgent)
	a.receive(t, "open")
	require.True(t, catchUp(b.upstream, b.log))
	require.Empty(t, lines.String())
	b.know("token", "other")
	f.server.Do("FLUSHALL")
	lost := valueIn(processMetrics.events, "none "+eventListLost)
	require.True(t, catchUp(b.upstream, b.log))
	require.Greater(t, valueIn(processMetrics.events, "none "+eventListLost), lost)
	require.Contains(t, lines.String(), "the list of account events is gone from Redis")
	require.Equal(t, 1, b.count())
	a.receive(t, "other")
	require.True(t, catchUp(b.upstream, b.log))
	require.Zero(t, b.count(), "and what comes then is heard of")
}

func TestEventList_whatIsNotSealedByTheSecretIsNoEvent(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	a, b := f.start(), f.start()
	a.receive(t, "first")
	b.know("token", "open")
	key := f.server.Keys()[0]
	l := b.upstream.list
	sealed := []string{}
	for _, text := range []string{"tokens-revoked\n1\nopen\n", "now\ntokens-revoked\n1\nopen\n", "of another version"} {
		item, err := seal(l.place.key, l.place.name, text)
		require.NoError(t, err)
		sealed = append(sealed, item)
	}
	f.server.Do("LPUSH", key, "tokens-revoked\n1\nopen\n", "", sealed[0])
	f.server.Do("RPUSH", key, "tokens-revoked\n1\nopen\n", "", sealed[0], sealed[1], sealed[2])
	a.receive(t, "open-2")
	b.know("another", "open-2")
	require.True(t, catchUp(b.upstream, b.log))
	require.Equal(t, 1, b.count(), "those are read past")
}
