package huaweiid

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"time"
)

// redisConnectLimit bounds the making of a connection: dialling, TLS and logging in. A request waits no longer than
// redis.timeout for it; what takes longer goes on beside the request.
const redisConnectLimit = 5 * time.Second

// redisConn is a connection that is logged in. One goroutine uses it at a time.
type redisConn struct {
	raw    net.Conn // what is closed: closing TLS would wait for room to say so
	conn   net.Conn
	reader *bufio.Reader
	made   time.Duration // since epoch
}

// connectRedis makes a connection and logs in.
func connectRedis(r *redisClient, address string) (c *redisConn, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: connecting to Redis: %v", errRedisPanic, p)
		}
	}()
	deadline := time.Now().Add(r.connectLimit)
	dialer := &net.Dialer{Deadline: deadline}
	raw, err := dialer.Dial("tcp", address)
	if err != nil {
		return nil, ioFault(err, errRedisConnect)
	}
	c = &redisConn{raw: raw, conn: raw, made: r.since(epoch)}
	if err := enterRedis(r, c, address, deadline); err != nil {
		raw.Close()
		return nil, err
	}
	return c, nil
}

// enterRedis does on a new connection what comes before the first command.
func enterRedis(r *redisClient, c *redisConn, address string, deadline time.Time) error {
	if err := c.raw.SetDeadline(deadline); err != nil {
		return ioFault(err, errRedisConnect)
	}
	if r.tls != nil {
		secured := tls.Client(c.raw, tlsFor(r.tls, address))
		if err := secured.Handshake(); err != nil { // also in time-outs: a server without TLS says nothing
			return fmt.Errorf("%w: %w", errRedisTLS, err)
		}
		c.conn = secured
	}
	c.reader = bufio.NewReader(c.conn)
	if len(r.login) == 0 {
		return nil
	}
	replies, refused, err := exchange(c, deadline, strings.Join(r.login, ""), strings.Repeat("+", len(r.login)))
	if refused {
		err = errorIn(replies)
	}
	return err
}

// tlsFor has the server's certificate checked for the host of an address.
func tlsFor(base *tls.Config, address string) *tls.Config {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	config := base.Clone()
	config.ServerName = host
	return config
}

// exchange sends commands and reads their replies, which have to be of the given kinds or errors; refused says that there are such, and
// that they tell more than the error of its own beside them. After that, the connection is of no use any more: a reply may still come, and
// would be taken for the next command's.
func exchange(c *redisConn, deadline time.Time, commands, kinds string) (replies []respReply, refused bool, err error) {
	if err := c.conn.SetDeadline(deadline); err != nil {
		return nil, false, ioFault(err, errRedisBroken)
	}
	if _, err := c.conn.Write([]byte(commands)); err != nil {
		return nil, false, ioFault(err, errRedisBroken)
	}
	replies, refused, err = readReplies(c.reader, kinds)
	if err != nil {
		return replies, refused, ioFault(err, errRedisBroken)
	}
	if c.reader.Buffered() > 0 { // more than was asked for, so that none of it can be trusted
		return nil, false, errRedisProtocol
	}
	return replies, refused, nil
}

// errorIn returns the first error among replies.
func errorIn(replies []respReply) error {
	for i := range replies {
		if replies[i].kind == '-' {
			return faultIn(replies[i].text)
		}
	}
	return nil
}
