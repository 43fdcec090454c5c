package cpu

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Of gives the time that all threads of a process have used so far, those that have ended included, in user and in system mode.
// It reads the process's CPU-time clock, which counts nanoseconds where /proc counts hundredths of a second.
func Of(pid int) (time.Duration, error) {
	if pid <= 0 {
		return 0, fmt.Errorf("reading the CPU time of process %d: there is none", pid)
	}
	var used unix.Timespec
	if err := unix.ClockGettime(clockOf(pid), &used); err != nil {
		return 0, fmt.Errorf("reading the CPU time of process %d: %w", pid, err)
	}
	return time.Duration(used.Nano()), nil
}

// clockOf is what clock_getcpuclockid(3) returns on Linux: the process's number, inverted, above the kind of clock, 2 for all
// the time that the scheduler gave.
func clockOf(pid int) int32 { return ^int32(pid)<<3 | 2 }
