package huaweiid

import (
	"net"
	"strings"
)

// Redis Cluster: which node has a key is learnt from the nodes' own MOVED and ASK
// (redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec).

const (
	redisSlots    = 16384
	redisHops     = 6    // servers asked in one call
	redisMaxNodes = 1024 // remembered; Redis advises against clusters of more
)

// asked is what stands before a command that ASK has sent to another node.
var asked = command("ASKING")

// slotOf is the slot of a key: CRC16 of what stands in the first braces, if something does, else of the whole key.
func slotOf(key string) int {
	if _, after, found := strings.Cut(key, "{"); found {
		if tag, _, found := strings.Cut(after, "}"); found && tag != "" {
			key = tag
		}
	}
	return int(crc16(key)) % redisSlots
}

// crc16Nibbles are the remainders of CRC-16/XMODEM, polynomial 0x1021. Sixteen do for a slot's few bytes.
var crc16Nibbles = []uint16{
	0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50a5, 0x60c6, 0x70e7,
	0x8108, 0x9129, 0xa14a, 0xb16b, 0xc18c, 0xd1ad, 0xe1ce, 0xf1ef,
}

func crc16(text string) uint16 {
	crc := uint16(0)
	for i := 0; i < len(text); i++ {
		b := uint16(text[i])
		crc = crc<<4 ^ crc16Nibbles[crc>>12^b>>4]
		crc = crc<<4 ^ crc16Nibbles[crc>>12^b&15]
	}
	return crc
}

// routeOf returns the server to ask about a key first, and the key's slot; -1 where nothing says that there are any.
func routeOf(r *redisClient, key string) (*redisNode, int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.addresses) == 1 && len(r.slots) == 0 {
		return r.node(r.addresses[0]), -1
	}
	slot := slotOf(key)
	if address, ok := r.slots[slot]; ok {
		return r.node(address), slot
	}
	return r.node(r.addresses[(slot+r.turn)%len(r.addresses)]), slot
}

// reroute returns another server to ask, since the one for the slot fails: one that may know of a new master. It returns the
// one that fails where there is no other.
func (r *redisClient) reroute(slot int, failed *redisNode) *redisNode {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.slots, slot)
	for range r.addresses {
		r.turn = (r.turn + 1) % len(r.addresses)
		if n := r.node(r.addresses[(slot+r.turn)%len(r.addresses)]); n != failed {
			return n
		}
	}
	return failed
}

// redirectIn returns the first MOVED or ASK among replies, and how many replies stand before it.
func redirectIn(replies []respReply) (redirect string, at int) {
	for at < len(replies) {
		text := replies[at].text
		if replies[at].kind == '-' && (strings.HasPrefix(text, "MOVED ") || strings.HasPrefix(text, "ASK ")) {
			return text, at
		}
		at++
	}
	return "", at
}

// timesIn tells how many of the first replies are the same redirect.
func timesIn(replies []respReply, redirect string) int {
	for i := range replies {
		if replies[i].kind != '-' || replies[i].text != redirect {
			return i
		}
	}
	return len(replies)
}

// follow returns the server that a redirect names, such as "MOVED 3999 10.0.0.5:6381", and whether it has to be told ASKING. A
// slot that has moved is remembered. The server is nil where a redirect makes no sense.
func (r *redisClient) follow(redirect string, from *redisNode, key string, slot int) (n *redisNode, known int, asking bool) {
	words := strings.Fields(redirect)
	if len(words) != 3 {
		return nil, slot, false
	}
	if slot < 0 {
		slot = slotOf(key)
	}
	// An IPv6 address comes without its brackets; no host at all is the one that answers.
	colon := strings.LastIndexByte(words[2], ':')
	if colon < 0 {
		return nil, slot, false
	}
	host := strings.Trim(words[2][:colon], "[]")
	if host == "" || host == "?" {
		own, _, err := net.SplitHostPort(from.address)
		if err != nil {
			return nil, slot, false
		}
		host = own
	}
	address := net.JoinHostPort(host, words[2][colon+1:])

	r.mu.Lock()
	defer r.mu.Unlock()
	if r.nodes[address] == nil && len(r.nodes) >= redisMaxNodes {
		r.forgetNodes()
	}
	if words[0] == "MOVED" {
		r.slots[slot] = address
	}
	return r.node(address), slot, words[0] == "ASK"
}

// forgetNodes begins anew. Most of so many nodes are of earlier: where nodes come back with another address each time, nothing else
// says that one is gone. r.mu is held.
func (r *redisClient) forgetNodes() {
	for _, n := range r.nodes {
		n.close()
	}
	r.nodes = map[string]*redisNode{}
	r.slots = map[int]string{}
}

// node returns a server's connections. r.mu is held.
func (r *redisClient) node(address string) *redisNode {
	n := r.nodes[address]
	if n == nil {
		n = &redisNode{address: address}
		r.nodes[address] = n
	}
	return n
}
