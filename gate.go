package huaweiid

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// The gate decides which lookups may go to Huawei: as many as there are slots for, and none while the breaker is open.
// Known users have slots that strangers cannot use up, and no client address can take all of the strangers'.

// gate is in front of one Huawei.
type gate struct {
	slots         int                           // lookups that may be under way at once
	strangerSlots int                           // of them; the last quarter is for known users
	addressSlots  int                           // of a stranger's address, once half of the strangers' slots are taken
	since         func(time.Time) time.Duration // time.Since but in tests

	mu        sync.Mutex // guards all below
	breaker   breaker
	underWay  int
	strangers int            // of them
	addresses map[string]int // of the strangers, per client address
	warned    bool           // of lonely failures
}

// pass is a lookup's leave to ask Huawei.
type pass struct {
	key     key
	known   bool
	address string
	probe   bool
}

// ruling is what a lookup's end made of the breaker.
type ruling struct {
	before time.Duration // the breaker's pause until then; 0 = it was closed
	after  time.Duration // and from then on
	lonely bool          // see isLonely
}

func newGate(maxConcurrent int) *gate {
	g := &gate{
		slots:         maxConcurrent,
		strangerSlots: maxConcurrent - maxConcurrent/4,
		since:         time.Since,
		addresses:     map[string]int{},
	}
	g.addressSlots = g.strangerSlots / 4
	if g.addressSlots == 0 {
		g.addressSlots = 1
	}
	return g
}

// enterGate returns a pass, which has to leave again, or the verdict that the lookup may not start.
func enterGate(g *gate, k key, known bool, address string) (*pass, *verdict) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if 2*g.underWay >= g.strangerSlots { // with fewer there is room for anybody
		if !hasRoom(g, known, address) {
			return nil, turnedAway(whenCrowded, time.Second)
		}
	}
	probe := false
	if g.breaker.pause > 0 {
		// The clock is read here and not before: what was read while another held the lock, and opened the breaker, would have
		// clients wait for longer than that is open.
		wait, asProbe, ok := admits(&g.breaker, known, address, g.since(epoch))
		if !ok {
			return nil, turnedAway(whenPaused, wait)
		}
		probe = asProbe
	}
	g.underWay++
	if !known {
		g.strangers++
		g.addresses[address]++
	}
	return &pass{key: k, known: known, address: address, probe: probe}, nil
}

func turnedAway(when string, wait time.Duration) *verdict {
	return &verdict{outcome: outcomeByWhen[when], retryAfter: wait}
}

func hasRoom(g *gate, known bool, address string) bool {
	if g.underWay >= g.slots {
		return false
	}
	if known {
		return true
	}
	if g.strangers >= g.strangerSlots {
		return false
	}
	return 2*g.strangers < g.strangerSlots || g.addresses[address] < g.addressSlots
}

// leaveGate gives a pass back and tells the breaker how the lookup ended; nil = by a panic.
func leaveGate(g *gate, p *pass, v *verdict) ruling {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.underWay--
	if !p.known {
		g.strangers--
		g.addresses[p.address]--
		if g.addresses[p.address] == 0 {
			delete(g.addresses, p.address)
		}
	}
	if g.breaker.pause == 0 && v != nil && v.identity != nil {
		g.breaker = breaker{}
		return ruling{}
	}
	return judgeEnd(g, p, v)
}

// judgeEnd has the breaker judge how a lookup ended. The lock is held.
func judgeEnd(g *gate, p *pass, v *verdict) ruling {
	if v == nil {
		v = failed(whenMalformed, "panic")
	}
	r := ruling{before: g.breaker.pause}
	conclude(&g.breaker, p, v, g.since(epoch))
	r.after, r.lonely = g.breaker.pause, isLonely(&g.breaker) && !g.warned
	g.warned = g.warned || r.lonely
	return r
}

// clientAddress names the client that a request is of: the last element of X-Forwarded-For, which is what the nearest
// proxy that Traefik trusts has seen (Traefik takes the header off requests of others), else the connection's peer. An IPv6
// client has a /64 to itself, so that is what counts as its address.
func clientAddress(req *http.Request) string {
	if lines := req.Header["X-Forwarded-For"]; len(lines) > 0 {
		return forwardedAddress(lines[len(lines)-1], req.RemoteAddr)
	}
	peer, err := netip.ParseAddrPort(req.RemoteAddr)
	if err != nil {
		return "" // all who cannot be told apart share one
	}
	return shareOf(peer.Addr())
}

// forwardedAddress reads a line of X-Forwarded-For, whose elements may have a port.
func forwardedAddress(line, peer string) string {
	text := strings.TrimSpace(line[strings.LastIndexByte(line, ',')+1:])
	if text == "" {
		text = peer
	}
	if host, _, err := net.SplitHostPort(text); err == nil {
		text = host
	}
	address, err := netip.ParseAddr(text)
	if err != nil {
		return ""
	}
	return shareOf(address)
}

func shareOf(address netip.Addr) string {
	address = address.Unmap()
	if address.Is4() {
		return address.String()
	}
	network, _ := address.WithZone("").Prefix(64) // every IPv6 address has one
	return network.String()
}
