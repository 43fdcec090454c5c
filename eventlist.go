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
// changes nothing. What is forgotten is everything of before the reading, since replicas' clocks need not agree. That costs a lookup
// too many at worst.
//
// Every push renews the list's life, so that a fleet's list holds items of any age. Who has read nothing yet needs none but those that
// answers may be left of, and knows them by the moment that is sealed in each. Clocks may disagree by maxSkew there, as between
// replicas elsewhere. Later, the place alone says what is new: a clock that is set wrong has nobody miss an event.

const (
	listInterval = time.Second
	// listBelieved is how long after a reading Redis is believed without another.
	listBelieved = 3 * time.Second
	// listLife is longer than anything in Redis can serve.
	listLife = maxTTL + maxStaleIfError + 10*time.Minute
	// listMatters is how long an item may matter to a reader whose clock is not that of who appended it.
	listMatters = listLife + maxSkew
	// maxListed bounds the list. Who finds it full and its place gone has missed events, and forgets everybody of before.
	maxListed = 10_000
	listPage  = 500
	maxOwn    = 1000
)

// eventList is the list as one upstream reads it.
type eventList struct {
	client *redisClient
	place  place
	since  func(time.Time) time.Duration
	wall   func() time.Time // time.Now but in tests

	// Only whoever reads the list uses these.
	last    string // the last item that was read; "" = there was none
	expires time.Duration

	mu      sync.Mutex // guards all below; never held during a call
	reading bool       // one goroutine reads the list
	waiting map[*listWait]bool
	begun   time.Duration // since epoch: when the last reading that succeeded began
	hasRead bool

	ownMu sync.Mutex
	own   map[string]bool // items of this process, which it has obeyed already
}

func newEventList(t *redisTier) *eventList {
	p := placeOf(t.seals, labelEvents, "")
	return &eventList{client: t.client, place: p, since: time.Since, wall: time.Now, waiting: map[*listWait]bool{}, own: map[string]bool{}}
}

// identity tells lists apart: two of one Redis and one secret are the same list.
func (l *eventList) identity() string {
	return strings.Join(l.client.addresses, ",") + " " + strings.Join(l.client.login, "") + " " + l.place.name
}

// items seals events, each with the moment.
func (l *eventList) items(events []accountEvent) ([]string, error) {
	var items []string
	now := strconv.FormatInt(l.wall().UnixMilli(), 10)
	for _, e := range events {
		item, err := seal(l.place.key, l.place.name, strings.Join([]string{now, e.kind, e.clientID, e.openID, e.unionID}, "\n"))
		if err != nil {
			return nil, fmt.Errorf("%w: sealing: %w", errEventList, err)
		}
		items = append(items, item)
	}
	return items, nil
}

// open returns an item's event, and how long ago it was appended by the clocks on the wall; nil for what is no item of ours.
func (l *eventList) open(item string) (e *accountEvent, age time.Duration) {
	text, err := unseal(l.place.key, l.place.name, item)
	lines := strings.Split(text, "\n")
	if err != nil || len(lines) != 5 {
		return nil, 0
	}
	appended, err := strconv.ParseInt(lines[0], 10, 64)
	if err != nil {
		return nil, 0
	}
	e = &accountEvent{kind: lines[1], clientID: lines[2], openID: lines[3], unionID: lines[4]}
	return e, time.Duration(l.wall().UnixMilli()-appended) * time.Millisecond
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

func isWatched(u *upstream) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.good.users != nil
}

// catchUp reads what is new in the list and obeys it, unless that is being done. It tells whether it read the whole of it.
func catchUp(u *upstream, log *logger) bool {
	return u.list.begin() && readList(u, log)
}

// readList is catchUp for whom begin has let through.
func readList(u *upstream, log *logger) bool {
	defer recovered() // what was not obeyed is not believed
	l := u.list
	defer l.end()
	begun := l.since(epoch)
	news, err := l.read(begun, log)
	processMetrics.calledRedis("lrange", err)
	if err != nil {
		log.redis("lrange", err)
		return false
	}
	if news.missed {
		processMetrics.event(noEventType, eventMissed)
		log.event(1, slog.LevelWarn, "events missed", "more account events went by unread than the list holds: everybody of before is asked about again")
		forgetEverybody(u, news.until)
	}
	for _, item := range news.items {
		if l.isOwn(item) {
			continue
		}
		e, _ := l.open(item)
		if e != nil && sharesClientID(u, map[string]bool{e.clientID: true}) {
			processMetrics.event(e.kind, eventHeard)
			log.accountEvent(e.kind, forgetUser(u, e.openID, e.unionID))
		}
	}
	// Only now, so that what a panic kept from being obeyed is read again.
	l.last = news.newest
	l.heardAt(begun)
	return true
}

// listNews is what a reading of the list brings.
type listNews struct {
	items  []string
	newest string        // the list's last item; "" = it is empty
	missed bool          // others went by unread
	until  time.Duration // since epoch: none of those came later
}

// read returns what is new in the list.
func (l *eventList) read(now time.Duration, log *logger) (*listNews, error) {
	name := l.place.name
	replies, err := l.client.call(name, ":*", command("PTTL", name), command("LRANGE", name, "-1", "-1"))
	if err != nil {
		return nil, err
	}
	news := &listNews{newest: strings.Join(replies[1].items, "")} // one, or none
	found := news.newest == l.last
	if news.newest != "" && !found {
		if l.hasRead {
			found, err = l.readAfter(news, now)
		} else {
			err = l.readLiving(news, now)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(news.items) > 0 {
		news.newest = news.items[len(news.items)-1]
	}
	if !found && !news.missed && l.last != "" && now < l.expires-time.Minute {
		processMetrics.event(noEventType, eventListLost)
		log.event(1, slog.LevelWarn, "event list", "the list of account events is gone from Redis: a Traefik that starts now does not know of earlier ones",
			"remedy", "let Redis evict nothing else than what expires first (maxmemory-policy volatile-ttl), and do not flush it")
	}
	if replies[0].number > 0 {
		l.expires = now + time.Duration(replies[0].number)*time.Millisecond
	}
	return news, nil
}

// readAfter reads all items behind the last one, and tells whether that is there still.
func (l *eventList) readAfter(news *listNews, now time.Duration) (found bool, err error) {
	for from := 0; from < maxListed && !found; from += listPage {
		page, err := l.page(from)
		if err != nil {
			return false, err
		}
		begin := 0
		for i := len(page) - 1; i >= 0 && l.last != ""; i-- {
			if page[i] == l.last {
				begin = i + 1
				found = true
				break
			}
		}
		news.items = append(append([]string{}, page[begin:]...), news.items...)
		if len(page) < listPage {
			break
		}
	}
	news.missed = !found && len(news.items) >= maxListed
	news.until = now
	return found, nil
}

// readLiving is the first reading: it ends at the first item that is too old to matter. A full list without such an item has lost some that
// may matter; all of those are older than the oldest that is left.
func (l *eventList) readLiving(news *listNews, now time.Duration) error {
	for from := 0; from < maxListed; from += listPage {
		page, err := l.page(from)
		if err != nil {
			return err
		}
		old, oldest := l.agesOf(page)
		news.items = append(append([]string{}, page[old:]...), news.items...)
		if old > 0 || len(page) < listPage {
			news.missed = false
			return nil
		}
		news.missed = true
		news.until = now
		if oldest > maxSkew {
			news.until = now - oldest + maxSkew
		}
	}
	return nil
}

// agesOf returns how many items at a page's beginning are too old to matter, and the age of the first that is not.
func (l *eventList) agesOf(page []string) (old int, oldest time.Duration) {
	for i, item := range page {
		e, age := l.open(item)
		if e == nil {
			continue
		}
		if age <= listMatters {
			return old, age
		}
		old = i + 1
	}
	return old, 0
}

// page returns items of the list. Pages are counted from its end, since its beginning may be cut off.
func (l *eventList) page(from int) ([]string, error) {
	name := l.place.name
	replies, err := l.client.call(name, "*", command("LRANGE", name, strconv.Itoa(-from-listPage), strconv.Itoa(-from-1)))
	if err != nil {
		return nil, err
	}
	return replies[0].items, nil
}

// forgetEverybody ends all good answers that were asked for up to a moment, some at a time, and sees to it that none of earlier asking
// is stored.
func forgetEverybody(u *upstream, at time.Duration) {
	u.mu.Lock()
	defer u.mu.Unlock()
	x := u.good.users
	if !x.hasFloor || x.floor < at {
		x.floor = at
		x.hasFloor = true
	}
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
