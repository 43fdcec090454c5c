package huaweiid

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// withRedis is the default configuration with a Redis, changed by the given function.
func withRedis(change func(*RedisConfig)) *Config {
	config := CreateConfig()
	config.Redis.Address = []string{"redis.example:6379"}
	config.Redis.Secret = string(testSecret)
	if change != nil {
		change(&config.Redis)
	}
	return config
}

func TestCheckRedis_refusesAndSaysWhatWouldBeRight(t *testing.T) {
	t.Parallel()
	const (
		noAddress = ` is no host with a port; write one such as redis.example:6379, or [::1]:6379`
		isURL     = `redis.address: is a URL; write host:port alone, and redis.username, redis.password, redis.database and redis.tls for the rest`
		needed    = `redis.secret: is needed with redis.address, since it seals what lies in Redis; ` +
			`take 32 random bytes or more, such as openssl rand -base64 32 prints, the same for all replicas, here or in redis.secretFile`
		short = `redis.secret: is shorter than 32 bytes, so that it could be guessed; ` +
			`take 32 random bytes or more, such as openssl rand -base64 32 prints, the same for all replicas`
		noPrefix = ` cannot stand before a key; write up to 64 ASCII characters without space and without {}, such as huaweiid:`
	)
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing")
	empty := filepath.Join(dir, "empty")
	require.NoError(t, os.WriteFile(empty, []byte("\n"), 0o600))
	for name, c := range map[string]struct {
		change  func(*RedisConfig)
		problem string
	}{
		"no port":             {func(r *RedisConfig) { r.Address = []string{"redis.example"} }, `redis.address: "redis.example"` + noAddress},
		"a port too high":     {func(r *RedisConfig) { r.Address = []string{"a:6379", "b:65536"} }, `redis.address: "b:65536"` + noAddress},
		"no host":             {func(r *RedisConfig) { r.Address = []string{":6379"} }, `redis.address: ":6379"` + noAddress},
		"a bare IPv6 address": {func(r *RedisConfig) { r.Address = []string{"::1"} }, `redis.address: "::1"` + noAddress},
		"a URL":               {func(r *RedisConfig) { r.Address = []string{"rediss://me:hunter2@redis.example:6379/1"} }, isURL},
		"a user":              {func(r *RedisConfig) { r.Address = []string{"me:hunter2@redis.example:6379"} }, isURL},
		"no secret":           {func(r *RedisConfig) { r.Secret = "" }, needed},
		"a short secret":      {func(r *RedisConfig) { r.Secret = strings.Repeat("hunter2", 4) }, short},
		"two secrets":         {func(r *RedisConfig) { r.SecretFile = empty }, `redis.secret: stands beside redis.secretFile; keep one of the two`},
		"a secret that cannot be read": {func(r *RedisConfig) { r.Secret, r.SecretFile = "", missing },
			`redis.secretFile: reading "` + missing + `": no such file or directory; name a file that Traefik can read`},
		"a secret file that is empty": {func(r *RedisConfig) { r.Secret, r.SecretFile = "", empty },
			`redis.secretFile: "` + empty + `" is empty; name a file that has the secret in it`},
		"two passwords": {func(r *RedisConfig) { r.Password, r.PasswordFile = "hunter2", empty },
			`redis.password: stands beside redis.passwordFile; keep one of the two`},
		"a password that cannot be read": {func(r *RedisConfig) { r.Username, r.PasswordFile = "gateway", dir },
			`redis.passwordFile: reading "` + dir + `": is a directory; name a file that Traefik can read`},
		"a user without a password": {func(r *RedisConfig) { r.Username = "gateway" },
			`redis.username: has no password; write redis.password or redis.passwordFile, too`},
		"a database in a cluster": {func(r *RedisConfig) { r.Address, r.Database = []string{"a:1", "b:1"}, "2" },
			`redis.database: is 2, but several addresses are a cluster's, which has database 0 only; leave it out, or name one address`},
		"certificates without TLS": {func(r *RedisConfig) { r.RootCAs = []string{certificatePEM(t)} },
			`redis.rootCAs: is of no use without TLS; set redis.tls: true, or leave it out`},
		"a prefix with empty braces": {func(r *RedisConfig) { r.KeyPrefix = "a{}b" }, `redis.keyPrefix: "a{}b"` + noPrefix},
		"a prefix with a space":      {func(r *RedisConfig) { r.KeyPrefix = "a b" }, `redis.keyPrefix: "a b"` + noPrefix},
		"no database":                {func(r *RedisConfig) { r.Database = "-1" }, `redis.database: "-1" is no whole number from 0 to 16383`},
		"a timeout too long":         {func(r *RedisConfig) { r.Timeout = "6s" }, `redis.timeout: "6s" is out of range; write something from 1ms to 5s`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := withRedis(c.change).check()
			assert.EqualError(t, err, "invalid configuration: "+c.problem)
		})
	}
}

func TestCheckRedis_namesAllMistakesAtOnceAndNoSecret(t *testing.T) {
	t.Parallel()
	_, err := withRedis(func(r *RedisConfig) {
		r.Address = []string{"redis://me:hunter2@redis.example", "redis.example"}
		r.Password, r.PasswordFile = "hunter2", "/nowhere"
		r.Secret = "hunter2"
		r.TLS = "yes"
	}).check()
	require.Error(t, err)
	for _, path := range []string{"redis.address: is a URL", `redis.address: "redis.example"`, "redis.password: ", "redis.secret: ", "redis.tls: "} {
		assert.Contains(t, err.Error(), path)
	}
	assert.NotContains(t, err.Error(), "hunter2")
}

func TestCheckRedis_readsSecretsFromFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	s, err := withRedis(func(r *RedisConfig) {
		r.Secret = ""
		r.SecretFile = " " + file("secret", string(testSecret)+"\r\n") + "\n"
		r.PasswordFile = file("password", "hunter 2\n")
	}).check()
	require.NoError(t, err)
	assert.Equal(t, string(testSecret), s.upstream.redis.secret.hidden)
	assert.Equal(t, "hunter 2", s.upstream.redis.password.hidden)
	assert.NotContains(t, s.describe(), "hunter")
	assert.NotContains(t, s.describe(), string(testSecret))
}

// A secret that is rotated in its file is another secret, though the options are the same.
func TestCheckRedis_whatAFileHasTellsStatesApart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "secret")
	key := func(content string) string {
		require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
		s, err := withRedis(func(r *RedisConfig) { r.Secret, r.SecretFile = "", file }).check()
		require.NoError(t, err)
		return s.upstream.key()
	}
	assert.NotEqual(t, key(strings.Repeat("a", 32)), key(strings.Repeat("b", 32)))
	one, err := withRedis(nil).check()
	require.NoError(t, err)
	other, err := withRedis(func(r *RedisConfig) { r.Address = []string{"other.example:6379"} }).check()
	require.NoError(t, err)
	assert.NotEqual(t, one.upstream.key(), other.upstream.key())
}
