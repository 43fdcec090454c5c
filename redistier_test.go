package huaweiid

import (
	"fmt"
	"log/slog"
	"math/rand"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/internal/redistest"
)

var alice = newIdentity("open-alice", "union-alice", "+8613800138000", "0086", "13800138000")

// replica is a process's shared tier, on a clock of its own that stands still.
type replica struct {
	*redisTier
	t     *testing.T
	clock *clock
	log   *logger
}

func newReplica(t *testing.T, address string, change func(*redisTier)) *replica {
	t.Helper()
	// Each process counts from another moment.
	r := &replica{t: t, clock: &clock{now: time.Duration(1+rand.Intn(1000)) * time.Hour}}
	client := newRedisClient(redisSettings{address: []string{address}, timeout: patient})
	client.since = r.clock.since
	t.Cleanup(client.close)
	start := time.Now().Add(-r.clock.now)
	r.redisTier = &redisTier{
		client:      client,
		seals:       &sealer{secret: testSecret, prefix: "huaweiid:"},
		upstream:    "upstream",
		since:       r.clock.since,
		wall:        func() time.Time { return start.Add(r.clock.since(epoch)) },
		random:      func() float64 { return 0 },
		metrics:     newMetrics(),
		events:      newHearing(),
		owed:        newOwedRecords(),
		ttl:         time.Minute,
		staleWindow: 5 * time.Minute,
		negativeTTL: 10 * time.Second,
	}
	if change != nil {
		change(r.redisTier)
	}
	// Entries are written at once here, so that a second is more than enough between two askings.
	r.client.timeout = patient
	r.margin = 500 * time.Millisecond
	r.log = newLogger("test@file", slog.LevelError, newThrottle())
	return r
}

// good is an answer that this replica has got so long ago.
func (r *replica) good(id *identity, age time.Duration) *entry {
	asked := r.clock.now - age
	return &entry{identity: id, asked: asked, expires: asked + r.ttl, end: asked + r.ttl + r.staleWindow}
}

func (r *replica) refused(code string, age time.Duration) *entry {
	asked := r.clock.now - age
	return &entry{refusal: sharedRefusals[code], asked: asked, expires: asked + r.negativeTTL, end: asked + r.negativeTTL}
}

func (r *replica) tell(token string, e *entry) { r.store(token, e, r.log) }

func (r *replica) ask(token string) *entry { return r.fetch(key{}, token, r.log) }

func (r *replica) requireGood(token string, want *identity, age time.Duration) *entry {
	r.t.Helper()
	e := r.ask(token)
	require.NotNil(r.t, e)
	require.Nil(r.t, e.refusal)
	require.Equal(r.t, want, e.identity)
	r.requireAbout(r.clock.now-age+r.ttl, e.expires)
	r.requireAbout(r.clock.now-age+r.ttl+r.staleWindow, e.end)
	return e
}

func (r *replica) requireRefused(token, code string) *entry {
	r.t.Helper()
	e := r.ask(token)
	require.NotNil(r.t, e)
	require.Nil(r.t, e.identity)
	require.Equal(r.t, code, e.refusal.code)
	return e
}

// requireAbout allows for the time that a test takes by Redis's clock.
func (r *replica) requireAbout(want, got time.Duration) {
	r.t.Helper()
	require.LessOrEqual(r.t, got, want+time.Millisecond)
	require.Greater(r.t, got, want-5*time.Second)
}

func twoReplicas(t *testing.T, options ...string) (server *redistest.Server, a, b *replica) {
	t.Helper()
	server = redistest.Start(t, options...)
	return server, newReplica(t, server.Address, nil), newReplica(t, server.Address, nil)
}

func TestRedisTier_whatOneReplicaLearnsTheOthersKnow(t *testing.T) {
	t.Parallel()
	_, a, b := twoReplicas(t)
	assert.Nil(t, b.ask("token"))
	a.tell("token", a.good(alice, 2*time.Second))
	e := b.requireGood("token", alice, 2*time.Second)
	b.requireAbout(b.clock.now-2*time.Second+b.ttl*4/5, e.refresh)
	b.requireAbout(b.clock.now-2*time.Second-b.margin, e.asked)
	assert.Nil(t, b.ask("another token"))

	for code := range sharedRefusals {
		a.tell(code, a.refused(code, 2*time.Second))
		e := b.requireRefused(code, code)
		b.requireAbout(b.clock.now-2*time.Second+b.negativeTTL, e.expires)
	}
}

func TestRedisTier_sharesNoMoreThanAnIdentityHas(t *testing.T) {
	t.Parallel()
	_, a, b := twoReplicas(t)
	for _, id := range []*identity{
		newIdentity("o", "", "", "", ""), newIdentity("o", "u", "", "", ""), newIdentity("o", "", "123", "", ""),
		newIdentity(strings.Repeat("o", maxValue), strings.Repeat("u", maxValue), strings.Repeat("1", maxValue),
			strings.Repeat("2", maxValue), strings.Repeat("3", maxValue)),
	} {
		a.tell("token", a.good(id, 0))
		b.requireGood("token", id, 0)
	}
}

func TestRedisTier_livesCountFromWhenHuaweiWasAsked(t *testing.T) {
	t.Parallel()
	server, a, b := twoReplicas(t)
	a.tell("token", a.good(alice, 0))
	name := a.placeOf("token").name + goodName
	for _, age := range []time.Duration{30 * time.Second, time.Minute, 5 * time.Minute} {
		left := time.Minute + 5*time.Minute - age
		server.Do("PEXPIRE", name, fmt.Sprint(left.Milliseconds()))
		a.clock.advance(age)
		b.clock.advance(age)
		b.requireGood("token", alice, age)
		a.clock.advance(-age)
		b.clock.advance(-age)
	}
	server.Do("PEXPIRE", name, "1")
	eventually(t, func() bool { return b.ask("token") == nil })
}

func TestRedisTier_isNeverOlderThanTheReaderAllows(t *testing.T) {
	t.Parallel()
	server, a, _ := twoReplicas(t)
	strict := newReplica(t, server.Address, func(tier *redisTier) {
		tier.ttl = 10 * time.Second
		tier.staleWindow = 0
		tier.negativeTTL = time.Second
	})
	a.tell("token", a.good(alice, 5*time.Second))
	strict.requireGood("token", alice, 5*time.Second)
	a.tell("token", a.good(alice, 9*time.Second+900*time.Millisecond))
	a.tell("refused", a.refused(codeTokenInvalid, 2*time.Second))
	assert.Nil(t, strict.ask("refused"))
	a.requireRefused("refused", codeTokenInvalid)
	strict.ttl = 0
	assert.Nil(t, strict.ask("token"), "a process that caches nothing")
}

func TestRedisTier_clocksNeedNotAgree(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	for _, skew := range []time.Duration{-4 * time.Minute, 4 * time.Minute} {
		a := newReplica(t, server.Address, nil)
		b := newReplica(t, server.Address, nil)
		own := a.wall
		a.wall = func() time.Time { return own().Add(skew) }
		token := skew.String()
		a.tell(token, a.good(alice, 5*time.Second))
		b.requireGood(token, alice, 5*time.Second)
		b.tell(token, b.refused(codeTokenInvalid, 0))
		b.requireRefused(token, codeTokenInvalid)
	}
}

// What docs/scaling.md says of clocks that are further apart: an answer here has a life of six minutes, the stale window included.
func TestRedisTier_clockThatIsAheadByLifeAndFiveMinutesTakesNothing(t *testing.T) {
	t.Parallel()
	_, a, b := twoReplicas(t)
	own := b.wall
	for _, c := range []struct {
		ahead, age time.Duration
		takes      bool
	}{
		{-24 * time.Hour, 0, true},
		{4 * time.Minute, 5 * time.Second, true},
		{4 * time.Minute, 9 * time.Second, true},
		{10 * time.Minute, 0, true},
		{11*time.Minute - 5*time.Second, 9 * time.Second, false},
		{12 * time.Minute, 0, false},
	} {
		b.wall = func() time.Time { return own().Add(c.ahead) }
		token := fmt.Sprint(c)
		a.tell(token, a.good(alice, c.age))
		assert.Equal(t, c.takes, b.ask(token) != nil, token)
	}
}

// A refresh asks Redis first, where the process's own answer may still be. It must not take that for news.
func TestRedisTier_ownEntryIsNeverYoungerThanItWas(t *testing.T) {
	t.Parallel()
	server, a, _ := twoReplicas(t)
	own := a.good(alice, 3*time.Second)
	a.tell("token", own)
	assert.LessOrEqual(t, a.requireGood("token", alice, 3*time.Second).asked, own.asked)

	// The write was carried out a minute after it was sent.
	name := a.placeOf("token").name + goodName
	a.clock.advance(time.Minute)
	server.Do("PEXPIRE", name, fmt.Sprint((a.ttl + a.staleWindow - 3*time.Second).Milliseconds()))
	e := a.ask("token")
	require.NotNil(t, e)
	assert.LessOrEqual(t, e.asked, own.asked)
}

// orders are all orders in which the given steps can be done.
func orders(steps []func()) [][]func() {
	if len(steps) < 2 {
		return [][]func(){steps}
	}
	var all [][]func()
	for i := range steps {
		rest := append(append([]func(){}, steps[:i]...), steps[i+1:]...)
		for _, order := range orders(rest) {
			all = append(all, append([]func(){steps[i]}, order...))
		}
	}
	return all
}

func TestRedisTier_goodAnswerNeverUndoesARefusalOfLaterAsking(t *testing.T) {
	t.Parallel()
	server, a, b := twoReplicas(t)
	c := newReplica(t, server.Address, nil)
	token := ""
	steps := []func(){
		func() { a.tell(token, a.good(alice, 6*time.Second)) },
		func() { b.tell(token, b.refused(codeTokenInvalid, 4*time.Second)) },
		func() { c.tell(token, c.good(alice, 5*time.Second)) },
		func() { c.tell(token, c.refused(codePermissionDenied, 8*time.Second)) },
	}
	for i, order := range orders(steps) {
		token = fmt.Sprintf("token%d", i)
		for _, step := range order {
			step()
		}
		require.Zero(t, server.Int("EXISTS", a.placeOf(token).name+goodName), "in order %d", i)
		for _, r := range []*replica{a, b, c} {
			r.requireRefused(token, codeTokenInvalid)
		}
		// The refusal's life ends, and what came before it is gone.
		server.Do("DEL", a.placeOf(token).name+refusalName)
		require.Nil(t, a.ask(token), "in order %d", i)
	}
}

// The same, with all of them writing at once.
func TestRedisTier_goodAnswerNeverUndoesARefusalWrittenAtOnce(t *testing.T) {
	t.Parallel()
	server, a, b := twoReplicas(t)
	for i := range 300 {
		token := fmt.Sprintf("token%d", i)
		var writing sync.WaitGroup
		for _, write := range []func(){
			func() { a.tell(token, a.good(alice, 6*time.Second)) },
			func() { b.tell(token, b.refused(codeTokenInvalid, 4*time.Second)) },
			func() { b.tell(token, b.good(alice, 5*time.Second)) },
		} {
			writing.Add(1)
			go func() {
				defer writing.Done()
				write()
			}()
		}
		writing.Wait()
		require.Zero(t, server.Int("EXISTS", a.placeOf(token).name+goodName))
		a.requireRefused(token, codeTokenInvalid)
		server.Do("DEL", a.placeOf(token).name+refusalName)
		require.Nil(t, a.ask(token))
	}
}

func TestRedisTier_answerOfLaterAskingCounts(t *testing.T) {
	t.Parallel()
	_, a, b := twoReplicas(t)
	good := func() { a.tell("token", a.good(alice, 3*time.Second)) }
	refusal := func() { b.tell("token", b.refused(codeTokenInvalid, 6*time.Second)) }
	good()
	b.requireGood("token", alice, 3*time.Second)
	refusal()
	good()
	b.requireGood("token", alice, 3*time.Second)
}

func TestRedisTier_refusalThatWasOvertakenVetoesUntilItsEntryEnds(t *testing.T) {
	t.Parallel()
	server, a, b := twoReplicas(t)
	b.negativeTTL = 0
	b.tell("token", b.refused(codeTokenInvalid, 0))
	assert.Nil(t, a.ask("token"), "it counts for nothing")
	a.tell("token", a.good(alice, 5*time.Second))
	assert.Nil(t, a.ask("token"))
	assert.Len(t, server.Keys(), 1)
	assert.LessOrEqual(t, server.Int("PTTL", server.Keys()[0]), refusalStays.Milliseconds())
}

// A good answer whose delete failed does no harm, and goes when it is seen.
func TestRedisTier_goodAnswerBesideALaterRefusalGoes(t *testing.T) {
	t.Parallel()
	server, a, b := twoReplicas(t)
	a.tell("token", a.good(alice, 5*time.Second))
	name := a.placeOf("token").name + goodName
	kept := server.Do("GET", name).(string)
	b.tell("token", b.refused(codeTokenInvalid, 0))
	server.Do("SET", name, kept, "PX", "350000")
	a.requireRefused("token", codeTokenInvalid)
	eventually(t, func() bool { return server.Int("EXISTS", name) == 0 })
}

// A write that took effect is no failure to be left there, although what was to be read beside it could not be.
func TestRedisTier_goodAnswerThatWasWrittenBesideARefusalThatCannotBeReadIsTakenBack(t *testing.T) {
	t.Parallel()
	server, a, _ := twoReplicas(t)
	name := a.placeOf("token").name
	server.Do("RPUSH", name+refusalName, "another type")
	a.tell("token", a.good(alice, 0))
	require.Equal(t, []string{name + refusalName}, server.Keys())
	server.Do("DEL", name+refusalName)
	server.Do("ACL", "SETUSER", "default", "-get")
	a.tell("token", a.good(alice, 0))
	require.Empty(t, server.Keys())

	cluster, from, to, r := migrating(t, 1)
	cluster.Import(slotOf("{one}"), from, to)
	cluster.Nodes[to].Do("ACL", "SETUSER", "default", "-get")
	r[0].tell("token", r[0].good(alice, 0))
	require.Empty(t, cluster.Nodes[to].Keys())
}

func TestRedisTier_goodAnswerOfLongAgoIsNotShared(t *testing.T) {
	t.Parallel()
	server, a, _ := twoReplicas(t)
	a.tell("token", a.good(alice, shareWithin))
	assert.Empty(t, server.Keys(), "a refusal's entry may have come and gone since")
}

func TestRedisTier_whatWasChangedOrMovedIsAMiss(t *testing.T) {
	t.Parallel()
	server, a, b := twoReplicas(t)
	other := newIdentity("open-bob", "union-bob", "", "", "")
	names := func(token string) string { return a.placeOf(token).name + goodName }
	flip := func(text string, at int) string {
		bytes := []byte(text)
		bytes[at] ^= 1
		return string(bytes)
	}
	for name, change := range map[string]func(sealed string){
		"moved to another token": func(string) { server.Do("RENAME", names("bob"), names("alice")) },
		"moved to a refusal":     func(string) { server.Do("RENAME", names("alice"), a.placeOf("alice").name+refusalName) },
		"cut":                    func(sealed string) { server.Do("SET", names("alice"), sealed[:len(sealed)-1], "PX", "300000") },
		"nothing":                func(string) { server.Do("SET", names("alice"), "", "PX", "300000") },
		"a bit flipped":          func(sealed string) { server.Do("SET", names("alice"), flip(sealed, len(sealed)/2), "PX", "300000") },
		"another version":        func(sealed string) { server.Do("SET", names("alice"), flip(sealed, 0), "PX", "300000") },
		"in clear": func(string) {
			server.Do("SET", names("alice"), encodeRecord(&sharedRecord{identity: other}), "PX", "300000")
		},
		"made to stay":            func(string) { server.Do("PERSIST", names("alice")) },
		"given more life":         func(string) { server.Do("PEXPIRE", names("alice"), "361000") },
		"another type":            func(string) { server.Do("DEL", names("alice")); server.Do("RPUSH", names("alice"), "x") },
		"restored to stay":        func(string) { restore(server, names("alice"), "0") },
		"restored with more life": func(string) { restore(server, names("alice"), "3600000") },
	} {
		server.Do("FLUSHALL")
		a.tell("alice", a.good(alice, 0))
		a.tell("bob", a.good(other, 0))
		b.requireGood("alice", alice, 0)
		change(server.Do("GET", names("alice")).(string))
		assert.Nil(t, b.ask("alice"), name)
	}

	server.Do("FLUSHALL")
	a.tell("alice", a.good(alice, 0))
	b.upstream = "upstreaM"
	assert.Nil(t, b.ask("alice"), "of another upstream")
	b.upstream = "upstream"
	b.seals = &sealer{secret: []byte(strings.Repeat("another secret", 3)), prefix: "huaweiid:"}
	assert.Nil(t, b.ask("alice"), "of another secret")
}

// restore puts a key back from its dump with another life.
func restore(server *redistest.Server, name, life string) {
	dump := server.Do("DUMP", name).(string)
	server.Do("DEL", name)
	server.Do("RESTORE", name, life, dump)
}

// A dump that is played back, with the lives that it had: the clock on the wall tells.
func TestRedisTier_replayedDumpIsAMiss(t *testing.T) {
	t.Parallel()
	server, a, b := twoReplicas(t)
	a.tell("token", a.good(alice, 0))
	name := a.placeOf("token").name + goodName
	dump := server.Do("DUMP", name).(string)
	server.Do("DEL", name)
	b.clock.advance(b.ttl + b.staleWindow + maxSkew + time.Second)
	server.Do("RESTORE", name, "350000", dump)
	assert.Nil(t, b.ask("token"))
}

func TestRedisTier_dumpShowsNothing(t *testing.T) {
	t.Parallel()
	server, a, b := twoReplicas(t)
	a.tell("a-token-of-alice", a.good(alice, 0))
	b.tell("a-refused-token", b.refused(codeTokenInvalid, 0))
	dump := string(server.Dump())
	require.Contains(t, dump, "huaweiid:{")
	for _, hidden := range []string{
		"a-token-of-alice", "a-refused-token", alice.openID, alice.unionID, alice.phone, alice.national, "0086", codeTokenInvalid, "upstream",
	} {
		assert.NotContains(t, dump, hidden)
	}
}

// Refused tokens of strangers are the only entries that nobody's users bound, so they are small and short-lived.
func TestRedisTier_junkTakesLittleMemoryForAShortTime(t *testing.T) {
	t.Parallel()
	server, a, _ := twoReplicas(t)
	const count = 1000
	a.tell("first", a.refused(codeTokenInvalid, 0))
	var before, after int
	_, err := fmt.Sscan(server.Info("used_memory"), &before)
	require.NoError(t, err)
	for i := range count {
		a.tell(fmt.Sprintf("junk%d", i), a.refused(codeTokenInvalid, 0))
	}
	_, err = fmt.Sscan(server.Info("used_memory"), &after)
	require.NoError(t, err)
	assert.Less(t, (after-before)/count, 400)
	for _, name := range server.Keys()[:10] {
		assert.LessOrEqual(t, server.Int("PTTL", name), refusalStays.Milliseconds())
	}
}

func TestRedisTier_inACluster(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t, 3)
	a := newReplica(t, cluster.Nodes[0].Address, nil)
	b := newReplica(t, cluster.Nodes[1].Address, nil)
	for i := range 30 {
		token := fmt.Sprintf("token%d", i)
		a.tell(token, a.good(alice, 3*time.Second))
		b.requireGood(token, alice, 3*time.Second)
		b.tell(token, b.refused(codeTokenInvalid, 0))
		a.requireRefused(token, codeTokenInvalid)
	}
	for _, n := range cluster.Nodes {
		assert.NotEmpty(t, n.Keys())
	}
}

// migrating is a cluster in which the slot of all tokens moves, and as many replicas as wanted. The names of a token are at the source
// until they are moved or end.
func migrating(t *testing.T, replicas int) (cluster *redistest.Cluster, from, to int, all []*replica) {
	t.Helper()
	cluster = redistest.StartCluster(t, 3)
	for range replicas {
		all = append(all, newReplica(t, cluster.Nodes[0].Address, func(tier *redisTier) { tier.seals.prefix = "{one}" }))
	}
	slot := slotOf("{one}")
	from = cluster.Owner(slot)
	to = (from + 1) % 3
	return cluster, from, to, all
}

// isThere tells whether a node has a key, and not whether it would answer for it.
func isThere(node *redistest.Server, key string) bool {
	for _, k := range node.Keys() {
		if k == key {
			return true
		}
	}
	return false
}

func TestRedisTier_whatIsSharedCountsWhileItsSlotMigrates(t *testing.T) {
	t.Parallel()
	cluster, from, to, r := migrating(t, 2)
	a, b := r[0], r[1]
	a.tell("good", a.good(alice, 3*time.Second))
	b.tell("refused", b.refused(codeTokenInvalid, time.Second))
	cluster.Import(slotOf("{one}"), from, to)
	b.requireGood("good", alice, 3*time.Second)
	a.requireRefused("refused", codeTokenInvalid)
	a.tell("new", a.good(alice, 0))
	b.requireGood("new", alice, 0)

	a.tell("good", a.good(alice, 0))
	assert.Equal(t, []string{a.placeOf("new").name + goodName}, cluster.Nodes[to].Keys(), "what is at the source stays there until it is moved")
	cluster.Migrate(slotOf("{one}"), from, to)
	for _, token := range []string{"good", "new"} {
		b.requireGood(token, alice, 0)
	}
	a.requireRefused("refused", codeTokenInvalid)
}

// Wherever a token's names are when an answer comes, and in every order of answers, the refusal of later asking stays.
func TestRedisTier_goodAnswerNeverUndoesARefusalWhileTheirSlotMigrates(t *testing.T) {
	t.Parallel()
	cluster, from, to, r := migrating(t, 3)
	a, b, c := r[0], r[1], r[2]
	token := ""
	move := func(end string) {
		if name := a.placeOf(token).name + end; isThere(cluster.Nodes[from], name) {
			cluster.Move(name, from, to)
		}
	}
	earlier := func() { a.tell(token, a.good(alice, 6*time.Second)) }
	late := func() { c.tell(token, c.good(alice, 5*time.Second)) }
	refusal := func() { b.tell(token, b.refused(codeTokenInvalid, 4*time.Second)) }
	other := func() { c.tell(token, c.refused(codePermissionDenied, 8*time.Second)) }
	n := 0
	tokens := map[string][]func(){}
	for before, prepare := range map[string][]func(){
		"none": nil, "a good answer": {earlier}, "an older refusal": {other}, "a refusal": {refusal},
	} {
		for moved, moves := range map[string][]func(){"neither": nil, "good": {func() { move(goodName) }}, "refusal": {func() { move(refusalName) }}} {
			for _, order := range orders([]func(){late, refusal, other}) {
				n++
				token = fmt.Sprintf("%s, %s moved, %d", before, moved, n)
				for _, step := range prepare {
					step()
				}
				tokens[token] = append(append([]func(){}, moves...), order...)
			}
		}
	}
	cluster.Import(slotOf("{one}"), from, to)
	for name, steps := range tokens {
		token = name
		for _, step := range steps {
			step()
		}
		name := a.placeOf(token).name + goodName
		require.False(t, isThere(cluster.Nodes[from], name) || isThere(cluster.Nodes[to], name), token)
		for _, reader := range r {
			reader.requireRefused(token, codeTokenInvalid)
		}
	}
}

// The same with all of them writing at once, and the names moving.
func TestRedisTier_goodAnswerNeverUndoesARefusalWrittenAtOnceWhileTheirSlotMigrates(t *testing.T) {
	t.Parallel()
	cluster, from, to, r := migrating(t, 3)
	a, b, c := r[0], r[1], r[2]
	host, port, err := net.SplitHostPort(cluster.Nodes[to].Address)
	require.NoError(t, err)
	const tokens = 200
	for i := range tokens {
		if i%2 == 0 {
			a.tell(fmt.Sprint("token", i), a.good(alice, 8*time.Second))
		}
		if i%3 == 0 {
			b.tell(fmt.Sprint("token", i), b.refused(codePermissionDenied, 9*time.Second))
		}
	}
	cluster.Import(slotOf("{one}"), from, to)
	for i := range tokens {
		token := fmt.Sprint("token", i)
		var writing sync.WaitGroup
		for _, write := range []func(){
			func() { a.tell(token, a.good(alice, 6*time.Second)) },
			func() { b.tell(token, b.refused(codeTokenInvalid, 4*time.Second)) },
			func() { c.tell(token, c.good(alice, 5*time.Second)) },
			func() {
				for _, end := range []string{goodName, refusalName} {
					_, err := cluster.Nodes[from].Try("MIGRATE", host, port, a.placeOf(token).name+end, "0", "5000")
					assert.NoError(t, err, "the target must not have what the source has")
				}
			},
		} {
			writing.Add(1)
			go func() {
				defer writing.Done()
				write()
			}()
		}
		writing.Wait()
		name := a.placeOf(token).name + goodName
		require.False(t, isThere(cluster.Nodes[from], name) || isThere(cluster.Nodes[to], name), token)
		a.requireRefused(token, codeTokenInvalid)
	}
	cluster.Migrate(slotOf("{one}"), from, to)
	for i := range tokens {
		a.requireRefused(fmt.Sprint("token", i), codeTokenInvalid)
	}
}

func TestRedisTier_failureIsAMissAndIsLoggedOnceWithWhatToDo(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	a := newReplica(t, server.Address, nil)
	lines := &lockedLines{}
	a.log = loggerInto(lines)
	server.Do("CONFIG", "SET", "maxmemory", "1")
	for range 3 {
		a.tell("token", a.good(alice, 0))
		assert.Nil(t, a.ask("token"))
	}
	server.Kill()
	for range 3 {
		assert.Nil(t, a.ask("token"))
	}
	text := lines.String()
	assert.Equal(t, 1, strings.Count(text, "OOM"), text)
	assert.Equal(t, 1, strings.Count(text, "connecting to Redis"), text)
	assert.Contains(t, text, "maxmemory-policy")
	assert.NotContains(t, text, "token")
}

type lockedLines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lockedLines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *lockedLines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func loggerInto(lines *lockedLines) *logger {
	to := slog.New(slog.NewTextHandler(lines, nil))
	return &logger{plain: to, urgent: to, name: "test@file", throttle: newThrottle()}
}

var _ sharedTier = (*redisTier)(nil)
