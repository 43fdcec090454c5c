package main

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRedis_askerSendsAMissesCommandsAboutWhatIsThere(t *testing.T) {
	if _, err := exec.LookPath(redisProgram); err != nil {
		t.Skip("==> NO " + redisProgram + " on this machine: LEFT OUT (apt-get install redis-server)")
	}
	stop, address, err := startRedis(t.TempDir())
	require.NoError(t, err)
	defer stop()
	_, _, err = asker(address)
	require.ErrorContains(t, err, missRedis, "nothing is there yet")

	conn, err := dialRedis(address)
	require.NoError(t, err)
	defer conn.Close()
	for i := range 3 {
		_, err := conn.do(command("SET", fmt.Sprintf("huaweiid:{%d}+", i), "a\r\nb", "PX", "60000"), 1)
		require.NoError(t, err)
	}
	ask, leave, err := asker(address)
	require.NoError(t, err)
	defer leave()
	redis := &service{address: address}
	before, err := redis.gets()
	require.NoError(t, err)
	for range 5 {
		require.NoError(t, ask())
	}
	after, err := redis.gets()
	require.NoError(t, err)
	assert.Equal(t, 5*2, after-before, "one for the refusal and one for the good answer")

	_, err = conn.do(command("FLUSHALL"), 1)
	require.NoError(t, err)
	require.Error(t, ask(), "what it was to read is gone")
	_, err = conn.do(command("NONE"), 1)
	require.ErrorContains(t, err, "unknown command")
}

func TestRedis_isLeftOutLoudlyWhereThereIsNone(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	there, leftOut := withWhatIsThere(routes)
	assert.Equal(t, []string{"hit-redis", missRedis, "redis"}, leftOut)
	assert.Len(t, there, len(routes)-len(leftOut))
	var said strings.Builder
	sayLeftOut(&said, leftOut)
	assert.Contains(t, said.String(), "LEFT OUT")
	assert.Contains(t, said.String(), missRedis)

	said.Reset()
	sayLeftOut(&said, nil)
	assert.Empty(t, said.String())
}

// What was not answered by whom it should be is no measurement.
func TestSuspect_tellsHitsAndMissesThatWereNone(t *testing.T) {
	for name, c := range map[string]struct {
		route         route
		huawei, redis int
		wrong         bool
	}{
		"misses":                              {route: route{fresh: true}, huawei: 200},
		"misses that were hits":               {route: route{fresh: true}, huawei: 199, wrong: true},
		"hits":                                {route: route{}, huawei: users},
		"hits that were misses":               {route: route{}, huawei: users + 1, wrong: true},
		"misses that Redis answered":          {route: route{redis: true, elsewhere: true}, redis: 198},
		"misses that were hits besides Redis": {route: route{redis: true, elsewhere: true}, redis: 197, wrong: true},
		"misses that Huawei answered":         {route: route{redis: true, elsewhere: true}, redis: 200, huawei: 1, wrong: true},
		"hits that asked Redis":               {route: route{redis: true}, redis: 2*users + 1, wrong: true},
		"Redis alone":                         {route: route{redis: true, straight: true}, redis: 100_000},
	} {
		err := c.route.suspect(c.huawei, c.redis, 100)
		assert.Equal(t, c.wrong, err != nil, "%s: %v", name, err)
	}
}
