//go:build !linux

package cpu

// OfMachine fails.
func OfMachine() (Machine, error) { return Machine{}, errSystem }
