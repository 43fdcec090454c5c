package examples

import (
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// redisServer starts a real Redis and returns its address. Without one the test is skipped.
func redisServer(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"redis-server", "redis-cli"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not on the PATH", name)
		}
	}
	address := free(t)
	_, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	run(t, t.TempDir(), "redis-server", "--bind", "127.0.0.1", "--port", port, "--save", "", "--notify-keyspace-events", "KEA")
	require.Eventually(t, func() bool {
		connection, err := net.Dial("tcp", address)
		if err != nil {
			return false
		}
		return connection.Close() == nil
	}, patience, 10*time.Millisecond)
	return address
}

func TestRedisKV_servesFromARealRedis(t *testing.T) {
	t.Parallel()
	redis := redisServer(t)
	e := prepare(t, "redis-kv", appAddress)
	e.addresses["127.0.0.1:6379"] = redis
	e.place(t)

	keys, err := os.Open(filepath.Join(e.dir, "keys.redis"))
	require.NoError(t, err)
	defer keys.Close()
	host, port, err := net.SplitHostPort(redis)
	require.NoError(t, err)
	put := exec.CommandContext(t.Context(), "redis-cli", "-h", host, "-p", port)
	put.Stdin = keys
	output, err := put.CombinedOutput()
	require.NoError(t, err)
	require.Equal(t, strings.Repeat("OK\n", strings.Count(e.read(t, "keys.redis"), "\n")), string(output))

	e.start(t, "--configFile=traefik.yml")
	e.tryAll(t)
}

var putLine = regexp.MustCompile(`(?m)^consul kv put (\S+) '([^']*)'$`)

// A store in Consul's place has the keys that the script puts, and answers Traefik's provider as Consul's HTTP interface does.
func TestConsulKV_servesFromTheKeysOfTheScript(t *testing.T) {
	t.Parallel()
	e := prepare(t, "consul-kv", appAddress)
	e.place(t)
	script, err := os.ReadFile(filepath.Join(e.dir, "put.sh"))
	require.NoError(t, err)
	puts := putLine.FindAllStringSubmatch(string(script), -1)
	require.Len(t, puts, strings.Count(string(script), "\nconsul "))

	type pair struct {
		Key   string
		Value []byte // base64 in JSON, as Consul writes it
		Index uint64 `json:"ModifyIndex"`
	}
	var pairs []pair
	for _, put := range puts {
		pairs = append(pairs, pair{put[1], []byte(put[2]), 1})
	}
	done := make(chan struct{})
	consul := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		prefix := strings.TrimPrefix(r.URL.Path, "/v1/kv/")
		if r.URL.Query().Get("index") == "1" { // a blocking query: nothing changes
			select {
			case <-r.Context().Done():
			case <-done:
			}
		}
		found := []pair{}
		for _, p := range pairs {
			if strings.HasPrefix(p.Key, prefix) {
				found = append(found, p)
			}
		}
		w.Header().Set("X-Consul-Index", "1")
		if len(found) == 0 {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		assert.NoError(t, json.NewEncoder(w).Encode(found))
	}))
	t.Cleanup(func() { close(done) })
	e.addresses["127.0.0.1:8500"] = consul
	e.place(t)
	e.start(t, "--configFile=traefik.yml")
	e.tryAll(t)
}
