//go:build !unix

package cpu

import "time"

var start = time.Now()

// Self gives the time that has passed, where a process cannot tell how much of it was its own.
func Self() time.Duration { return time.Since(start) }
