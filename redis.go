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
// of reply that each command has. The first error among the replies is the call's; other commands may have taken effect.
//
// What goes on where all is well has as few functions and expressions as can be, and what seldom happens is elsewhere: requests wait
// for it, and the interpreter makes room for every expression of a function at each call.
func (r *redisClient) call(key string, kinds string, commands ...string) ([]respReply, error) {
	deadline := time.Now().Add(r.timeout)
	n, slot := routeOf(r, key)
	replies, redirected, err := try(r, n, deadline, kinds, strings.Join(commands, ""), true)
	if err == nil && !redirected {
		return replies, nil
	}
	return callOthers(r, n, deadline, key, slot, kinds, commands, replies, err)
}

// callOthers goes on where the first server has not answered all commands: it asks others, or fails. It fails with the first server's error,
// since the others may do no more than send back to it. With an error it still returns the replies that came.
//
// Commands take effect in their order, as on one server: what follows one that is sent elsewhere is sent again after it, also if it has
// been answered. So a refusal is there before the good answer goes, and a good answer before the refusal is read.
func callOthers(r *redisClient, n *redisNode, deadline time.Time, key string, slot int, kinds string, commands []string, replies []respReply, err error) ([]respReply, error) {
	var first error
	var answered []respReply // of the first commands
	owner := n               // whom all are for but those that ASK is about
	for hop := 1; ; {
		end := len(commands)
		asking := false
		if err != nil {
			if faultOf(err).stays {
				return append(answered, replies...), err
			}
			first = either(first, err)
			failed := n
			if time.Until(deadline) > 0 {
				n = r.reroute(slot, failed)
			}
			if n == failed || hop == redisHops {
				return append(answered, replies...), first
			}
			owner = n
			hop++
		} else {
			redirect, at := redirectIn(replies)
			answered = append(answered, replies[:at]...)
			if len(answered) == len(commands) {
				return answered, errorIn(answered)
			}
			from := n
			n = owner
			if redirect != "" {
				n, slot, asking = r.follow(redirect, from, key, slot)
				if n == nil {
					return answered, either(first, errRedisProtocol)
				}
				if hop == redisHops {
					return answered, either(first, errRedisRedirect)
				}
				hop++
			}
			if asking {
				end = len(answered) + timesIn(replies[at:], redirect)
			} else {
				owner = n
			}
		}
		if time.Until(deadline) <= 0 { // else the next server would be blamed
			return answered, either(first, errRedisTimeout)
		}
		begin := len(answered)
		if asking {
			replies, err = sendAsking(r, n, deadline, kinds[begin:end], commands[begin:end])
		} else {
			replies, _, err = try(r, n, deadline, kinds[begin:end], strings.Join(commands[begin:end], ""), true)
		}
	}
}

// either returns the first error, or the second where there is none.
func either(first, second error) error {
	if first != nil {
		return first
	}
	return second
}

// sendAsking sends commands to a server that ASK has named. With an error it still returns the replies that came.
func sendAsking(r *redisClient, n *redisNode, deadline time.Time, kinds string, commands []string) (answers []respReply, err error) {
	replies, _, err := try(r, n, deadline, "+"+strings.Join(strings.Split(kinds, ""), "+"), asked+strings.Join(commands, asked), true)
	for i := 1; i < len(replies); i += 2 {
		answers = append(answers, replies[i])
	}
	return answers, err
}

// try sends commands to one server. redirected says that the replies send elsewhere. Where again, another connection takes the place of
// one that the server had ended while nobody used it.
func try(r *redisClient, n *redisNode, deadline time.Time, kinds, commands string, again bool) (replies []respReply, redirected bool, err error) {
	c, used, err := takeConn(r, n, deadline)
	if err != nil {
		return nil, false, err
	}
	replies, refused, err := exchange(c, deadline, commands, kinds)
	if refused {
		return replies, true, judgeErrors(r, n, c, replies, err != nil)
	}
	if err != nil {
		if dropBroken(r, n, c, used, err) && again {
			return try(r, n, deadline, kinds, commands, false)
		}
		return nil, false, err
	}
	putConn(n, c, r.since(epoch))
	return replies, false, nil
}

// dropBroken ends a connection on which an exchange failed. It tells whether the server had ended it while nobody used it: that is no
// failure, and those that are idle go with it.
func dropBroken(r *redisClient, n *redisNode, c *redisConn, used bool, err error) bool {
	ended := used && errors.Is(err, errRedisBroken)
	n.drop(c, ended, !ended, r.since(epoch))
	return ended
}

// judgeErrors deals with a connection that brought error replies, and broke after them or not. It returns the first, unless one is a
// redirect.
func judgeErrors(r *redisClient, n *redisNode, c *redisConn, replies []respReply, broke bool) error {
	var err error
	if redirect, _ := redirectIn(replies); redirect == "" {
		err = errorIn(replies)
	}
	strike, leave := broke, false
	if err != nil {
		fault := faultOf(err)
		strike = broke || fault.strike
		leave = fault.leave
	}
	if strike || leave {
		n.drop(c, leave, strike, r.since(epoch))
	} else {
		putConn(n, c, r.since(epoch))
	}
	return err
}

// close ends all connections: those in use when their calls have ended.
func (r *redisClient) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range r.nodes {
		n.close()
	}
}
