package huaweiid

import (
	"net"
	"strconv"
	"strings"
)

// The self-check of the options under redis. It repeats no address that may have a password in it, and no secret.

// redisAddress returns addresses with a port each. None, or empty ones only, mean that there is no shared cache.
func (c *checker) redisAddress(path string, values []string) []string {
	seen := map[string]bool{}
	var addresses []string
	for _, value := range values {
		address := strings.TrimSpace(value)
		if address == "" || seen[address] {
			continue
		}
		seen[address] = true
		if strings.Contains(address, "://") || strings.Contains(address, "@") {
			c.add(path, "is a URL; write host:port alone, and redis.username, redis.password, redis.database and redis.tls for the rest")
			continue
		}
		host, port, err := net.SplitHostPort(address)
		number, bad := strconv.ParseUint(port, 10, 16)
		if err != nil || host == "" || bad != nil || number == 0 || !isVisible(address) {
			c.add(path, "%q is no host with a port; write one such as redis.example:6379, or [::1]:6379", address)
			continue
		}
		addresses = append(addresses, address)
	}
	return addresses
}

// secretOrFile returns a secret that stands in an option or in the file that the option beside it names.
func (c *checker) secretOrFile(path, value, file string) secret {
	value, file = strings.TrimSpace(value), strings.TrimSpace(file)
	if file == "" {
		return secret{value}
	}
	if value != "" {
		c.add(path, "stands beside %sFile; keep one of the two", path)
		return secret{value}
	}
	content, err := c.read(file)
	value = strings.TrimSpace(content)
	if err != nil {
		c.add(path+"File", "reading %q: %v; name a file that Traefik can read", file, reason(err))
	} else if value == "" {
		c.add(path+"File", "%q is empty; name a file that has the secret in it", file)
	}
	return secret{value}
}

// keyPrefix may have braces, which put all entries into one slot of a cluster, but not the empty pair, which takes the effect from
// those that come after it.
func (c *checker) keyPrefix(path, value string) string {
	prefix := strings.TrimSpace(value)
	if len(prefix) > maxKeyPrefix || prefix != "" && !isVisible(prefix) || strings.Contains(prefix, "{}") {
		c.add(path, "%q cannot stand before a key; write up to %d ASCII characters without space and without {}, such as huaweiid:", value, maxKeyPrefix)
	}
	return prefix
}

// redisContradictions finds options that are right each alone, but not together.
func (c *checker) redisContradictions(s redisSettings) {
	const generate = "32 random bytes or more, such as openssl rand -base64 32 prints, the same for all replicas"
	if s.secret.hidden != "" && len(s.secret.hidden) < minSecret {
		c.add("redis.secret", "is shorter than %d bytes, so that it could be guessed; take %s", minSecret, generate)
	}
	if len(s.address) == 0 {
		return
	}
	if s.secret.hidden == "" && !c.has("redis.secret") {
		c.add("redis.secret", "is needed with redis.address, since it seals what lies in Redis; take %s, here or in redis.secretFile", generate)
	}
	if len(s.address) > 1 && s.database != 0 {
		c.add("redis.database", "is %d, but several addresses are a cluster's, which has database 0 only; leave it out, or name one address", s.database)
	}
	if s.username != "" && s.password.hidden == "" && !c.has("redis.password") {
		c.add("redis.username", "has no password; write redis.password or redis.passwordFile, too")
	}
	if len(s.rootCAs) > 0 && !s.tls {
		c.add("redis.rootCAs", "is of no use without TLS; set redis.tls: true, or leave it out")
	}
}

// has tells whether something is wrong with an option, or with one whose name begins like it, already.
func (c *checker) has(path string) bool {
	for _, problem := range c.problems {
		if strings.HasPrefix(problem, path) {
			return true
		}
	}
	return false
}
