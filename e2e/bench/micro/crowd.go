package main

import (
	"strings"

	"github.com/traefik-huaweiid/huaweiid/e2e/bench/visitors"
)

// crowd is a number of users who come one after the other, again and again. Their tokens lie one behind the other in
// memory, as if each had just arrived from the network, whereas fill stores their entries in no order: what a hit has to
// fetch from memory is the cache's, not the benchmark's.
type crowd struct {
	credentials string // of all, each as long as the others
	size        int
	at          int
	value       []string
}

const (
	scheme           = "Bearer "
	credentialLength = len(scheme) + visitors.TokenLength
)

func newCrowd(kind string, size int) *crowd {
	var b strings.Builder
	b.Grow(size * credentialLength)
	for i := range size {
		b.WriteString(scheme)
		b.WriteString(visitors.Token(kind, i))
	}
	return &crowd{credentials: b.String(), size: size, value: make([]string, 1)}
}

// next is the next user's value of Authorization, in a slice that is the same every time.
func (c *crowd) next() []string {
	c.value[0] = c.credentials[c.at*credentialLength : (c.at+1)*credentialLength]
	c.at++
	if c.at == c.size {
		c.at = 0
	}
	return c.value
}

func (c *crowd) token(i int) string {
	return c.credentials[i*credentialLength+len(scheme) : (i+1)*credentialLength]
}
