package huaweiid

import (
	"errors"
	"fmt"
	"math/rand"
	"strconv"
	"time"
)

// The shared tier on Redis: what one replica learns of a token, sealed, for all of them.
//
// A token has two names in Redis, in one slot of a cluster: one for the last good answer (+), one for the last refusal (-). So no
// write of a good answer can overwrite a refusal, and the reader decides: a good answer counts only if Huawei was asked for it
// after it was asked for the refusal. For the time when the refusal's entry has ended, the older good answer must be gone. It is,
// in every order of writes:
//
//   - Who has a refusal writes it and then deletes the good answer, in one pipeline. A good answer written before goes.
//   - Who has a good answer writes it and then reads the refusal, in one pipeline. If the delete came before that write, the refusal
//     is there to be read, and the good answer is taken back.
//   - Who cannot write a refusal owes it (redisowed.go).
//
// That needs refusals to outlive all good answers of earlier asking that are still on their way. So a good answer is written within
// shareWithin of its asking or never, and a refusal stays for refusalStays at least, even where it counts for less. Of two refusals
// the one of later asking stays: who finds such a one puts it back.
//
// Replicas' clocks need not agree. How old an entry is follows from the life that Redis says is left of the life that it was given,
// both by Redis's clock. That makes an entry too young by the time that the write took, at most redis.timeout; so what has to be
// younger has to be younger by more than that, and by the clocks on the wall, too. Clocks that disagree then cost a miss.
const (
	shareWithin  = 10 * time.Second
	refusalStays = shareWithin + maxRedisTimeout + time.Second
	maxSkew      = 5 * time.Minute // between replicas' clocks; by more, an entry is a dump that was played back
)

// Ends of a token's names.
const (
	goodName    = "+"
	refusalName = "-"
)

// redisTier implements sharedTier.
type redisTier struct {
	client   *redisClient
	seals    *sealer
	upstream string // whose tokens these are
	since    func(time.Time) time.Duration
	wall     func() time.Time // time.Now but in tests
	random   func() float64   // from 0 up to 1
	metrics  *metrics
	events   *hearing
	owed     *owedRecords

	ttl         time.Duration
	staleWindow time.Duration
	negativeTTL time.Duration
	margin      time.Duration // redis.timeout: by as much too young may a record seem
}

// sharedRecord is what is sealed of an answer. Durations are in whole milliseconds.
type sharedRecord struct {
	identity *identity // nil = a refusal
	refusal  *outcome
	heard    bool          // it is by who hears of account events
	stamp    int64         // when Huawei was asked, in ms since 1970, by the clock of who asked
	age      time.Duration // how long ago that was when it was written; when it was read, in a record that was
	life     time.Duration // from asking on: fresh for so long
	end      time.Duration // from asking on: no rule can serve it any more

	ageByWall time.Duration // of one that was read: how long ago stamp was
}

// newRedisTier returns nil where no Redis is configured.
func newRedisTier(s upstreamSettings, upstream string) *redisTier {
	if len(s.redis.address) == 0 {
		return nil
	}
	return &redisTier{
		client:      newRedisClient(s.redis),
		seals:       &sealer{secret: []byte(s.redis.secret.hidden), prefix: s.redis.keyPrefix},
		upstream:    upstream,
		since:       time.Since,
		wall:        time.Now,
		random:      rand.Float64,
		metrics:     processMetrics,
		events:      newHearing(),
		owed:        newOwedRecords(),
		ttl:         s.cache.ttl,
		staleWindow: s.cache.staleIfError,
		negativeTTL: s.cache.negativeTTL,
		margin:      s.redis.timeout,
	}
}

// fetch implements sharedTier.
func (t *redisTier) fetch(_ key, token string, log *logger) *entry {
	p := placeOf(t.seals, labelToken, t.upstream+token)
	refusalAt := bulk(p.name + refusalName)
	goodAt := bulk(p.name + goodName)
	// Before Redis is asked: what is paid meanwhile may come after what Redis says now.
	o := t.owed
	o.mu.Lock()
	owing := len(o.byName)
	owed := o.byName[p.name]
	o.mu.Unlock()
	begun := t.since(epoch)
	replies, err := t.client.call(p.name, ":$:$", pttlOf+refusalAt, getOf+refusalAt, pttlOf+goodAt, getOf+goodAt)
	note(t, "get", err, log)
	if err != nil {
		return nil
	}
	now := t.since(epoch)
	var refusal, good *sharedRecord
	if replies[1].number >= 0 {
		refusal = openRecord(t, p, refusalName, replies[:2], now-begun, log)
	}
	if replies[3].number >= 0 {
		good = openRecord(t, p, goodName, replies[2:], now-begun, log)
	}
	if owing > 0 {
		good = t.afterOwed(owed, p, good, now, log)
	}
	switch {
	case good != nil && refusal != nil && !younger(t, good, refusal):
		// Its delete has not come yet, or failed.
		go t.undo(p, good, now-good.age, log)
		return refusalEntry(t, refusal, now)
	case good != nil:
		return goodEntry(t, good, now)
	case refusal != nil:
		return refusalEntry(t, refusal, now)
	}
	return nil
}

// note counts a call, and logs why it failed.
func note(t *redisTier, op string, err error, log *logger) {
	t.metrics.calledRedis(op, err)
	if err != nil {
		log.redis(op, err)
	}
}

// younger tells whether Huawei was surely asked for a after it was asked for b.
func younger(t *redisTier, a, b *sharedRecord) bool {
	return a.age+t.margin < b.age && a.stamp > b.stamp
}

// goodEntry makes an entry of a good answer, unless nobody may use it here. Whatever the other replica's options were, it serves
// no longer than this one's say.
//
// The moment of asking is the earliest that may be true, so that a refresh does not take for news what this process wrote itself.
// Replicas refresh at different moments: else all of them would ask Huawei at once.
func goodEntry(t *redisTier, r *sharedRecord, now time.Duration) *entry {
	life := least(r.life, t.ttl)
	end := least(r.end, life+t.staleWindow)
	if r.age >= end || t.ttl == 0 {
		return nil
	}
	asked := now - r.age
	fifth := life / 5
	return &entry{
		identity: r.identity,
		asked:    earliest(t, r, now),
		refresh:  asked + life - fifth + time.Duration(t.random()*float64(fifth)),
		expires:  asked + life,
		end:      asked + end,
	}
}

func refusalEntry(t *redisTier, r *sharedRecord, now time.Duration) *entry {
	life := least(r.life, t.negativeTTL)
	if r.age >= life {
		return nil
	}
	end := now - r.age + life
	return &entry{refusal: r.refusal, asked: earliest(t, r, now), expires: end, end: end}
}

// earliest is when Huawei may have been asked: by Redis's clock, less what the write may have taken, or by the clock on the wall.
func earliest(t *redisTier, r *sharedRecord, now time.Duration) time.Duration {
	age := r.age + t.margin
	if r.ageByWall > age {
		age = r.ageByWall
	}
	return now - age
}

// store implements sharedTier.
func (t *redisTier) store(token string, e *entry, log *logger) {
	age := t.since(epoch) - e.asked
	r := &sharedRecord{
		heard:    t.events.heard(),
		identity: e.identity,
		refusal:  e.refusal,
		stamp:    t.wall().Add(-age).UnixMilli(),
		age:      age,
		life:     e.expires - e.asked,
		end:      e.end - e.asked,
	}
	p := t.placeOf(token)
	var rest *sharedRecord
	if r.identity == nil {
		rest = t.storeRefusal(p, r, log)
	} else if r.life > 0 && r.end-age >= time.Millisecond && age < shareWithin {
		rest = t.storeGood(p, r, log)
	}
	t.owed.settle(p, e.asked, rest, t.since(epoch))
}

// storeGood writes a good answer, and takes it back if Huawei has refused the token since. It returns what is left to do.
func (t *redisTier) storeGood(p place, r *sharedRecord, log *logger) (rest *sharedRecord) {
	set, err := t.set(p, goodName, r, r.end-r.age)
	if err != nil {
		note(t, "set", err, log)
		return nil
	}
	refusalAt := bulk(p.name + refusalName)
	begun := t.since(epoch)
	replies, err := t.client.call(p.name, "+:$", set, pttlOf+refusalAt, getOf+refusalAt)
	note(t, "set", err, log)
	if err != nil {
		// It may be there for all that, and a refusal with it that was not read.
		if len(replies) > 0 && replies[0].kind == '+' || errors.Is(err, errRedisTimeout) || errors.Is(err, errRedisBroken) {
			r.age += t.since(epoch) - begun
			return t.takeBack(p, r, log)
		}
		return nil
	}
	took := t.since(epoch) - begun
	refusal := openRecord(t, p, refusalName, replies[1:], took, log)
	r.age += took
	if refusal != nil && !younger(t, r, refusal) {
		return t.takeBack(p, r, log)
	}
	return nil
}

// takeBack deletes a good answer that must not be there. It returns what is left to do.
func (t *redisTier) takeBack(p place, r *sharedRecord, log *logger) (rest *sharedRecord) {
	begun := t.since(epoch)
	_, err := t.client.call(p.name, ":", delOf+bulk(p.name+goodName))
	note(t, "del", err, log)
	if err == nil {
		return nil
	}
	return &sharedRecord{stamp: r.stamp, age: r.age + t.since(epoch) - begun}
}

// storeRefusal writes a refusal and deletes the good answer, unless a refusal of later asking is there, which it puts back. It returns
// what is left to do.
func (t *redisTier) storeRefusal(p place, r *sharedRecord, log *logger) (rest *sharedRecord) {
	set, err := t.setRefusal(p, r)
	if err != nil {
		note(t, "set", err, log)
		return r
	}
	refusalAt := bulk(p.name + refusalName)
	begun := t.since(epoch)
	replies, err := t.client.call(p.name, ":$+:", pttlOf+refusalAt, getOf+refusalAt, set, delOf+bulk(p.name+goodName))
	note(t, "set", err, log)
	took := t.since(epoch) - begun
	if err != nil {
		r.age += took
		return r
	}
	before := openRecord(t, p, refusalName, replies[:2], took, log)
	r.age += took
	if before == nil || before.age >= r.age && before.stamp <= r.stamp {
		return nil
	}
	kept := later(r, before)
	if set, err = t.setRefusal(p, kept); err == nil {
		_, err = t.client.call(p.name, "+", set)
	}
	note(t, "set", err, log)
	if err != nil {
		return kept
	}
	return nil
}

// later returns the refusal of later asking, of that moment by either clock.
func later(a, b *sharedRecord) *sharedRecord {
	kept := *a
	if b.age < a.age {
		kept = *b
	}
	if b.stamp > kept.stamp {
		kept.stamp = b.stamp
	}
	if a.stamp > kept.stamp {
		kept.stamp = a.stamp
	}
	return &kept
}

// close implements sharedTier.
func (t *redisTier) close() { t.client.close() }

// setRefusal is the command that writes a refusal.
func (t *redisTier) setRefusal(p place, r *sharedRecord) (string, error) {
	left := r.life - r.age
	if left < refusalStays {
		left = refusalStays
	}
	kept := *r
	kept.end = r.age + left
	return t.set(p, refusalName, &kept, left)
}

// placeOf finds a token's place. The upstream's identity has one length, so that it cannot run into the token.
func (t *redisTier) placeOf(token string) place {
	return placeOf(t.seals, labelToken, t.upstream+token)
}

// set is the command that writes a record for the time that is left of it.
func (t *redisTier) set(p place, end string, r *sharedRecord, left time.Duration) (string, error) {
	px := strconv.FormatInt(left.Milliseconds(), 10)
	sealed, err := seal(p.key, p.name+end, encodeRecord(r))
	if err != nil {
		return "", fmt.Errorf("%w: sealing: %w", errSealBroken, err)
	}
	return command("SET", p.name+end, sealed, "PX", px), nil
}

// openRecord opens what PTTL and GET have answered, took ago at most. It returns nil for what is not there, does not open, or lies there
// for longer than it was written for.
func openRecord(t *redisTier, p place, end string, replies []respReply, took time.Duration, log *logger) *sharedRecord {
	if replies[1].number < 0 { // there is none
		return nil
	}
	text, err := unseal(p.key, p.name+end, replies[1].text)
	if err != nil {
		note(t, "open", err, log)
		return nil
	}
	r := decodeRecord(text)
	if r == nil {
		return nil
	}
	left := time.Duration(replies[0].number) * time.Millisecond
	if left <= 0 || left > r.end-r.age {
		return nil
	}
	r.age = r.end - left + took
	r.ageByWall = time.Duration(t.wall().UnixMilli()-r.stamp) * time.Millisecond
	if r.ageByWall > r.end+maxSkew {
		return nil
	}
	checkMark(t.events, r, log)
	return r
}

func least(a, b time.Duration) time.Duration {
	if a < b {
		return a
	}
	return b
}
