package cpu

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

var errStat = errors.New("/proc/stat is not as it should be")

// OfMachine reads /proc/stat, whose first line has the ticks of all processors by what they did (proc_stat(5)): user, nice,
// system, idle, iowait, irq, softirq and steal. What follows is part of the first two.
func OfMachine() (Machine, error) {
	content, err := os.ReadFile("/proc/stat")
	if err != nil {
		return Machine{}, fmt.Errorf("reading the machine's CPU time: %w", err)
	}
	line, _, _ := strings.Cut(string(content), "\n")
	fields := strings.Fields(line)
	if len(fields) < 9 || fields[0] != "cpu" {
		return Machine{}, fmt.Errorf("reading the machine's CPU time: %w: %q", errStat, line)
	}
	var m Machine
	for i, field := range fields[1:9] {
		ticks, err := strconv.Atoi(field)
		if err != nil {
			return Machine{}, fmt.Errorf("reading the machine's CPU time: %w: %q", errStat, line)
		}
		m.Total += ticks
		if i == 3 || i == 4 {
			m.Idle += ticks
		}
	}
	return m, nil
}
