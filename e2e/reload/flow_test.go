package reload

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/traefik-huaweiid/huaweiid/e2e/traffic"
)

const (
	app     = "app"
	users   = 60
	senders = 6
	// pace is how often each sender sends.
	pace = 15 * time.Millisecond
)

func token(i int) string { return fmt.Sprintf("mainland/reload/%d", i%users) }

// flow is steady traffic of known users.
type flow struct {
	stop func()

	mu       sync.Mutex
	requests int
	slowest  time.Duration
	failed   []string // what was not as if nothing happened
}

// flow starts the traffic; its stop ends it.
func (s *stage) flow() *flow {
	f := &flow{}
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for i := range senders {
		all.Add(1)
		go func() {
			defer all.Done()
			ticker := time.NewTicker(pace)
			defer ticker.Stop()
			for n := i; ctx.Err() == nil; n += senders {
				// The request has a context of its own: the end of the traffic is no failure.
				f.note(s.client.Get(context.Background(), app, token(n)))
				<-ticker.C
			}
		}()
	}
	f.stop = func() {
		cancel()
		all.Wait()
	}
	return f
}

func (f *flow) note(a traffic.Answer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests++
	f.slowest = max(f.slowest, a.Took)
	if err := a.Wrong(); err != nil {
		f.failed = append(f.failed, err.Error())
	} else if !a.OK() || a.Identity != "verified" {
		f.failed = append(f.failed, a.String())
	}
}
