package huaweisim

import (
	"math"
	"sync"
	"time"
)

// faultList holds the faults in force and how far each has got.
type faultList struct {
	mu       sync.Mutex
	active   []activeFault
	replaced chan struct{} // closed when active is replaced
}

type activeFault struct {
	Fault
	asked int // calls that came to it
	hits  int // calls that it hit
}

// strike is what the faults do to one call.
type strike struct {
	latency  time.Duration
	fault    *Fault          // decides the answer; nil = the usual answer
	replaced <-chan struct{} // closed when the faults are replaced
}

func (l *faultList) replace(faults []Fault) {
	active := make([]activeFault, len(faults))
	for i, f := range faults {
		active[i].Fault = f
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.replaced != nil {
		close(l.replaced)
	}
	l.active, l.replaced = active, make(chan struct{})
}

// strike asks the faults in their order.
func (l *faultList) strike(api string) strike {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := strike{replaced: l.replaced}
	for i := range l.active {
		f := &l.active[i]
		if f.API != "" && f.API != api || !f.hit() {
			continue
		}
		if f.Kind == "latency" {
			s.latency += f.latency()
			continue
		}
		decided := f.Fault
		s.fault = &decided
		break
	}
	return s
}

// hit counts a call and tells whether the fault hits it. The n-th call is hit
// when n*Rate passes a whole number, which spreads the hits evenly.
func (f *activeFault) hit() bool {
	if f.Count > 0 && f.hits >= f.Count {
		return false
	}
	f.asked++
	if f.Rate != 0 {
		// Ten times a tenth has to make one.
		const rounding = 1e-9
		due := int(math.Floor(float64(f.asked)*f.Rate + rounding))
		if due <= f.hits {
			return false
		}
	}
	f.hits++
	return true
}
