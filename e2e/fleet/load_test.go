package fleet

import (
	"fmt"
	"sync"
	"time"

	"github.com/traefik-huaweiid/huaweiid/e2e/traffic"
)

// mostUnderWay is how many requests of a load are under way at once. A machine that is too busy for the rate makes fewer requests
// then, not a queue of them, which would say more of the machine than of the fleet.
const mostUnderWay = 64

// load is requests that are sent at a steady rate, however long the answers to those before take.
type load struct {
	rate  int // a second
	begun time.Time
	stop  chan struct{}
	ended chan struct{}

	mu      sync.Mutex // guards all below
	answers []traffic.Answer
	leftOut int // due while too many were under way
	lasted  time.Duration
}

// startLoad sends requests until it is told to end. send makes the one that it is given the number of.
func startLoad(rate int, send func(number int) traffic.Answer) *load {
	l := &load{rate: rate, begun: time.Now(), stop: make(chan struct{}), ended: make(chan struct{})}
	go l.run(send)
	return l
}

func (l *load) run(send func(number int) traffic.Answer) {
	defer close(l.ended)
	places := make(chan struct{}, mostUnderWay)
	var running sync.WaitGroup
	defer running.Wait()
	for number := 0; ; number++ {
		due := l.begun.Add(time.Duration(number) * time.Second / time.Duration(l.rate))
		select {
		case <-l.stop:
			l.mu.Lock()
			l.lasted = time.Since(l.begun)
			l.mu.Unlock()
			return
		case <-time.After(time.Until(due)):
		}
		select {
		case places <- struct{}{}:
		default:
			l.mu.Lock()
			l.leftOut++
			l.mu.Unlock()
			continue
		}
		running.Add(1)
		go func() {
			defer running.Done()
			a := send(number)
			<-places
			l.mu.Lock()
			defer l.mu.Unlock()
			l.answers = append(l.answers, a)
		}()
	}
}

// end sends no more, and returns all answers when they are there.
func (l *load) end() []traffic.Answer {
	close(l.stop)
	<-l.ended
	return l.answers
}

// achieved says what the rate came to, after the end.
func (l *load) achieved() string {
	return fmt.Sprintf("%d requests were due at %d/s and %d were left out for a busy machine: %.0f/s were sent",
		len(l.answers)+l.leftOut, l.rate, l.leftOut, float64(len(l.answers))/l.lasted.Seconds())
}
