// Package loopback picks ports for programs that the tests start: those that take a port as an option, and would not say which one
// the system gave them.
package loopback

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync/atomic"
)

// The ports that are given out. Linux takes the ports of outgoing connections, and those of listeners that ask for any, from 32768
// upwards (ip_local_port_range), so that nobody else gets one of these by chance between its choice and its use. The bus of a Redis
// Cluster has the port 10000 further up, which is below that as well and none of these.
const (
	lowest = 12000
	number = 10000
)

// next begins somewhere else in each process, so that tests of several packages do not race for the same ports.
var next atomic.Int64

func init() { next.Store(rand.Int64N(number)) }

// Address returns an address of this machine, as 127.0.0.1:PORT, on which nobody listens. No two calls return the same until all
// have been given out.
func Address() (string, error) {
	var failure error
	for range number {
		port := lowest + next.Add(1)%number
		address := net.JoinHostPort("127.0.0.1", strconv.FormatInt(port, 10))
		listener, err := net.Listen("tcp", address)
		if err == nil {
			return address, listener.Close()
		}
		failure = err
	}
	return "", fmt.Errorf("no free port from %d to %d: %w", lowest, lowest+number-1, failure)
}
