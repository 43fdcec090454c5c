package traffic

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestPercentile_isTheSmallestThatSoManyDoNotExceed(t *testing.T) {
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = time.Duration(100 - i)
	}
	assert.Equal(t, time.Duration(50), Percentile(hundred, 50))
	assert.Equal(t, time.Duration(95), Percentile(hundred, 95))
	assert.Equal(t, time.Duration(100), Percentile(hundred, 100))
	assert.Equal(t, time.Duration(1), Percentile(hundred, 0))
	assert.Equal(t, time.Duration(7), Percentile([]time.Duration{7}, 95))
	assert.Zero(t, Percentile(nil, 95))
}
