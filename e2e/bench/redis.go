package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/traefik-huaweiid/huaweiid/internal/loopback"
)

// What a miss costs that Redis answers is measured with a real redis-server, and beside the same commands sent straight to it. This
// end of the wire shares no code with the plugin's.

// redisProgram is the server's name on the PATH.
const redisProgram = "redis-server"

// redisService is the argument that makes this program keep a redis-server: it ends it when its own input ends.
const redisService = "redis"

// redisStarts is how long a server may take to answer, on a busy machine.
const redisStarts = 20 * time.Second

// withWhatIsThere leaves out the routes that need a Redis where there is none.
func withWhatIsThere(chosen []route) (there []route, leftOut []string) {
	_, err := exec.LookPath(redisProgram)
	for _, r := range chosen {
		if r.redis && err != nil {
			leftOut = append(leftOut, r.name)
		} else {
			there = append(there, r)
		}
	}
	return there, leftOut
}

// sayLeftOut is loud where something was.
func sayLeftOut(w io.Writer, leftOut []string) {
	if len(leftOut) > 0 {
		fmt.Fprintf(w, "==> NO %s on this machine: the routes %s are LEFT OUT (apt-get install redis-server)\n", redisProgram, strings.Join(leftOut, ", "))
	}
}

// keepRedis is the whole program where it was started as that service.
func keepRedis() error {
	dir, err := os.MkdirTemp("", "huaweiid-bench-redis-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	stop, address, err := startRedis(dir)
	if err != nil {
		return err
	}
	fmt.Println(address)
	awaitEnd()
	stop()
	return nil
}

func startRedis(dir string) (stop func(), address string, err error) {
	address, err = loopback.Address()
	if err != nil {
		return nil, "", err
	}
	_, port, _ := strings.Cut(address, ":")
	server := exec.Command(redisProgram, "--bind", "127.0.0.1", "--port", port, "--save", "", "--dir", dir)
	if err := server.Start(); err != nil {
		return nil, "", err
	}
	exited := make(chan struct{})
	go func() {
		_ = server.Wait() // killed
		close(exited)
	}()
	stop = func() {
		_ = server.Process.Kill() // it may have ended by itself
		<-exited
	}
	for end := time.Now().Add(redisStarts); time.Now().Before(end); {
		if answers(address) {
			return stop, address, nil
		}
		select {
		case <-exited:
			return nil, "", errors.New(redisProgram + " ended at once")
		case <-time.After(5 * time.Millisecond):
		}
	}
	stop()
	return nil, "", errors.New(redisProgram + " does not answer")
}

func answers(address string) bool {
	conn, err := dialRedis(address)
	if err != nil {
		return false
	}
	defer conn.Close()
	_, err = conn.do(command("PING"), 1)
	return err == nil
}

// redisConn is a connection to Redis. One goroutine uses it at a time.
type redisConn struct {
	net.Conn
	reader *bufio.Reader
}

func dialRedis(address string) (*redisConn, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("connecting to Redis: %w", err)
	}
	return &redisConn{Conn: conn, reader: bufio.NewReader(conn)}, nil
}

// command encodes one as Redis reads it.
func command(args ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, arg := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(arg), arg)
	}
	return b.String()
}

// do sends commands at once and reads as many replies. It returns the last one's strings.
func (c *redisConn) do(commands string, count int) (last []string, err error) {
	if err := c.SetDeadline(time.Now().Add(hangs)); err != nil {
		return nil, err
	}
	if _, err := io.WriteString(c.Conn, commands); err != nil {
		return nil, fmt.Errorf("asking Redis: %w", err)
	}
	for range count {
		if last, err = c.read(); err != nil {
			return nil, fmt.Errorf("reading an answer of Redis: %w", err)
		}
	}
	return last, nil
}

func (c *redisConn) read() (texts []string, err error) {
	line, err := c.reader.ReadString('\n')
	if err != nil {
		return nil, err
	}
	kind, line := line[0], strings.TrimSuffix(line[1:], "\r\n")
	switch kind {
	case '+', ':':
		return []string{line}, nil
	case '-':
		return nil, errors.New(line)
	}
	length, err := strconv.Atoi(line)
	if err != nil || length < 0 { // there is nothing of the name
		return nil, err
	}
	if kind == '*' {
		for range length {
			text, err := c.read()
			if err != nil {
				return nil, err
			}
			texts = append(texts, text...)
		}
		return texts, nil
	}
	text := make([]byte, length+len("\r\n"))
	if _, err := io.ReadFull(c.reader, text); err != nil {
		return nil, err
	}
	return []string{string(text[:length])}, nil
}

// asker does what a miss does in Redis, and nothing else: asks about one token after the other of those that are there.
func asker(address string) (ask func() error, leave func(), err error) {
	conn, err := dialRedis(address)
	if err != nil {
		return nil, nil, err
	}
	goods, err := conn.do(command("KEYS", "*+"), 1)
	if err == nil && len(goods) == 0 {
		err = errors.New("there is nothing in Redis to ask for: measure the route " + missRedis + " besides")
	}
	if err != nil {
		conn.Close()
		return nil, nil, err
	}
	var questions []string
	for _, good := range goods {
		refusal := strings.TrimSuffix(good, "+") + "-"
		questions = append(questions, command("PTTL", refusal)+command("GET", refusal)+command("PTTL", good)+command("GET", good))
	}
	at := 0
	ask = func() error {
		at++
		good, err := conn.do(questions[at%len(questions)], 4)
		if err == nil && len(good) == 0 {
			err = errors.New("what was in Redis is gone")
		}
		return err
	}
	return ask, func() { conn.Close() }, nil
}

// gets is how many GET a Redis has had so far.
func (s *service) gets() (count int, err error) {
	conn, err := dialRedis(s.address)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	info, err := conn.do(command("INFO", "commandstats"), 1)
	if err != nil {
		return 0, err
	}
	_, after, found := strings.Cut(strings.Join(info, ""), "cmdstat_get:calls=")
	if found {
		_, err = fmt.Sscanf(after, "%d", &count)
	}
	return count, err
}
