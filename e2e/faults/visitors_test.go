package faults

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/traefik-huaweiid/huaweiid/e2e/traffic"
)

// role is what the plugin knows of a request's token, and what Huawei would say of it.
type role int

const (
	known    role = iota // a user whose answer is in the cache when the fault comes
	newcomer             // a user who comes for the first time
	stranger             // a token that is nobody's
)

// visit is one request and its answer.
type visit struct {
	role role
	traffic.Answer
}

// visitors are the traffic of one scenario.
type visitors struct {
	client *traffic.Client
	host   string
	told   string // host of strangers

	mu     sync.Mutex
	visits []visit
	came   chan struct{} // closed and replaced with every visit

	senders sync.WaitGroup
	over    chan struct{} // closed when the senders are to stop
}

func newVisitors(client *traffic.Client, host, told string) *visitors {
	return &visitors{client: client, host: host, told: told, came: make(chan struct{}), over: make(chan struct{})}
}

func (v *visitors) knownToken(i int) string { return fmt.Sprintf("hongkong/%s/known/%d", v.host, i) }
func (v *visitors) newToken(n int) string   { return fmt.Sprintf("mainland/%s/new/%d", v.host, n) }

// strangeToken is a new one each time but for every fourth, which comes again.
func (v *visitors) strangeToken(sender, n int) string {
	switch n % 4 {
	case 0:
		return fmt.Sprintf("expired/%s/%d", v.host, sender)
	case 1:
		return fmt.Sprintf("forbidden/%s/%d/%d", v.host, sender, n)
	case 2:
		return fmt.Sprintf("made-up/%s/%d/%d", v.host, sender, n)
	}
	return fmt.Sprintf("invalid/%s/%d/%d", v.host, sender, n)
}

// send has a sender send requests with these tokens, until stop.
func (v *visitors) send(r role, pace time.Duration, token func(n int) string) {
	v.senders.Add(1)
	go func() {
		defer v.senders.Done()
		ticker := time.NewTicker(pace)
		defer ticker.Stop()
		for n := 0; ; n++ {
			v.visit(r, token(n))
			select {
			case <-v.over:
				return
			case <-ticker.C:
			}
		}
	}()
}

// stop ends the traffic and waits for the last answers.
func (v *visitors) stop() {
	close(v.over)
	v.senders.Wait()
}

// visit makes one request. It has a context of its own, so that the end of the traffic cuts none short.
func (v *visitors) visit(r role, token string) traffic.Answer {
	host := v.host
	if r == stranger {
		host = v.told
	}
	a := v.client.Get(context.Background(), host, token)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.visits = append(v.visits, visit{r, a})
	close(v.came)
	v.came = make(chan struct{})
	return a
}

// wait waits for a visit that satisfies, no longer than the given time.
func (v *visitors) wait(longest time.Duration, satisfies func(visit) bool) (visit, bool) {
	timer := time.NewTimer(longest)
	defer timer.Stop()
	for looked := 0; ; {
		v.mu.Lock()
		visits, came := v.visits, v.came
		v.mu.Unlock()
		for ; looked < len(visits); looked++ {
			if satisfies(visits[looked]) {
				return visits[looked], true
			}
		}
		select {
		case <-came:
		case <-timer.C:
			return visit{}, false
		}
	}
}
