package reload

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	// heapNoise is what two looks at the heap of a Traefik at rest differ by: buffers and pools that the collector keeps.
	heapNoise = 2 << 20
	// goroutineNoise is the same for goroutines: those of idle connections, which come and go.
	goroutineNoise = 12
	// restful bounds the wait for Traefik to come to rest.
	restful = 30 * time.Second
)

// use is what Traefik uses.
type use struct{ goroutines, heap int64 }

func (u use) String() string {
	return fmt.Sprintf("%d goroutines and a heap of %.1f MiB", u.goroutines, float64(u.heap)/(1<<20))
}

// useAtRest tells what Traefik uses when nobody sends requests. It looks until two looks in a row agree and none of it is
// above the given most, where that is not zero, or until it has waited long enough.
func (s *stage) useAtRest(t *testing.T, most use) use {
	t.Helper()
	s.client.Close()
	ctx := context.Background()
	var last use
	for end := time.Now().Add(restful); ; time.Sleep(100 * time.Millisecond) {
		var now use
		var err error
		now.heap, err = s.proxy.Heap(ctx)
		require.NoError(t, err)
		now.goroutines, err = s.proxy.Goroutines(ctx)
		require.NoError(t, err)
		steady := now.goroutines == last.goroutines && now.heap < last.heap+heapNoise/4 && last.heap < now.heap+heapNoise/4
		low := most == use{} || now.goroutines <= most.goroutines && now.heap <= most.heap
		if steady && low || time.Now().After(end) {
			return now
		}
		last = now
	}
}
