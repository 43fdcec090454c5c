//go:build !linux

package cpu

// Machine is what all processors together have done.
type Machine struct {
	Idle  int
	Total int
}

// OfMachine fails.
func OfMachine() (Machine, error) { return Machine{}, errSystem }
