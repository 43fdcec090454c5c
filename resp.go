package huaweiid

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
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
		text = fmt.Appendf(text, "$%d\r\n%s\r\n", len(arg), arg)
	}
	return string(text)
}

// readReply reads one reply. Its errors are the reader's, or errRedisProtocol for what is no RESP2 or goes past the bounds.
func readReply(r *bufio.Reader) (respReply, error) {
	reply, err := readLine(r)
	if err != nil {
		return reply, err
	}
	switch reply.kind {
	case '+', '-', ':':
		return reply, nil
	case '$':
		text, err := readBulk(r, reply.number)
		reply.text = text
		return reply, err
	case '*':
		items, err := readItems(r, reply.number)
		reply.items = items
		return reply, err
	}
	return reply, errRedisProtocol
}

// readLine reads the line that a reply begins with. The reader's buffer bounds it.
func readLine(r *bufio.Reader) (respReply, error) {
	var reply respReply
	line, err := r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return reply, errRedisProtocol
	}
	if err != nil {
		return reply, err
	}
	end := len(line) - 2
	if end < 1 || line[end] != '\r' {
		return reply, errRedisProtocol
	}
	reply.kind = line[0]
	reply.text = string(line[1:end])
	if reply.kind == '+' || reply.kind == '-' {
		return reply, nil
	}
	number, err := strconv.ParseInt(reply.text, 10, 64)
	if err != nil {
		return reply, errRedisProtocol
	}
	reply.number = number
	return reply, nil
}

// readBulk reads a string's bytes and the line end behind them.
func readBulk(r *bufio.Reader, length int64) (string, error) {
	if length == -1 {
		return "", nil
	}
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

func readItems(r *bufio.Reader, count int64) ([]string, error) {
	if count < -1 || count > maxItems {
		return nil, errRedisProtocol
	}
	var items []string
	total := int64(0)
	for i := int64(0); i < count; i++ {
		head, err := readLine(r)
		if err != nil {
			return nil, err
		}
		total += head.number
		if head.kind != '$' || head.number < 0 || total > maxList {
			return nil, errRedisProtocol
		}
		item, err := readBulk(r, head.number)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}
