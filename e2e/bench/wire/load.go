// Package wire speaks just enough HTTP/1.1 to put load on a proxy and to answer behind it, at a cost that is small beside
// the proxy's: whole requests are written as they were prepared, and of an answer only its status and length are read.
package wire

import (
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// hangs is how long a slice may take beyond what it was given before its connections count as hung.
const hangs = 10 * time.Second

// Load is a closed loop: each connection sends its next exchange when the one before is answered.
type Load struct {
	Address     string
	Connections int
	Status      string // that every answer must have, such as "200"

	// Pause is waited before each exchange; its time is no part of a latency. 0 = none.
	Pause time.Duration

	// Visitor is called once per connection, with a number from 0. What it returns gives the next exchange: requests that are
	// sent one upon the answer to the other, and count as one.
	Visitor func(connection int) func() [][]byte
}

// Measured is what a load saw.
type Measured struct {
	Exchanges int // that ended while it was measured
	Took      time.Duration
	Latencies []time.Duration
}

// The phases of a run.
const (
	leading = iota
	measuring
	over
)

// Run keeps up the load for a lead, in which connections are opened and caches get warm, and then measures it for a slice.
// It calls mark at the beginning and at the end of what is measured.
func (l Load) Run(lead, slice time.Duration, mark func()) (Measured, error) {
	connections := make([]*connection, l.Connections)
	for i := range connections {
		c, err := net.DialTimeout("tcp", l.Address, hangs)
		if err != nil {
			return Measured{}, fmt.Errorf("connecting: %w", err)
		}
		defer c.Close()
		if err := c.SetDeadline(time.Now().Add(lead + slice + hangs)); err != nil {
			return Measured{}, fmt.Errorf("connecting: %w", err)
		}
		connections[i] = &connection{conn: c, status: l.Status}
	}

	var phase atomic.Int32
	var running sync.WaitGroup
	failures := make(chan error, l.Connections)
	for i, c := range connections {
		running.Add(1)
		go func() {
			defer running.Done()
			if err := c.loop(l.Visitor(i), l.Pause, &phase); err != nil {
				failures <- err
			}
		}()
	}

	time.Sleep(lead)
	phase.Store(measuring)
	begin := time.Now()
	mark()
	time.Sleep(slice)
	mark()
	measured := Measured{Took: time.Since(begin)}
	phase.Store(over)
	running.Wait()

	select {
	case err := <-failures:
		return Measured{}, err
	default:
	}
	for _, c := range connections {
		measured.Latencies = append(measured.Latencies, c.latencies...)
	}
	measured.Exchanges = len(measured.Latencies)
	return measured, nil
}

func (c *connection) loop(next func() [][]byte, pause time.Duration, phase *atomic.Int32) error {
	for {
		exchange := next()
		if pause > 0 {
			time.Sleep(pause)
		}
		begin := time.Now()
		for _, request := range exchange {
			if err := c.ask(request); err != nil {
				return err
			}
		}
		switch phase.Load() {
		case measuring:
			c.latencies = append(c.latencies, time.Since(begin))
		case over:
			return nil
		}
	}
}
