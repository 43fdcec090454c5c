package crossing

import (
	"context"
	"fmt"
	"math/rand"
	"net/http"
	"os"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"time"
)

const (
	visitors = 64
	// convoy is how many visits in a row ask for the same token, so that they meet at one lookup.
	convoy = 16
	// leaving is one client of so many who leaves before the answer.
	leaving = 16
	// lookupTimeout is the plugin's. It is never reached: who waits that long was woken by nothing else.
	lookupTimeout = 60 * time.Second
	// longest is how long one answer may take. A lookup takes milliseconds.
	longest = 20 * time.Second
	// hung is how long the crowd may go without a single answer.
	hung = lookupTimeout + longest
	// told is how many of the wrong answers a message names.
	told = 10
)

// crowd is a number of visits, made by many visitors at once.
type crowd struct {
	middleware http.Handler
	people     []*person
	visits     int64
	removes    bool // the middleware takes tokens off

	begun, ended atomic.Int64
	left         atomic.Int64
	refused      atomic.Int64

	mu      sync.Mutex
	how     map[string]int // answers by way
	wrong   []error
	slowest time.Duration
}

// run makes the visits. It returns early when nobody gets an answer any more, and prints where everybody stands.
func (c *crowd) run() error {
	c.how = map[string]int{}
	done := make(chan struct{})
	var all sync.WaitGroup
	for i := 0; i < visitors; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			c.visitor(rand.New(rand.NewSource(int64(i))))
		}()
	}
	go func() {
		all.Wait()
		close(done)
	}()

	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	seen, since := int64(0), time.Now()
	for {
		select {
		case <-done:
			return nil
		case <-ticker.C:
		}
		if ended := c.ended.Load(); ended != seen {
			seen, since = ended, time.Now()
		}
		if time.Since(since) > hung {
			_ = pprof.Lookup("goroutine").WriteTo(os.Stderr, 1)
			return fmt.Errorf("%d visits hang: no answer for %v", min(c.begun.Load(), c.visits)-seen, hung)
		}
	}
}

// visitor makes visits until there are enough: one half in convoys, the other half to some tokens more than to others.
func (c *crowd) visitor(random *rand.Rand) {
	popular := rand.NewZipf(random, 1.5, 8, uint64(len(c.people)-1))
	how := map[string]int{}
	slowest := time.Duration(0)
	for {
		n := c.begun.Add(1)
		if n > c.visits {
			break
		}
		who := c.people[popular.Uint64()]
		if n/convoy%2 == 0 {
			who = c.people[n/convoy/2%int64(len(c.people))]
		}
		v := &visit{who: who, removes: c.removes, shape: shapes[random.Intn(len(shapes))]}
		ctx, leave := context.WithCancel(context.Background())
		if random.Intn(leaving) == 0 {
			c.left.Add(1)
			// Some are gone before they are served.
			if wait := time.Duration(random.Intn(4)) * time.Millisecond; wait == 0 {
				leave()
			} else {
				time.AfterFunc(wait, leave)
			}
		}
		start := time.Now()
		err := v.pay(ctx, c.middleware)
		took := time.Since(start)
		leave()
		if took > longest && err == nil {
			err = fmt.Errorf("%s: answered only after %v", who.token, took)
		}
		slowest = max(slowest, took)
		how[v.way()]++
		if v.status != 0 {
			c.refused.Add(1)
		}
		if err != nil {
			c.mu.Lock()
			c.wrong = append(c.wrong, err)
			c.mu.Unlock()
		}
		c.ended.Add(1)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, count := range how {
		c.how[name] += count
	}
	c.slowest = max(c.slowest, slowest)
}

// alone makes one more visit of everybody, one after the other: a refusal names the same token as among the crowd, and no
// two tokens are named alike.
func (c *crowd) alone() error {
	named := map[string]string{}
	for _, who := range c.people {
		v := &visit{who: who, removes: c.removes, shape: shapes[0]}
		if err := v.pay(context.Background(), c.middleware); err != nil {
			return fmt.Errorf("asked alone: %w", err)
		}
		if instance := who.instance.Load(); instance != nil {
			if other, taken := named[*instance]; taken {
				return fmt.Errorf("%s and %s are both named %s", who.token, other, *instance)
			}
			named[*instance] = who.token
		}
	}
	return nil
}

// ways tells how many answers came by each way, where they say so.
func (c *crowd) ways() string {
	if c.how[wayNone] > 0 {
		return fmt.Sprintf("%d not told how", c.how[wayNone])
	}
	return fmt.Sprintf("%d hits, %d hits of refusals, %d misses, %d coalesced, %d from Redis",
		c.how[wayHit], c.how[wayRefusal], c.how[wayMiss], c.how[wayCoalesced], c.how[wayShared])
}
