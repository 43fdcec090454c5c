// Package cpu tells how much processor time a process has used. Per request that is the figure which says most where
// several processes share a few cores: requests per second depend on all of them, and on what else the machine does.
package cpu

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of /proc: USER_HZ is 100 on every Linux that Go runs on.
const tick = 10 * time.Millisecond

// Places in /proc/PID/stat, counted from the end of the process's name, which may have spaces in it.
const (
	userTime   = 11
	systemTime = 12
)

var errStat = errors.New("/proc has the process's times where they should not be")

// Of gives the time that all threads of a process have used so far, in user and in system mode. It needs /proc.
func Of(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("reading a process's CPU time, for which Linux has /proc: %w", err)
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) <= systemTime {
		return 0, errStat
	}
	var ticks int64
	for _, place := range []int{userTime, systemTime} {
		n, err := strconv.ParseInt(fields[place], 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%w: %w", errStat, err)
		}
		ticks += n
	}
	return time.Duration(ticks) * tick, nil
}
