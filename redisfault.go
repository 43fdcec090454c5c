package huaweiid

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
)

// Ways in which Redis fails. To a request all of them are a miss; to an operator each is something else to do.
var (
	errRedisNoAuth      = errors.New("NOAUTH: Redis wants a password")
	errRedisWrongPass   = errors.New("WRONGPASS: Redis knows no such user and password")
	errRedisNoPassword  = errors.New("a password is configured, and Redis has none")
	errRedisNoPerm      = errors.New("NOPERM: Redis forbids the user a command or key")
	errRedisOOM         = errors.New("OOM: Redis is full")
	errRedisReadOnly    = errors.New("READONLY: this Redis is a replica")
	errRedisLoading     = errors.New("LOADING: Redis is reading its data set")
	errRedisMasterDown  = errors.New("MASTERDOWN: this replica has lost its master")
	errRedisClusterDown = errors.New("CLUSTERDOWN: the Redis cluster does not serve")
	errRedisMisconf     = errors.New("MISCONF: Redis cannot save and takes no writes")
	errRedisNoReplicas  = errors.New("NOREPLICAS: Redis has lost its replicas and takes no writes")
	errRedisBusy        = errors.New("BUSY: a script keeps Redis from answering")
	errRedisDenied      = errors.New("DENIED: Redis is in protected mode")
	errRedisClients     = errors.New("maxclients: Redis has as many clients as it takes")
	errRedisDatabase    = errors.New("no such database in Redis")
	errRedisCommand     = errors.New("a command that Redis does not know")
	errRedisError       = errors.New("error reply of Redis")

	errRedisConnect  = errors.New("connecting to Redis")
	errRedisTLS      = errors.New("handshake with Redis")
	errRedisTimeout  = errors.New("no answer of Redis in time")
	errRedisBroken   = errors.New("the connection to Redis broke")
	errRedisProtocol = errors.New("what Redis sent is no answer in RESP2")
	errRedisRedirect = errors.New("the Redis cluster sends from node to node")
	errRedisFull     = errors.New("all connections to Redis are in use")
	errRedisPaused   = errors.New("left alone after failures")
	errRedisPanic    = errors.New("panic")
)

// redisFault is what is known of one way to fail.
type redisFault struct {
	err    error
	says   string // how an error reply begins; "" = it is no reply
	result string // in huaweiid_redis_calls_total
	remedy string // what an operator can do
	strike bool   // three in a row, and the server is left alone for a while
	leave  bool   // the address may lead to another server by now: all connections are made anew
	stays  bool   // no other server of a cluster would do what this one does not
}

// redisFaults has every way to fail. Longer beginnings stand before shorter ones.
var redisFaults = []redisFault{
	{err: errRedisNoAuth, says: "NOAUTH", result: "noauth", strike: true, leave: true,
		remedy: "set redis.password or redis.passwordFile"},
	{err: errRedisWrongPass, says: "WRONGPASS", result: "wrongpass", strike: true,
		remedy: "check redis.username and redis.password; Huawei Cloud DCS wants user:password as the password, and no user name"},
	{err: errRedisWrongPass, says: "ERR invalid password", result: "wrongpass", strike: true,
		remedy: "check redis.password"},
	{err: errRedisNoPassword, says: "ERR AUTH", result: "nopassword", strike: true,
		remedy: "leave redis.password out, or give Redis one (requirepass)"},
	{err: errRedisNoPassword, says: "ERR Client sent AUTH", result: "nopassword", strike: true,
		remedy: "leave redis.password out, or give Redis one (requirepass)"},
	{err: errRedisNoPerm, says: "NOPERM", result: "noperm", stays: true,
		remedy: "grant the user +auth +select +asking +pttl +get +set +del +rpush +lrange +ltrim +pexpire on the keys that begin with redis.keyPrefix"},
	{err: errRedisOOM, says: "OOM", result: "oom", stays: true,
		remedy: "raise maxmemory, or set maxmemory-policy to allkeys-lru or volatile-ttl"},
	{err: errRedisReadOnly, says: "READONLY", result: "readonly", leave: true,
		remedy: "name the master in redis.address"},
	{err: errRedisLoading, says: "LOADING", result: "loading", strike: true,
		remedy: "wait until Redis has started"},
	{err: errRedisMasterDown, says: "MASTERDOWN", result: "masterdown", strike: true, leave: true,
		remedy: "name the master in redis.address"},
	{err: errRedisClusterDown, says: "CLUSTERDOWN", result: "clusterdown", strike: true,
		remedy: "see to it that every slot of the cluster has a master"},
	{err: errRedisMisconf, says: "MISCONF", result: "misconf", stays: true,
		remedy: "see Redis's log; a cache needs no snapshots (save \"\")"},
	{err: errRedisNoReplicas, says: "NOREPLICAS", result: "noreplicas", stays: true,
		remedy: "see to Redis's replicas, or set min-replicas-to-write to 0"},
	{err: errRedisBusy, says: "BUSY", result: "busy", strike: true, stays: true,
		remedy: "end the script, or give this cache a Redis of its own"},
	{err: errRedisDenied, says: "DENIED", result: "denied", strike: true,
		remedy: "give Redis a password, or turn its protected-mode off"},
	{err: errRedisClients, says: "ERR max number of clients", result: "maxclients", strike: true,
		remedy: "raise Redis's maxclients; each Traefik has at most 64 connections to a server"},
	{err: errRedisDatabase, says: "ERR DB index", result: "database", strike: true,
		remedy: "check redis.database"},
	{err: errRedisDatabase, says: "ERR invalid DB index", result: "database", strike: true,
		remedy: "check redis.database"},
	{err: errRedisDatabase, says: "ERR SELECT", result: "database", strike: true,
		remedy: "set redis.database: 0, since a cluster has no other"},
	{err: errRedisCommand, says: "ERR unknown command", result: "command", strike: true,
		remedy: "let the server have AUTH, SELECT, PTTL, GET, SET and DEL under these names; what is there may be no Redis"},

	{err: errRedisConnect, result: "connect", strike: true, remedy: "check redis.address, and whether Redis runs"},
	{err: errRedisTLS, result: "tls", strike: true, remedy: "check redis.tls and redis.rootCAs, and the certificate's names"},
	{err: errRedisTimeout, result: "timeout", strike: true, remedy: "see whether Redis is overloaded or far away, or raise redis.timeout"},
	{err: errRedisProtocol, result: "protocol", strike: true, remedy: "check redis.address and redis.tls; what is there may be no Redis, or want TLS"},
	{err: errRedisBroken, result: "broken", strike: true, remedy: "see Redis's log; a server that wants TLS (redis.tls) ends connections, too"},
	{err: errRedisRedirect, result: "redirect", remedy: "see whether the cluster's nodes agree (CLUSTER NODES)"},
	{err: errRedisFull, result: "full", stays: true, remedy: "see whether Redis is slow; what found no connection was a miss"},
	{err: errRedisPaused, result: "paused"},
	{err: errRedisPanic, result: "panic", strike: true, remedy: "report this as a bug"},
	{err: errSealBroken, result: "seal", remedy: "see who else writes to this Redis; the entry counted for nothing"},
	// At the end, since it is also what errors are that no row above is about.
	{err: errRedisError, result: "error", remedy: "see Redis's log"},
}

// faultOf finds an error's row.
func faultOf(err error) *redisFault {
	for i := range redisFaults {
		if errors.Is(err, redisFaults[i].err) {
			return &redisFaults[i]
		}
	}
	return &redisFaults[len(redisFaults)-1]
}

// faultIn makes an error of an error reply. Nothing but its first word is kept: a server repeats what it was sent, which may be a
// password.
func faultIn(text string) error {
	for i := range redisFaults {
		if redisFaults[i].says != "" && strings.HasPrefix(text, redisFaults[i].says) {
			return redisFaults[i].err
		}
	}
	word, _, _ := strings.Cut(text, " ")
	if len(word) > 20 || strings.Trim(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return errRedisError
	}
	return fmt.Errorf("%w: %s", errRedisError, word)
}

// ioFault makes an error of one that a connection gave, unless it is a fault already.
func ioFault(err, otherwise error) error {
	switch {
	case errors.Is(err, errRedisProtocol):
		return err
	case errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded):
		return errRedisTimeout
	}
	return fmt.Errorf("%w: %w", otherwise, err)
}
