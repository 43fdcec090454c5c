package main

import (
	"strings"

	"github.com/traefik-huaweiid/huaweiid/e2e/bench/visitors"
)

// crowd is a number of users who come one after the other, again and again. Their tokens lie one behind the other in
// memory, as if each had just arrived from the network, whereas fill stores their entries in no order: what a hit has to
// fetch from memory is the cache's, not the benchmark's.
type crowd struct {
	header      string // that carries the token
	credentials string // of all, each as long as the others
	before      int    // bytes in front of the token
	size        int
	at          int
	value       []string
}

// newCrowd gives users who send their tokens as most do.
func newCrowd(kind string, size int) *crowd {
	return newCrowdBy("Authorization", "Bearer ", kind, size)
}

// newCrowdBy gives users who send their tokens in that header, behind that.
func newCrowdBy(header, before, kind string, size int) *crowd {
	var b strings.Builder
	b.Grow(size * (len(before) + visitors.TokenLength))
	for i := range size {
		b.WriteString(before)
		b.WriteString(visitors.Token(kind, i))
	}
	return &crowd{header: header, credentials: b.String(), before: len(before), size: size, value: make([]string, 1)}
}

// next is the next user's value of the header, in a slice that is the same every time, so that nothing is allocated here.
func (c *crowd) next() []string {
	c.value[0] = c.credential(c.at)
	c.at++
	if c.at == c.size {
		c.at = 0
	}
	return c.value
}

func (c *crowd) credential(i int) string {
	length := c.before + visitors.TokenLength
	return c.credentials[i*length : (i+1)*length]
}

func (c *crowd) token(i int) string { return c.credential(i)[c.before:] }
