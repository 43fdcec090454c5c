package redistest

import (
	"net"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Slots is how many slots a cluster has.
const Slots = 16384

// Cluster is a Redis Cluster of masters without replicas.
type Cluster struct {
	Nodes []*Server
	t     testing.TB
}

// StartCluster starts one in which the slots are spread evenly, in the nodes' order.
func StartCluster(t testing.TB, masters int) *Cluster {
	t.Helper()
	c := &Cluster{t: t}
	for range masters {
		c.Nodes = append(c.Nodes, Start(t, "--cluster-enabled", "yes", "--cluster-node-timeout", "2000"))
	}
	for i, n := range c.Nodes {
		n.Do("CLUSTER", "ADDSLOTSRANGE", strconv.Itoa(Slots*i/masters), strconv.Itoa(Slots*(i+1)/masters-1))
		n.Do("CLUSTER", "SET-CONFIG-EPOCH", strconv.Itoa(i+1))
		host, port, err := net.SplitHostPort(n.Address)
		if err != nil {
			t.Fatal(err)
		}
		c.Nodes[0].Do("CLUSTER", "MEET", host, port)
	}
	c.await(func(n *Server) bool {
		info := n.Do("CLUSTER", "INFO").(string)
		return strings.Contains(info, "cluster_state:ok") &&
			strings.Contains(info, "cluster_known_nodes:"+strconv.Itoa(masters)) &&
			strings.Contains(info, "cluster_slots_assigned:"+strconv.Itoa(Slots))
	})
	return c
}

// await waits until every node says so.
func (c *Cluster) await(ready func(*Server) bool) {
	c.t.Helper()
	end := time.Now().Add(startLimit)
	for _, n := range c.Nodes {
		for !ready(n) {
			if time.Now().After(end) {
				c.t.Fatal("the cluster does not get ready")
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
}

// Addresses are those of all nodes.
func (c *Cluster) Addresses() []string {
	var addresses []string
	for _, n := range c.Nodes {
		addresses = append(addresses, n.Address)
	}
	return addresses
}

// Owner is the node that has a slot, with the slots as they were spread at the start.
func (c *Cluster) Owner(slot int) int {
	return ((slot+1)*len(c.Nodes) - 1) / Slots
}

// Import begins to move a slot from one node to another: both answer ASK or MOVED from now on, as the specification says.
func (c *Cluster) Import(slot, from, to int) {
	c.t.Helper()
	number := strconv.Itoa(slot)
	c.Nodes[to].Do("CLUSTER", "SETSLOT", number, "IMPORTING", c.id(from))
	c.Nodes[from].Do("CLUSTER", "SETSLOT", number, "MIGRATING", c.id(to))
}

// Migrate moves a slot's keys, some at a time, and then the slot.
func (c *Cluster) Migrate(slot, from, to int) {
	c.t.Helper()
	number := strconv.Itoa(slot)
	for {
		keys := c.Nodes[from].Do("CLUSTER", "GETKEYSINSLOT", number, "10").([]any)
		if len(keys) == 0 {
			break
		}
		for _, key := range keys {
			c.Move(key.(string), from, to)
		}
	}
	// The new owner first, or there would be a moment in which each sends to the other.
	owner := c.id(to)
	c.Nodes[to].Do("CLUSTER", "SETSLOT", number, "NODE", owner)
	for i := range c.Nodes {
		c.Nodes[i].Do("CLUSTER", "SETSLOT", number, "NODE", owner)
	}
}

// Move moves one key of a slot that is being moved.
func (c *Cluster) Move(key string, from, to int) {
	c.t.Helper()
	host, port, err := net.SplitHostPort(c.Nodes[to].Address)
	if err != nil {
		c.t.Fatal(err)
	}
	c.Nodes[from].Do("MIGRATE", host, port, key, "0", "5000", "REPLACE")
}

func (c *Cluster) id(node int) string {
	c.t.Helper()
	return c.Nodes[node].Do("CLUSTER", "MYID").(string)
}
