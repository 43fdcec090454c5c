package redistest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// ErrReply is what an error reply of the server is.
var ErrReply = errors.New("error reply")

// callLimit bounds what a test waits for one reply.
const callLimit = 30 * time.Second

// Conn is a test's own connection. It shares no code with the plugin's client, which it is there to check.
type Conn struct {
	net.Conn
	reader *bufio.Reader
}

func (s *Server) connect() (*Conn, error) {
	dial := s.dial.Network
	if dial == nil {
		dial = func(address string) (net.Conn, error) { return net.Dial("tcp", address) }
	}
	raw, err := dial(s.Address)
	if err != nil {
		return nil, err
	}
	conn := &Conn{Conn: raw, reader: bufio.NewReader(raw)}
	if s.dial.Login != nil {
		if _, err := conn.Do(s.dial.Login...); err != nil {
			raw.Close()
			return nil, err
		}
	}
	return conn, nil
}

// Do sends a command and returns its reply: a string, an int64, nil, or a list of these.
func (c *Conn) Do(args ...string) (any, error) {
	if err := c.SetDeadline(time.Now().Add(callLimit)); err != nil {
		return nil, err
	}
	text := &strings.Builder{}
	fmt.Fprintf(text, "*%d\r\n", len(args))
	for _, arg := range args {
		fmt.Fprintf(text, "$%d\r\n%s\r\n", len(arg), arg)
	}
	if _, err := io.WriteString(c, text.String()); err != nil {
		return nil, err
	}
	return c.read()
}

func (c *Conn) read() (any, error) {
	line, err := c.reader.ReadString('\n')
	if err != nil {
		return nil, err
	}
	kind, text := line[0], strings.TrimSuffix(line[1:], "\r\n")
	switch kind {
	case '+':
		return text, nil
	case '-':
		return nil, fmt.Errorf("%w: %s", ErrReply, text)
	}
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading a reply: %w", err)
	case kind == ':':
		return n, nil
	case n < 0:
		return nil, nil
	case kind == '$':
		content := make([]byte, n+2)
		if _, err := io.ReadFull(c.reader, content); err != nil {
			return nil, err
		}
		return string(content[:n]), nil
	}
	list := make([]any, n)
	for i := range list {
		if list[i], err = c.read(); err != nil {
			return nil, err
		}
	}
	return list, nil
}
