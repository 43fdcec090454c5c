package huaweiid

import (
	"crypto/tls"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A client of Redis, Valkey or a cluster of either. No maintained one runs under Yaegi v0.16.1: they need unsafe, select or
// generic types. It knows nothing of what it carries.
//
// It sends AUTH, SELECT and the commands that it is given, and no HELLO or CLIENT, which Huawei Cloud DCS 4.0 and 5.0 and its
// proxies lack. Every call ends within redis.timeout. Commands have to bear being sent twice, since a connection that the
// server has ended meanwhile is only found out by using it.

// redisClient is all connections to one Redis. Its methods may be called by many goroutines at once.
type redisClient struct {
	addresses []string
	login     []string    // the commands that a connection begins with
	tls       *tls.Config // nil = none
	timeout   time.Duration
	since     func(time.Time) time.Duration // time.Since but in tests

	connectLimit time.Duration // redisConnectLimit but in tests

	mu    sync.Mutex // guards all below
	nodes map[string]*redisNode
	slots map[int]string // addresses, as far as the cluster has told
	turn  int            // which address is asked about a slot that is not in slots
}

func newRedisClient(s redisSettings) *redisClient {
	r := &redisClient{
		addresses: s.address,
		timeout:   s.timeout,
		since:     time.Since,

		connectLimit: redisConnectLimit,

		nodes: map[string]*redisNode{},
		slots: map[int]string{},
	}
	if s.username != "" {
		r.login = append(r.login, command("AUTH", s.username, s.password.hidden))
	} else if s.password.hidden != "" {
		r.login = append(r.login, command("AUTH", s.password.hidden))
	}
	if s.database != 0 {
		r.login = append(r.login, command("SELECT", strconv.Itoa(s.database)))
	}
	if s.tls {
		r.tls = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: certPool(s.rootCAs)}
	}
	return r
}

// call sends commands about one key, or about keys of one slot, in one round trip, and returns their replies. kinds has the kind
// of reply that each command has. The first error among the replies is the call's.
func (r *redisClient) call(key string, kinds string, commands ...string) ([]respReply, error) {
	deadline := time.Now().Add(r.timeout)
	n, slot := r.route(key)
	asking := false
	for hop := 0; hop < redisHops; hop++ {
		replies, err := r.callNode(n, deadline, asking, kinds, commands)
		if err != nil {
			if time.Until(deadline) <= 0 {
				return nil, err
			}
			failed := n
			n = r.reroute(slot, failed)
			if n == failed || hop+1 == redisHops {
				return nil, err
			}
			asking = false
			continue
		}
		redirect := redirectIn(replies)
		if redirect == "" {
			return replies, nil
		}
		n, slot, asking = r.follow(redirect, n, key, slot)
		if n == nil {
			return nil, errRedisProtocol
		}
	}
	return nil, errRedisRedirect
}

// callNode makes a call of one server.
func (r *redisClient) callNode(n *redisNode, deadline time.Time, asking bool, kinds string, commands []string) ([]respReply, error) {
	text := strings.Join(commands, "")
	if asking {
		text = asked + strings.Join(commands, asked)
		kinds = "+" + strings.Join(strings.Split(kinds, ""), "+")
	}
	replies, again, err := r.try(n, deadline, kinds, text)
	if again {
		replies, _, err = r.try(n, deadline, kinds, text)
	}
	if err != nil || !asking {
		return replies, err
	}
	var answers []respReply
	for i := 1; i < len(replies); i += 2 {
		answers = append(answers, replies[i])
	}
	return answers, nil
}

// try sends text on one connection. again says that the server had ended the connection while nobody used it.
func (r *redisClient) try(n *redisNode, deadline time.Time, kinds, text string) (replies []respReply, again bool, err error) {
	c, used, err := n.take(r, deadline)
	if err != nil {
		return nil, false, err
	}
	replies, err = exchange(c, deadline, text, kinds)
	now := r.since(epoch)
	if err != nil {
		again = used && errors.Is(err, errRedisBroken)
		n.drop(c, again, !again, now)
		return nil, again, err
	}
	if err := errorIn(replies); err != nil && redirectIn(replies) == "" {
		fault := faultOf(err)
		if fault.strike || fault.leave {
			n.drop(c, fault.leave, fault.strike, now)
		} else {
			n.put(c, now)
		}
		return nil, false, err
	}
	n.put(c, now)
	return replies, false, nil
}

// close ends all connections: those in use when their calls have ended.
func (r *redisClient) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range r.nodes {
		n.close()
	}
}
