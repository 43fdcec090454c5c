package huaweiid

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Account events in a fleet: whoever receives one appends it to a list in Redis, and every Traefik reads that list by a timer while
// instances use the state, and before it believes Redis where it has not read of late. So neither one that was cut off nor a new
// one takes an answer out of Redis whose user was forgotten meanwhile.
//
// A reader knows its place by the last item that it has seen, counted from the list's end, so that what is cut off at the beginning
// changes nothing. When an event happened is not in the list: what is forgotten is everything of before the reading, since replicas'
// clocks need not agree. That costs a lookup too many at worst.

const (
	listInterval = time.Second
	// listBelieved is how long after a reading Redis is believed without another.
	listBelieved = 3 * time.Second
	// listLife is longer than anything in Redis can serve.
	listLife = maxTTL + maxStaleIfError + 10*time.Minute
	// maxListed bounds the list. Who finds it full and its place gone has missed events, and forgets everybody.
	maxListed = 10_000
	listPage  = 500
	maxOwn    = 1000
)

// eventList is the list as one upstream reads it.
type eventList struct {
	client *redisClient
	place  place
	since  func(time.Time) time.Duration

	mu      sync.Mutex // guards all below; held while the list is read, which Redis's time-outs bound
	last    string     // the last item that was read; "" = there was none
	expires time.Duration
	read    time.Duration // since epoch: when the last reading began
	hasRead bool

	ownMu sync.Mutex
	own   map[string]bool // items of this process, which it has obeyed already
}

func newEventList(t *redisTier) *eventList {
	p := placeOf(t.seals, labelEvents, "")
	return &eventList{client: t.client, place: p, since: time.Since, own: map[string]bool{}}
}

// identity tells lists apart: two of one Redis and one secret are the same list.
func (l *eventList) identity() string {
	return strings.Join(l.client.addresses, ",") + " " + strings.Join(l.client.login, "") + " " + l.place.name
}

// items seals events.
func (l *eventList) items(events []accountEvent) ([]string, error) {
	var items []string
	for _, e := range events {
		item, err := seal(l.place.key, l.place.name, strings.Join([]string{e.kind, e.clientID, e.openID, e.unionID}, "\n"))
		if err != nil {
			return nil, fmt.Errorf("%w: sealing: %w", errEventList, err)
		}
		items = append(items, item)
	}
	return items, nil
}

// open returns nil for what is no item of ours.
func (l *eventList) open(item string) *accountEvent {
	text, err := unseal(l.place.key, l.place.name, item)
	lines := strings.Split(text, "\n")
	if err != nil || len(lines) != 4 {
		return nil
	}
	return &accountEvent{kind: lines[0], clientID: lines[1], openID: lines[2], unionID: lines[3]}
}

// push appends items, and has the list outlive all that they are about.
func (l *eventList) push(items []string) error {
	name := l.place.name
	_, err := l.client.call(name, ":+:",
		command(append([]string{"RPUSH", name}, items...)...),
		command("LTRIM", name, strconv.Itoa(-maxListed), "-1"),
		command("PEXPIRE", name, strconv.FormatInt(listLife.Milliseconds(), 10)))
	if err != nil {
		return fmt.Errorf("%w: %w", errEventList, err)
	}
	return nil
}

// telling is what one list is told.
type telling struct {
	list  *eventList
	items []string
	inUse bool // by instances of this process
}

// tell appends events to every list that states read, all of which have obeyed already: one that cannot be reached keeps none of the
// others from hearing. The error is the first one of a list that is in use. Of the others, such as that of a Redis which was moved, the
// log says what there is to say.
func tell(states []reached, events []accountEvent, log *logger) error {
	tellings := map[string]*telling{}
	for _, s := range states {
		l := s.upstream.list
		if l == nil {
			continue
		}
		id := l.identity()
		if tellings[id] == nil {
			items, err := l.items(events)
			if err != nil {
				return err
			}
			tellings[id] = &telling{list: l, items: items}
		}
		tellings[id].inUse = tellings[id].inUse || s.inUse
		l.note(tellings[id].items)
	}
	var failed error
	for _, t := range tellings {
		err := t.list.push(t.items)
		processMetrics.calledRedis("rpush", err)
		log.redis("rpush", err)
		if err != nil && t.inUse && failed == nil {
			failed = err
		}
	}
	return failed
}

// note remembers items of this process.
func (l *eventList) note(items []string) {
	l.ownMu.Lock()
	defer l.ownMu.Unlock()
	if len(l.own) > maxOwn {
		l.own = map[string]bool{}
	}
	for _, item := range items {
		l.own[item] = true
	}
}

func (l *eventList) isOwn(item string) bool {
	l.ownMu.Lock()
	defer l.ownMu.Unlock()
	return l.own[item]
}

// believes tells whether an upstream may take what Redis says: it has read the list of late, or does so now.
func believes(u *upstream, log *logger) bool {
	if u.list == nil || !isWatched(u) {
		return true
	}
	l := u.list
	l.mu.Lock()
	current := l.hasRead && l.since(epoch)-l.read < listBelieved
	l.mu.Unlock()
	return current || catchUp(u, log)
}

func isWatched(u *upstream) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.good.users != nil
}

// catchUp reads what is new in the list and obeys it. It tells whether the whole of it could be read.
func catchUp(u *upstream, log *logger) bool {
	l := u.list
	l.mu.Lock()
	defer l.mu.Unlock()
	begun := l.since(epoch)
	items, missed, err := l.fresh(begun, log)
	processMetrics.calledRedis("lrange", err)
	if err != nil {
		log.redis("lrange", err)
		return false
	}
	if missed {
		processMetrics.event(noEventType, eventMissed)
		log.event(1, slog.LevelWarn, "events missed", "more account events went by unread than the list holds: everybody is asked about again")
		forgetEverybody(u)
	}
	for _, item := range items {
		if l.isOwn(item) {
			continue
		}
		e := l.open(item)
		if e != nil && sharesClientID(u, map[string]bool{e.clientID: true}) {
			processMetrics.event(e.kind, eventHeard)
			log.accountEvent(e.kind, forgetUser(u, e.openID, e.unionID))
		}
	}
	l.read = begun
	l.hasRead = true
	return true
}

// fresh returns the items after the last one, and whether others were missed. l.mu is held.
func (l *eventList) fresh(now time.Duration, log *logger) (items []string, missed bool, err error) {
	name := l.place.name
	replies, err := l.client.call(name, ":*", command("PTTL", name), command("LRANGE", name, "-1", "-1"))
	if err != nil {
		return nil, false, err
	}
	newest := strings.Join(replies[1].items, "") // one, or none
	found := newest == l.last
	if !found && newest != "" {
		items, found, err = l.after(l.last)
		if err != nil {
			return nil, false, err
		}
		if len(items) > 0 {
			newest = items[len(items)-1]
		}
	}
	if !found && len(items) >= maxListed {
		missed = true
	} else if !found && l.last != "" && now < l.expires-time.Minute {
		processMetrics.event(noEventType, eventListLost)
		log.event(1, slog.LevelWarn, "event list", "the list of account events is gone from Redis: a Traefik that starts now does not know of earlier ones",
			"remedy", "let Redis evict nothing else than what expires first (maxmemory-policy volatile-ttl), and do not flush it")
	}
	l.last = newest
	if replies[0].number > 0 {
		l.expires = now + time.Duration(replies[0].number)*time.Millisecond
	}
	return items, missed, nil
}

// after returns all items behind one, and whether that is there. It reads pages from the end, since the beginning may be cut off.
func (l *eventList) after(last string) (items []string, found bool, err error) {
	name := l.place.name
	for from := 0; from < maxListed && !found; from += listPage {
		replies, err := l.client.call(name, "*", command("LRANGE", name, strconv.Itoa(-from-listPage), strconv.Itoa(-from-1)))
		if err != nil {
			return nil, false, err
		}
		page := replies[0].items
		begin := 0
		for i := len(page) - 1; i >= 0 && last != ""; i-- {
			if page[i] == last {
				begin = i + 1
				found = true
				break
			}
		}
		items = append(append([]string{}, page[begin:]...), items...)
		if len(page) < listPage {
			break
		}
	}
	return items, found, nil
}

// forgetEverybody ends all good answers of before, some at a time, and sees to it that none of earlier asking is stored.
func forgetEverybody(u *upstream) {
	u.mu.Lock()
	defer u.mu.Unlock()
	x := u.good.users
	at := u.since(epoch)
	x.floor = at
	x.hasFloor = true
	n := 0
	for _, e := range u.good.entries {
		if e.asked <= at {
			removeEntry(u.good, e)
		}
		if n++; n%forgetBatch == 0 {
			letOthersIn(u)
		}
	}
}
