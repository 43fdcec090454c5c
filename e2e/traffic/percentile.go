package traffic

import (
	"slices"
	"time"
)

// Percentile gives the smallest duration that p percent of the durations do not exceed, 0 where there are none.
func Percentile(durations []time.Duration, p int) time.Duration {
	if len(durations) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(durations))
	return sorted[max(0, (len(sorted)*p+99)/100-1)]
}
