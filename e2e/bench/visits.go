package main

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/traefik-huaweiid/huaweiid/e2e/bench/visitors"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// What goes over the wire on each route, prepared as far as possible, so that the load costs little.

const (
	// users is how many come in turn where they are known.
	users = 300
	// target is what they ask for.
	target = "/orders?page=2"
)

// strangers counts the tokens that nobody has sent before.
var strangers atomic.Int64

// visitor gives a connection's exchanges.
func (r route) visitor() func(connection int) func() [][]byte {
	if r.fresh {
		return func(int) func() [][]byte { return r.stranger() }
	}
	visits := make([][][]byte, users)
	for i := range visits {
		visits[i] = r.exchange(visitors.Token(r.kind, i))
	}
	return func(connection int) func() [][]byte {
		// Connections start at different users and stay apart.
		at := connection * 7919
		return func() [][]byte {
			at++
			return visits[at%users]
		}
	}
}

// stranger writes a new serial number into one prepared exchange.
func (r route) stranger() func() [][]byte {
	const serial = 1<<53 - 111 // as long as any, and found nowhere else in a request
	exchange := r.exchange(visitors.Token(r.kind, serial))
	digits := []byte(fmt.Sprintf("%0*d", visitors.SerialLength, serial))
	var places [][]byte
	for _, request := range exchange {
		at := bytes.Index(request, digits)
		places = append(places, request[at:at+len(digits)])
	}
	return func() [][]byte {
		n := strangers.Add(1) + users
		for i := visitors.SerialLength - 1; i >= 0; i-- {
			for _, place := range places {
				place[i] = '0' + byte(n%10)
			}
			n /= 10
		}
		return exchange
	}
}

func (r route) exchange(token string) [][]byte {
	if !r.straight {
		return [][]byte{visitors.Request(target, token)}
	}
	escaped := url.QueryEscape(token)
	return [][]byte{
		call(huaweisim.TokenInfoPath, "access_token="+escaped+"&open_id=OPENID"),
		call(huaweisim.GetInfoPath, "access_token="+escaped),
	}
}

// call is what the plugin sends to Huawei.
func call(path, form string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: huawei.example\r\nUser-Agent: bench\r\nContent-Length: %d\r\n", path, len(form))
	fmt.Fprintf(&b, "Accept: application/json\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n%s", form)
	return []byte(b.String())
}
