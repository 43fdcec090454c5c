//go:build unix

package cpu

import (
	"syscall"
	"time"
)

// Self gives the time that this process has used so far, to the microsecond.
func Self() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		// It fails for wrong arguments only.
		panic("getrusage: " + err.Error())
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
