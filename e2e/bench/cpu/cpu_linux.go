// Package cpu tells how much processor time a process has used, and how much the machine has not. Per request, the first is
// the figure which says most where several processes share a few cores: requests per second depend on all of them, and on
// what else the machine does. Only Linux tells.
package cpu

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Of gives the time that all threads of a process have used so far, those that have ended included, in user and in system
// mode. It reads the process's CPU-time clock, which counts nanoseconds where /proc counts hundredths of a second.
func Of(pid int) (time.Duration, error) {
	if pid <= 0 {
		return 0, fmt.Errorf("reading the CPU time of process %d: there is none", pid)
	}
	var used unix.Timespec
	// What clock_getcpuclockid(3) returns on Linux: the process's number, inverted, above the kind of clock, 2 for all
	// the time that the scheduler gave.
	if err := unix.ClockGettime(^int32(pid)<<3|2, &used); err != nil {
		return 0, fmt.Errorf("reading the CPU time of process %d: %w", pid, err)
	}
	return time.Duration(used.Nano()), nil
}

// Idle gives how long all processors together have had nothing to do since the system started. The first line of
// /proc/stat has that in hundredths of a second (proc_stat(5)): user, nice, system, idle, waiting for a disk.
func Idle() (time.Duration, error) {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, fmt.Errorf("reading the machine's idle time: %w", err)
	}
	var user, nice, system, idle, waiting int64
	if _, err := fmt.Sscanf(string(stat), "cpu %d %d %d %d %d", &user, &nice, &system, &idle, &waiting); err != nil {
		return 0, fmt.Errorf("reading the machine's idle time: %w", err)
	}
	return time.Duration(idle+waiting) * 10 * time.Millisecond, nil
}

// OfThread gives the time that the thread that calls it has used. Who compares two of its answers locks the goroutine to its
// thread.
func OfThread() time.Duration {
	var used unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &used); err != nil {
		return 0 // there is no such error on Linux
	}
	return time.Duration(used.Nano())
}
