package attacks

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// What clients send to have the plugin loop over it.

// costly is something that a client sends to have the plugin loop over it.
type costly struct {
	name  string
	route string
	send  func(host string) sent
	many  bool // several requests at once
}

// sent is one connection's bytes, and how the answers are read.
type sent struct {
	wire  []byte
	await func(net.Conn) (status int, err error) // of all answers, or of one that is another than the first
}

// costlyRoutes are the plugin's options by route.
var costlyRoutes = map[string]options{
	"fronted":   {},
	"default":   {},
	"cookie":    {"token": options{"cookie": "sid"}},
	"query":     {"token": options{"query": "access_token"}},
	"remove":    {"token": options{"cookie": "sid", "query": "access_token", "remove": "true"}},
	"optional":  {"mode": "optional", "token": options{"cookie": "sid"}, "debugHeader": "true", "headers": options{"status": "X-Identity-Status-Of-User"}},
	"report":    {"mode": "report", "token": options{"cookie": "sid", "query": "access_token"}, "headers": options{"status": "X-Identity-Status"}},
	"preflight": {"allowPreflight": "true", "token": options{"cookie": "sid", "query": "access_token", "remove": "true"}},
	"whole":     {"token": options{"header": "X-Token", "scheme": ""}},
}

// megabyte repeats a text to nearly as much as Traefik takes.
func megabyte(text string) string { return strings.Repeat(text, 1_000_000/len(text)) }

// spelt are n names that a server takes for different ones, and a CGI program for one.
func spelt(n int, parts ...string) []string {
	const others = "!#$%&'*+-.^_`|~"
	var names []string
	for i := range n {
		name := parts[0]
		for _, part := range parts[1:] {
			name += others[i%len(others):][:1] + part
			i /= len(others)
		}
		names = append(names, name+": x")
	}
	return names
}

// numbered are n header lines with different names.
func numbered(n int, format string) []string {
	var lines []string
	for i := range n {
		lines = append(lines, fmt.Sprintf(format, i))
	}
	return lines
}

func times(n int, line string) []string {
	return strings.Split(strings.TrimSuffix(strings.Repeat(line+"\n", n), "\n"), "\n")
}

var costs = []costly{
	// Those that were found first.
	{"Upgrade: h2c and 900 000 commas", "default", get("/", "Connection: Upgrade", "Upgrade: h2c"+strings.Repeat(",", 900_000)), false},
	{"Upgrade: h2c and 450 000 other protocols", "default", get("/", "Connection: Upgrade", "Upgrade: h2c"+strings.Repeat(",a", 450_000)), false},
	{"900 000 semicolons for cookies", "cookie", get("/", "Cookie: "+strings.Repeat(";", 900_000)), false},
	{"900 000 ampersands for parameters", "query", get("/?" + strings.Repeat("&", 900_000)), false},
	{"a token to remove from 450 000 parameters", "remove", get("/?access_token=T" + strings.Repeat("&a", 450_000)), false},
	{"HTTP/2, 20 000 times Authorization", "default", streams(1, [2]string{"authorization", "x"}, 20_000), false},
	{"HTTP/2, 20 streams of 960 000 semicolons", "cookie", streams(20, [2]string{"cookie", strings.Repeat(";", 4000)}, 240), true},
	{"HTTP/2, 40 streams of 960 000 semicolons", "cookie", streams(40, [2]string{"cookie", strings.Repeat(";", 4000)}, 240), true},
	// More of their kind: many names.
	{"130 000 header names", "default", get("/", numbered(130_000, "%x:")...), false},
	{"60 000 header names as long as a protected one", "default", get("/", numbered(60_000, "X-User-%05x:")...), false},
	{"30 000 spellings of a protected name", "optional", get("/", spelt(30_000, "X", "Identity", "Status", "Of", "User")...), false},
	{"3 375 spellings of another method in a preflight", "preflight", preflightWith("/", spelt(3375, "X", "HTTP", "Method", "Override")...), false},
	// Repeated lines.
	{"90 000 Cookie lines", "cookie", get("/", times(90_000, "Cookie: a")...), false},
	{"40 000 Authorization lines of another scheme", "default", get("/", times(40_000, "Authorization: Basic x")...), false},
	{"60 000 lines of a header that is the token", "whole", get("/", times(60_000, "X-Token: x")...), false},
	{"80 000 Upgrade lines", "default", get("/", append(times(80_000, "Upgrade: a"), "Connection: Upgrade")...), false},
	// Names of sources that are no sources.
	{"200 000 cookies whose names end in the name", "cookie", get("/", "Cookie: "+megabyte("xsid=;")), false},
	{"cookies of the name", "cookie", get("/", "Cookie: "+megabyte("sid=T;")), false},
	{"parameters whose names end in the name", "query", get("/?" + megabyte("xaccess_token=&")), false},
	{"escaped parameters of the name", "query", get("/?" + megabyte("%61ccess_token=T&")), false},
	{"1 MiB of escapes and a token", "query", get("/?access%5Ftoken=T&" + megabyte("%61%5F")), false},
	{"1 MiB of bad escapes and a token to remove", "remove", get("/?" + megabyte("%6&") + "access%5Ftoken=T"), false},
	{"1 MiB of semicolons and a token to remove", "remove", get("/?" + megabyte("a;") + "access_token=T"), false},
	{"1 MiB of spaces between cookies", "remove", get("/", "Cookie: sid=T;"+megabyte(" \t")+"sid=T"), false},
	{"1 MiB of quotes for a cookie", "remove", get("/", "Cookie: sid="+megabyte(`"`)), false},
	// Long values.
	{"a token of 1 MiB", "default", get("/", "Authorization: Bearer "+megabyte("a")), false},
	{"a token of 1 MiB to be decoded", "query", get("/?access_token=" + megabyte("%2B")), false},
	{"1 MiB without a scheme", "default", get("/", "Authorization: "+megabyte("Bearer")), false},
	{"an unusual header of 1 MiB", "default", get("/", "X-Note: "+megabyte("X_USER_PHONE ")), false},
	{"1 MiB asked about in a preflight", "preflight", preflightWith("/?"+strings.Repeat("access_token=T&", 10), "Access-Control-Request-Headers: "+megabyte("a,")), false},
	{"fronted: 450 000 options of Connection and a protected name", "fronted", get("/", "X-Front-Connection: upgrade"+strings.Repeat(",a", 450_000)+",x_user.phone"), false},
	{"fronted: 30 000 Connection lines", "fronted", get("/", times(30_000, "X-Front-Connection: x-user-phone")...), false},
	{"80 000 Upgrade lines without Connection", "default", get("/", times(80_000, "Upgrade: a")...), false},
	{"report: 900 000 semicolons", "report", get("/?"+strings.Repeat("&", 10_000), "Cookie: "+strings.Repeat(";", 900_000)), false},
	// Streams of a few bytes.
	{"HTTP/2, 20 streams of 20 000 lines of another scheme", "default", streams(20, [2]string{"authorization", "Basic x"}, 15_000), true},
	{"HTTP/2, 20 streams of 960 000 semicolons in report mode", "report", streams(20, [2]string{"cookie", strings.Repeat(";", 4000)}, 240), true},
	{"HTTP/2, 40 streams of cookies whose names end in the name", "cookie", streams(40, [2]string{"cookie", strings.Repeat("xsid=;", 660)}, 240), true},
	{"HTTP/2, 40 streams with a cookie of the name among many", "remove", streams(40, [2]string{"cookie", strings.Repeat("a=b; ", 790) + "sid=T"}, 10), true},
	{"HTTP/2, 40 streams of unusual headers", "default", streams(40, [2]string{"x-note", strings.Repeat("X_USER_PHONE ", 300)}, 240), true},
	{"HTTP/2, 40 streams of unusual headers in report mode", "report", streams(40, [2]string{"x-note", strings.Repeat("X_USER_PHONE ", 300)}, 240), true},
}

// get is a GET as HTTP/1.1 writes it.
func get(target string, lines ...string) func(string) sent { return http1("GET", target, lines) }

func preflightWith(target string, lines ...string) func(string) sent {
	return http1("OPTIONS", target, append(lines, "Origin: https://app.example", "Access-Control-Request-Method: PUT"))
}

func http1(method, target string, lines []string) func(string) sent {
	return func(host string) sent {
		r := request{to: host, method: method, target: target, lines: append([]string{"User-Agent: x"}, lines...)}
		return sent{wire: []byte(r.String()), await: func(conn net.Conn) (int, error) {
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				return 0, err
			}
			_, err = io.Copy(io.Discard, resp.Body)
			return resp.StatusCode, err
		}}
	}
}

// streams are HTTP/2 requests on one connection, each of which repeats a field. After its first time it takes a byte.
func streams(n int, field [2]string, repeat int) func(string) sent {
	return func(host string) sent {
		var wire, block bytes.Buffer
		wire.WriteString(http2.ClientPreface)
		framer := http2.NewFramer(&wire, nil)
		encoder := hpack.NewEncoder(&block)
		must(framer.WriteSettings())
		for i := range n {
			block.Reset()
			encode(encoder, [][2]string{{":method", "GET"}, {":scheme", "http"}, {":authority", host}, {":path", "/"}})
			for range repeat {
				encode(encoder, [][2]string{field})
			}
			rest := block.Bytes()
			id := uint32(2*i + 1)
			first := rest[:min(len(rest), 16<<10)]
			rest = rest[len(first):]
			must(framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: first, EndHeaders: len(rest) == 0, EndStream: true}))
			for len(rest) > 0 {
				next := rest[:min(len(rest), 16<<10)]
				rest = rest[len(next):]
				must(framer.WriteContinuation(id, len(rest) == 0, next))
			}
		}
		return sent{wire: wire.Bytes(), await: func(conn net.Conn) (int, error) { return awaitStreams(conn, n) }}
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// awaitStreams reads until as many streams have ended.
func awaitStreams(conn net.Conn, n int) (status int, err error) {
	framer := http2.NewFramer(conn, conn)
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	for n > 0 {
		frame, err := framer.ReadFrame()
		if err != nil {
			return 0, err
		}
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if !frame.IsAck() {
				if err := framer.WriteSettingsAck(); err != nil {
					return 0, err
				}
			}
		case *http2.MetaHeadersFrame:
			is, err := strconv.Atoi(frame.PseudoValue("status"))
			if err != nil {
				return 0, err
			}
			if status != 0 && is != status {
				return 0, fmt.Errorf("streams end with %d and %d", status, is)
			}
			status = is
		case *http2.RSTStreamFrame:
			if frame.ErrCode != http2.ErrCodeNo {
				return 0, fmt.Errorf("a stream was reset: %v", frame.ErrCode)
			}
		case *http2.GoAwayFrame:
			return 0, errors.New("Traefik ended the connection: " + frame.ErrCode.String())
		}
		if ended, ok := frame.(interface{ StreamEnded() bool }); ok && ended.StreamEnded() {
			n--
		}
	}
	return status, nil
}
