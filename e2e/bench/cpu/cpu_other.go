//go:build !linux

package cpu

import (
	"errors"
	"time"
)

var errSystem = errors.New("only Linux tells the CPU time of other processes in a way that is known here: measure there")

// Of fails.
func Of(int) (time.Duration, error) { return 0, errSystem }

// Idle fails.
func Idle() (time.Duration, error) { return 0, errSystem }

// OfThread gives nothing.
func OfThread() time.Duration { return 0 }
