package huaweiid

import (
	"container/list"
	"sync"
	"time"
)

// What is owed to Redis: a refusal that could not be written, or a good answer that may be there and must not. Until it is done, this
// process takes no good answer of earlier asking out of Redis; it is done when Redis works again.

const (
	maxOwed   = 1000        // of one tier; past it, the oldest goes
	owedRetry = time.Second // between attempts to pay
	// owedLife is longer than any good answer lies in Redis.
	owedLife = maxTTL + maxStaleIfError + time.Minute
)

// owedRecord is what has to be written about one token. It has no token, but the token's place.
type owedRecord struct {
	place  place
	asked  time.Duration // since epoch: good answers of later asking may stay
	record sharedRecord  // without a refusal: nothing but the good answer has to go
	age    *list.Element // in owedRecords.order
}

// owedRecords are all that a tier owes.
type owedRecords struct {
	mu     sync.Mutex // guards all below; never held during a call
	byName map[string]*owedRecord
	order  *list.List // of their names, the oldest first
	paying bool
	payAt  time.Duration // since epoch: not again before
}

func newOwedRecords() *owedRecords {
	return &owedRecords{byName: map[string]*owedRecord{}, order: list.New()}
}

// settle notes what storing a token's answer has left to do. Where that is nothing, what was owed of earlier asking is done.
func (o *owedRecords) settle(p place, asked time.Duration, rest *sharedRecord, now time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if rest != nil {
		asked = now - rest.age
	}
	old := o.byName[p.name]
	if old != nil && old.asked > asked {
		return
	}
	if rest != nil {
		o.add(&owedRecord{place: p, asked: asked, record: *rest}, old)
	} else if old != nil {
		o.remove(old)
	}
}

// add takes a record in, in the place of the token's older one, if there is one. o.mu is held.
func (o *owedRecords) add(d, old *owedRecord) {
	if old != nil {
		d.age = old.age
	} else {
		if len(o.byName) >= maxOwed {
			o.remove(o.byName[o.order.Front().Value.(string)])
		}
		d.age = o.order.PushBack(d.place.name)
	}
	o.byName[d.place.name] = d
}

// remove lets a record go. o.mu is held.
func (o *owedRecords) remove(d *owedRecord) {
	delete(o.byName, d.place.name)
	o.order.Remove(d.age)
}

// isTimeToPay tells whether the caller has to pay.
func (o *owedRecords) isTimeToPay(now time.Duration) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.paying || now < o.payAt || len(o.byName) == 0 {
		return false
	}
	o.paying = true
	o.payAt = now + owedRetry
	return true
}

// first returns one record, or nil when there is none. What no good answer is old enough for any more goes.
func (o *owedRecords) first(now time.Duration) *owedRecord {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, d := range o.byName {
		if now-d.asked < owedLife {
			return d
		}
		o.remove(d)
	}
	return nil
}

// paid lets others pay.
func (o *owedRecords) paid() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.paying = false
}

// afterOwed returns the good answer of a token that counts beside what was owed about it when Redis was asked, or nil. It is paid now,
// since Redis works.
func (t *redisTier) afterOwed(d *owedRecord, p place, good *sharedRecord, now time.Duration, log *logger) *sharedRecord {
	if d != nil && good != nil {
		owed := d.record
		owed.age = now - d.asked
		if younger(t, good, &owed) {
			t.owed.settle(p, d.asked, nil, now)
		} else {
			good = nil
		}
	}
	if t.owed.isTimeToPay(now) {
		go t.pay(log)
	}
	return good
}

// pay writes what is owed until nothing is left or Redis fails.
func (t *redisTier) pay(log *logger) {
	defer recovered()
	defer t.owed.paid()
	for {
		d := t.owed.first(t.since(epoch))
		if d == nil {
			return
		}
		rest := t.write(d, log)
		t.owed.settle(d.place, d.asked, rest, t.since(epoch))
		if rest != nil {
			return
		}
	}
}

// write writes one record, and returns what is left to do.
func (t *redisTier) write(d *owedRecord, log *logger) (rest *sharedRecord) {
	r := d.record
	r.age = t.since(epoch) - d.asked
	if r.refusal == nil {
		return t.takeBack(d.place, &r, log)
	}
	return t.storeRefusal(d.place, &r, log)
}

// undo takes back a good answer beside which a refusal of later asking was found.
func (t *redisTier) undo(p place, good *sharedRecord, asked time.Duration, log *logger) {
	defer recovered()
	t.owed.settle(p, asked, t.takeBack(p, good, log), t.since(epoch))
}
