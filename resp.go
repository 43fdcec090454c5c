package huaweiid

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// RESP2, the wire of Redis and Valkey, as far as the shared cache needs it (redis.io/docs/latest/develop/reference/protocol-spec).
//
// It is our own since it is smaller so: a codec for all of RESP, github.com/tidwall/resp for one, is interpreted byte by byte
// here and does not bound what a server makes it read.

// Bounds of what a server can make us read. An entry of the cache has less than 2 KiB.
const (
	maxBulk  = 64 << 10 // bytes of one string
	maxItems = 1024     // strings of one list
	maxList  = 1 << 20  // bytes of all strings of one list
)

// respReply is one reply of a server.
type respReply struct {
	kind   byte     // '+' status, '-' error, ':' number, '$' string, '*' list of strings
	text   string   // of a status, an error or a string
	number int64    // a number; or the length of a string or list, -1 where there is none
	items  []string // of a list
}

// command encodes a command and its arguments.
func command(args ...string) string {
	text := fmt.Appendf(nil, "*%d\r\n", len(args))
	for _, arg := range args {
		text = append(text, bulk(arg)...)
	}
	return string(text)
}

// bulk encodes a string.
func bulk(text string) string { return fmt.Sprintf("$%d\r\n%s\r\n", len(text), text) }

// Commands about one key, which follows as a string.
const (
	pttlOf = "*2\r\n$4\r\nPTTL\r\n"
	getOf  = "*2\r\n$3\r\nGET\r\n"
	delOf  = "*2\r\n$3\r\nDEL\r\n"
)

// readReplies reads a reply for each of kinds, of that kind or an error; refused says that there are errors. Its own errors are the
// reader's, or errRedisProtocol for what is no RESP2 of these kinds or goes past the bounds. Beside a reader's error it returns what was
// refused before: a server that turns a connection away says why, once, and ends it.
func readReplies(r *bufio.Reader, kinds string) (replies []respReply, refused bool, err error) {
	replies = make([]respReply, len(kinds))
	for i := range replies {
		line, err := r.ReadSlice('\n') // the reader's buffer bounds it
		if err != nil {
			return replies, refused, lineFault(err)
		}
		end := len(line) - 2
		if end < 1 || line[end] != '\r' {
			return nil, false, errRedisProtocol
		}
		reply := &replies[i]
		reply.kind = line[0]
		text := string(line[1:end])
		if reply.kind == '-' {
			reply.text = text
			refused = true
			continue
		}
		if reply.kind != kinds[i] {
			return nil, false, errRedisProtocol
		}
		if reply.kind == '+' {
			continue // it says OK
		}
		reply.number, err = strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, false, errRedisProtocol
		}
		if reply.kind != ':' && reply.number != -1 {
			if err := readRest(r, reply); err != nil {
				return nil, false, err
			}
		}
	}
	return replies, refused, nil
}

func lineFault(err error) error {
	if errors.Is(err, bufio.ErrBufferFull) {
		return errRedisProtocol
	}
	return err
}

// readRest reads what follows on the line that a string or a list begins with.
func readRest(r *bufio.Reader, reply *respReply) error {
	if reply.kind == '$' {
		text, err := readBulk(r, reply.number)
		reply.text = text
		return err
	}
	items, err := readItems(r, reply.number)
	reply.items = items
	return err
}

// readBulk reads a string's bytes and the line end behind them.
func readBulk(r *bufio.Reader, length int64) (string, error) {
	if length < 0 || length > maxBulk {
		return "", errRedisProtocol
	}
	text := make([]byte, length+2)
	if _, err := io.ReadFull(r, text); err != nil {
		return "", err
	}
	if text[length] != '\r' || text[length+1] != '\n' {
		return "", errRedisProtocol
	}
	return string(text[:length]), nil
}

// readItems reads a list's strings.
func readItems(r *bufio.Reader, count int64) ([]string, error) {
	if count < 0 || count > maxItems {
		return nil, errRedisProtocol
	}
	var items []string
	total := int64(0)
	for i := int64(0); i < count; i++ {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return nil, lineFault(err)
		}
		length, err := strconv.ParseInt(strings.TrimSuffix(string(line[1:]), "\r\n"), 10, 64)
		total += length
		if err != nil || line[0] != '$' || total > maxList {
			return nil, errRedisProtocol
		}
		item, err := readBulk(r, length)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}
