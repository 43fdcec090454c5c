// Package cpu tells how much processor time a process has used, and how much of its own the machine has not. Per request, the
// first is the figure which says most where several processes share a few cores: requests per second depend on all of them, and
// on what else the machine does.
package cpu

// Machine is what all processors together have done since the system started, in the kernel's ticks, mostly hundredths of a second.
type Machine struct {
	Idle  int
	Total int
}
