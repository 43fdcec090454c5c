package huaweiid

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/internal/redistest"
)

// The values are the specification's, and those of CLUSTER KEYSLOT.
func TestSlotOf_isRedisClusters(t *testing.T) {
	t.Parallel()
	assert.Equal(t, uint16(0x31c3), crc16("123456789"))
	server := redistest.Start(t, "--cluster-enabled", "yes")
	for _, key := range []string{
		"", "foo", "{user1000}.following", "foo{}{bar}", "foo{{bar}}zap", "foo{bar}{zap}", "}{", "{", "a{b", "\x00\xff\x80", "huaweiid:{abc}+",
	} {
		assert.Equal(t, server.Int("CLUSTER", "KEYSLOT", key), int64(slotOf(key)), "%q", key)
	}
}

func TestRedisCluster_slotsAreFoundAndRemembered(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t, 3)
	for name, addresses := range map[string][]string{"all named": cluster.Addresses(), "one named": cluster.Addresses()[:1]} {
		t.Run(name, func(t *testing.T) {
			r := newTestRedis(t, "", func(s *redisSettings) { s.address = addresses })
			moved := func() (n int) {
				for _, node := range cluster.Nodes {
					count := 0
					_, _ = fmt.Sscanf(node.Info("errorstat_MOVED"), "count=%d", &count)
					n += count
				}
				return n
			}
			for round := range 2 {
				before := moved()
				for i := range 50 {
					key := fmt.Sprintf("key%d", i)
					require.NoError(t, r.set(key, "of "+key))
					requireGets(t, r, key, "of "+key)
				}
				if round == 1 {
					assert.Equal(t, before, moved(), "a slot that was known was asked for elsewhere")
				}
			}
		})
	}
}

// A slot moves from node to node while its keys are read and written: nothing is lost, nothing is another's.
func TestRedisCluster_slotMovesUnderLoad(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t, 3)
	r := newTestRedis(t, "", func(s *redisSettings) { s.address = cluster.Addresses() })
	slot := slotOf("{tag}")
	from := cluster.Owner(slot)
	to := (from + 1) % 3
	key := func(i int) string { return fmt.Sprintf("{tag}%d", i) }
	for i := range 200 {
		require.NoError(t, r.set(key(i), "of "+key(i)))
	}

	var stop atomic.Bool
	var done atomic.Int64
	var workers sync.WaitGroup
	for worker := range 8 {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for i := worker; !stop.Load(); i = (i + 8) % 200 {
				got, _, err := r.get(key(i))
				if !assert.NoError(t, err) || !assert.Equal(t, "of "+key(i), got) {
					return
				}
				if !assert.NoError(t, r.set(key(i), "of "+key(i))) {
					return
				}
				done.Add(1)
			}
		}()
	}
	more := func() {
		some := done.Load()
		eventually(t, func() bool { return done.Load() > some+200 })
	}
	more()
	cluster.Import(slot, from, to)
	more()
	cluster.Migrate(slot, from, to)
	more()
	stop.Store(true)
	workers.Wait()
	assert.Equal(t, cluster.Nodes[to].Address, r.slots[slot])
}

// Keys that have moved while their slot has not are asked for with ASKING, and the slot is not remembered.
func TestRedisCluster_followsAskOnce(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t, 3)
	r := newTestRedis(t, "", func(s *redisSettings) { s.address = cluster.Addresses() })
	slot := slotOf("{tag}")
	from := cluster.Owner(slot)
	to := (from + 1) % 3
	require.NoError(t, r.set("{tag}", "old"))
	require.NoError(t, r.set("{tag}other", "stays"))
	cluster.Import(slot, from, to)
	cluster.Move("{tag}", from, to)
	requireGets(t, r, "{tag}", "old")
	requireGets(t, r, "{tag}other", "stays")
	assert.NotEqual(t, cluster.Nodes[to].Address, r.slots[slot])
}

// Half of a pipeline's keys have moved. Each command is answered where its key is, and no key is written where it is not.
func TestRedisCluster_askIsAboutTheCommandsItAnswers(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t, 3)
	slot := slotOf("{tag}")
	from := cluster.Owner(slot)
	to := (from + 1) % 3
	set := func(key, value string) string { return command("SET", key, value, "PX", "100000") }
	get := func(key string) string { return command("GET", key) }
	r := newTestRedis(t, "", func(s *redisSettings) { s.address = cluster.Addresses() })
	require.NoError(t, r.set("{tag}stays", "old"))
	require.NoError(t, r.set("{tag}moved", "old"))
	cluster.Import(slot, from, to)
	cluster.Move("{tag}moved", from, to)

	for i, keys := range [][]string{{"{tag}stays", "{tag}moved"}, {"{tag}moved", "{tag}stays"}} {
		value := fmt.Sprint("new", i)
		replies, err := r.call("{tag}", "$$++$$", get(keys[0]), get(keys[1]), set(keys[0], value), set(keys[1], value), get(keys[0]), get(keys[1]))
		require.NoError(t, err)
		assert.NotEmpty(t, replies[0].text)
		assert.NotEmpty(t, replies[1].text)
		assert.Equal(t, value, replies[4].text)
		assert.Equal(t, value, replies[5].text)
	}
	assert.Equal(t, []string{"{tag}stays"}, cluster.Nodes[from].Keys())
	assert.Equal(t, []string{"{tag}moved"}, cluster.Nodes[to].Keys())
	host, port, err := net.SplitHostPort(cluster.Nodes[to].Address)
	require.NoError(t, err)
	assert.Equal(t, "OK", cluster.Nodes[from].Do("MIGRATE", host, port, "{tag}stays", "0", "5000"))
}

// What follows a command that ASK has sent on comes after it, although the first server has answered it already.
func TestRedisCluster_commandsThatAskPartsKeepTheirOrder(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var log []string
	serve := func(name string, replies ...string) string {
		return listen(t, func(conn net.Conn) {
			reader := bufio.NewReader(conn)
			for _, reply := range replies {
				for range strings.Count(reply, "\r\n") {
					words := readCommand(reader)
					if words == nil {
						return
					}
					mu.Lock()
					log = append(log, name+" "+strings.Join(words, " "))
					mu.Unlock()
				}
				_, _ = io.WriteString(conn, reply)
			}
			_, _ = reader.ReadByte()
		})
	}
	target := serve("target", "+OK\r\n:1\r\n")
	source := serve("source", fmt.Sprintf(":7\r\n-ASK 1 %s\r\n:2\r\n", target), ":3\r\n")
	r := newTestRedis(t, source, nil)
	replies, err := r.call("k", ":::", command("DEL", "a"), command("DEL", "b"), command("DEL", "c"))
	require.NoError(t, err)
	var numbers []int64
	for _, reply := range replies {
		numbers = append(numbers, reply.number)
	}
	assert.Equal(t, []int64{7, 1, 3}, numbers)
	assert.Equal(t, []string{"source DEL a", "source DEL b", "source DEL c", "target ASKING", "target DEL b", "source DEL c"}, log)
}

func TestRedisCluster_nodeThatDiesTakesOnlyItsOwnSlots(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t, 3)
	for _, n := range cluster.Nodes {
		n.Do("CONFIG", "SET", "cluster-require-full-coverage", "no")
	}
	r := newTestRedis(t, "", func(s *redisSettings) { s.address = cluster.Addresses() })
	var keys []string
	for owner := range 3 {
		for i := 0; ; i++ {
			if key := fmt.Sprintf("key%d", i); cluster.Owner(slotOf(key)) == owner {
				keys = append(keys, key)
				break
			}
		}
	}
	for _, key := range keys {
		require.NoError(t, r.set(key, "of "+key))
	}
	cluster.Nodes[0].Kill()
	for range 3 * redisStrikes {
		require.Error(t, r.set(keys[0], "x"))
		requireGets(t, r, keys[1], "of "+keys[1])
		requireGets(t, r, keys[2], "of "+keys[2])
	}
	cluster.Nodes[0].Restart()
	// The node has to find the others again before it serves.
	require.Eventually(t, func() bool {
		r.clock.advance(redisPause)
		return r.set(keys[0], "of "+keys[0]) == nil
	}, 30*time.Second, 10*time.Millisecond)
}

// What the key's server says is the call's fault. No other server is asked, which would only send back, and the slot stays known.
func TestRedisCluster_faultsOfTheKeysServerAreSaidAsTheyAre(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t, 3)
	key := ""
	for i := 0; key == "" || cluster.Owner(slotOf(key)) != 0 || slotOf(key)%3 == 0; i++ { // of the first node, and not asked for there first
		key = fmt.Sprint("key", i)
	}
	sentBack := func() (n int) {
		for _, node := range cluster.Nodes {
			count := 0
			_, _ = fmt.Sscanf(node.Info("errorstat_MOVED"), "count=%d", &count)
			n += count
		}
		return n
	}
	r := newTestRedis(t, "", func(s *redisSettings) { s.address = cluster.Addresses() })
	for _, c := range []struct {
		want       error
		fail, heal func()
	}{
		{errRedisOOM, func() { cluster.Nodes[0].Do("CONFIG", "SET", "maxmemory", "1") }, func() { cluster.Nodes[0].Do("CONFIG", "SET", "maxmemory", "0") }},
		{errRedisNoPerm, func() { cluster.Nodes[0].Do("ACL", "SETUSER", "default", "-set") }, func() { cluster.Nodes[0].Do("ACL", "SETUSER", "default", "+set") }},
		{errRedisNoReplicas, func() { cluster.Nodes[0].Do("CONFIG", "SET", "min-replicas-to-write", "1") },
			func() { cluster.Nodes[0].Do("CONFIG", "SET", "min-replicas-to-write", "0") }},
	} {
		require.NoError(t, r.set(key, "value"))
		c.fail()
		before := sentBack()
		require.ErrorIs(t, r.set(key, "value"), c.want)
		require.Equal(t, before, sentBack(), c.want)
		require.Equal(t, cluster.Nodes[0].Address, r.slots[slotOf(key)], c.want)
		c.heal()
	}

	require.NoError(t, r.set(key, "value"))
	n, _ := routeOf(r.redisClient, key)
	n.mu.Lock()
	n.open += redisMaxConns
	n.endIdle()
	n.mu.Unlock()
	require.ErrorIs(t, r.set(key, "value"), errRedisFull)
	require.Equal(t, cluster.Nodes[0].Address, r.slots[slotOf(key)])
	n.mu.Lock()
	n.open -= redisMaxConns
	n.mu.Unlock()

	cluster.Nodes[0].Kill()
	require.ErrorIs(t, r.set(key, "value"), errRedisConnect, "and not that the others send back to who is dead")
}

// What is configured may be one address that leads to any node, such as a service's in Kubernetes.
func TestRedisCluster_aSlotWhoseNodeIsGoneIsAskedForAtTheOneAddress(t *testing.T) {
	t.Parallel()
	master := redistest.Start(t)
	promoted := redistest.Start(t)
	promoted.Do("SET", "key", "value")
	var owner atomic.Value
	owner.Store(master.Address)
	address := listen(t, func(conn net.Conn) {
		for readCommands(conn, 2) == nil {
			moved := fmt.Sprintf("-MOVED %d %s\r\n", slotOf("key"), owner.Load())
			_, _ = io.WriteString(conn, moved+moved)
		}
	})
	r := newTestRedis(t, address, nil)
	requireGets(t, r, "key", "")
	master.Kill()
	owner.Store(promoted.Address)
	requireGets(t, r, "key", "value")
}

// A number that only grew would be negative some day where an int has 32 bits, and no index any more.
func TestRedisCluster_turnsWithoutEnd(t *testing.T) {
	t.Parallel()
	r := newTestRedis(t, "", func(s *redisSettings) { s.address = []string{"127.0.0.1:1", "127.0.0.1:2"} })
	n, slot := routeOf(r.redisClient, "foo")
	for range 5 {
		next := r.reroute(slot, n)
		assert.NotSame(t, n, next)
		assert.Less(t, r.turn, len(r.addresses))
		n = next
	}
}
