package huaweiid

import (
	"sync"
	"time"
)

// Connections to one server: a bounded pool, and the pause after failures.

const (
	redisMaxConns = 64              // to one server, those being made included; past it, a lookup does without
	redisMaxAge   = time.Minute     // of a connection, so that a changed address is followed
	redisStrikes  = 3               // failures in a row, after which a server is left alone
	redisPause    = 5 * time.Second // for so long; then one request tries
)

// redisNode is one server.
type redisNode struct {
	address string

	mu      sync.Mutex // guards all below; never held during a call
	idle    []*redisConn
	open    int           // connections that there are, those being made included
	strikes int           // failures in a row
	until   time.Duration // since epoch: when a server that fails may be tried again
	late    error         // why the last connection failed whose request had gone on without it
	closed  bool
}

// redisDial is one connection being made, and the request that waits for it. The node's lock guards it until done is closed.
type redisDial struct {
	done chan struct{} // closed when the request may go on
	over bool          // the same
	conn *redisConn
	err  error
}

// takeConn returns a connection that is idle, and that it is used, or makes one.
func takeConn(r *redisClient, n *redisNode, deadline time.Time) (c *redisConn, used bool, err error) {
	c, err = reserveConn(n, r.since(epoch))
	if c != nil || err != nil {
		return c, true, err
	}
	c, err = n.connect(r, deadline)
	return c, false, err
}

// reserveConn returns an idle connection, or nil and room for a new one.
func reserveConn(n *redisNode, now time.Duration) (*redisConn, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.strikes >= redisStrikes {
		if now < n.until {
			return nil, errRedisPaused
		}
		n.until = now + redisPause // for all but this one
	}
	for len(n.idle) > 0 {
		last := len(n.idle) - 1
		c := n.idle[last]
		n.idle = n.idle[:last]
		if now-c.made < redisMaxAge {
			return c, nil
		}
		n.end(c)
	}
	if n.open >= redisMaxConns {
		return nil, errRedisFull
	}
	n.open++
	return nil, nil
}

// connect makes a connection, and waits for it until the deadline. One that takes longer is kept for others.
func (n *redisNode) connect(r *redisClient, deadline time.Time) (*redisConn, error) {
	d := &redisDial{done: make(chan struct{})}
	go n.dial(r, d)
	giveUp := time.AfterFunc(time.Until(deadline), func() { n.abandon(r, d) })
	<-d.done
	giveUp.Stop()
	return d.conn, d.err
}

func (n *redisNode) dial(r *redisClient, d *redisDial) {
	defer recovered()
	c, err := connectRedis(r, n.address)
	n.land(d, c, err, r.since(epoch))
}

// land hands a new connection over to the request that waits, or keeps it.
func (n *redisNode) land(d *redisDial, c *redisConn, err error, now time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err != nil {
		n.open--
	}
	if !d.over {
		if err != nil {
			n.strike(now)
		}
		d.over = true
		d.conn = c
		d.err = err
		close(d.done)
		return
	}
	n.late = err
	if err != nil {
		return
	}
	n.until = now // it answers, if slowly
	n.keep(c)
}

// abandon lets the request go on without its connection.
func (n *redisNode) abandon(r *redisClient, d *redisDial) {
	defer recovered()
	n.mu.Lock()
	defer n.mu.Unlock()
	if d.over {
		return
	}
	n.strike(r.since(epoch))
	d.err = errRedisTimeout
	if n.late != nil {
		d.err = n.late
	}
	d.over = true
	close(d.done)
}

// strike counts a failure. n.mu is held.
func (n *redisNode) strike(now time.Duration) {
	n.strikes++
	if n.strikes >= redisStrikes {
		n.until = now + redisPause
	}
}

// putConn takes a connection back whose replies are all read.
func putConn(n *redisNode, c *redisConn, now time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.strikes = 0
	n.late = nil
	// The longest unused is at the bottom. So old ones go without a sweeper while others are in use.
	if len(n.idle) > 0 && now-n.idle[0].made >= redisMaxAge {
		n.end(n.idle[0])
		n.idle = n.idle[1:]
	}
	if n.closed {
		n.end(c)
		return
	}
	n.idle = append(n.idle, c)
}

// keep makes a connection idle. n.mu is held.
func (n *redisNode) keep(c *redisConn) {
	if n.closed {
		n.end(c)
		return
	}
	n.idle = append(n.idle, c)
}

// drop ends a connection, with all idle ones if they are of no use either, and counts a failure if it was one.
func (n *redisNode) drop(c *redisConn, all, strike bool, now time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.end(c)
	if all {
		n.endIdle()
	}
	if strike {
		n.strike(now)
	}
}

// end closes a connection. n.mu is held.
func (n *redisNode) end(c *redisConn) {
	n.open--
	c.raw.Close()
}

// endIdle closes the connections that nobody uses. n.mu is held.
func (n *redisNode) endIdle() {
	for _, c := range n.idle {
		n.end(c)
	}
	n.idle = nil
}

// close ends the idle connections now, and those in use when they come back.
func (n *redisNode) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.closed = true
	n.endIdle()
}
