package wire

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"
)

// largest is how large a request or an answer can be here, in bytes.
const largest = 16 << 10

var (
	errStatus   = errors.New("another status than expected")
	errTooLarge = errors.New("more than 16 KiB")
	errNoLength = errors.New("no Content-Length")
)

var headEnd = []byte("\r\n\r\n")

// connection is a client's, kept alive.
type connection struct {
	conn      net.Conn
	status    string
	latencies []time.Duration
	buffer    [largest]byte
}

// ask sends a request and reads the answer to its end.
func (c *connection) ask(request []byte) error {
	_, err := c.answer(request)
	return err
}

// answer is valid until the next one.
func (c *connection) answer(request []byte) ([]byte, error) {
	if _, err := c.conn.Write(request); err != nil {
		return nil, fmt.Errorf("sending a request: %w", err)
	}
	length, err := readMessage(c.conn, c.buffer[:], requireLength)
	if err != nil {
		return nil, fmt.Errorf("reading an answer: %w", err)
	}
	answer := c.buffer[:length]
	// "HTTP/1.1 200 OK"
	if len(answer) < 12 || string(answer[9:12]) != c.status {
		return nil, fmt.Errorf("reading an answer: %w: %.300q", errStatus, answer)
	}
	return answer, nil
}

// Ask sends one request on a connection of its own and returns the whole answer, if it has the status.
func Ask(address string, request []byte, status string) ([]byte, error) {
	conn, err := net.DialTimeout("tcp", address, hangs)
	if err != nil {
		return nil, fmt.Errorf("connecting: %w", err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(hangs)); err != nil {
		return nil, fmt.Errorf("connecting: %w", err)
	}
	c := &connection{conn: conn, status: status}
	return c.answer(request)
}

// What a message without Content-Length means: an answer then ends in some way that nobody here sends, and a request has no
// body.
const (
	requireLength = true
	defaultToNone = false
)

// readMessage reads one whole message into the buffer and returns its length. Nobody here sends a further one before the
// first is answered.
func readMessage(conn net.Conn, buffer []byte, lengthRequired bool) (int, error) {
	filled, length := 0, -1
	for {
		if length < 0 {
			if end := bytes.Index(buffer[:filled], headEnd); end >= 0 {
				body, err := contentLength(buffer[:end+2], lengthRequired)
				if err != nil {
					return 0, err
				}
				length = end + len(headEnd) + body
			}
		}
		if length >= 0 && filled >= length {
			return length, nil
		}
		if filled == len(buffer) || length > len(buffer) {
			return 0, errTooLarge
		}
		n, err := conn.Read(buffer[filled:])
		if err != nil {
			return 0, err
		}
		filled += n
	}
}

// lengthName is spelled as Go and Traefik do.
var lengthName = []byte("\r\nContent-Length: ")

func contentLength(head []byte, required bool) (int, error) {
	_, rest, found := bytes.Cut(head, lengthName)
	if !found {
		if required {
			return 0, fmt.Errorf("%w: %.300q", errNoLength, head)
		}
		return 0, nil
	}
	digits, _, _ := bytes.Cut(rest, []byte("\r"))
	n, err := strconv.Atoi(string(digits))
	if err != nil {
		return 0, fmt.Errorf("reading Content-Length: %w", err)
	}
	return n, nil
}
