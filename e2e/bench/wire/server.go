package wire

import (
	"fmt"
	"net"
	"strconv"
	"sync"
)

// Server answers every request with what one function makes of it, on connections that stay open.
type Server struct {
	listener net.Listener
	answer   Answer

	mu     sync.Mutex
	conns  map[net.Conn]bool
	closed bool
}

// Answer appends the answer to a whole request. It is called from many goroutines.
type Answer func(request, answer []byte) []byte

// Serve starts a server on a free loopback port.
func Serve(answer Answer) (*Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("starting a server: %w", err)
	}
	s := &Server{listener: listener, answer: answer, conns: map[net.Conn]bool{}}
	go s.accept()
	return s, nil
}

// Addr is host:port.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// URL is the base URL, without a slash at its end.
func (s *Server) URL() string { return "http://" + s.Addr() }

// Close ends the server and all its connections.
func (s *Server) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	_ = s.listener.Close()
	for conn := range s.conns {
		_ = conn.Close()
	}
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		if s.closed {
			_ = conn.Close()
		} else {
			s.conns[conn] = true
			go s.serve(conn)
		}
		s.mu.Unlock()
	}
}

// serve ends with the connection, whichever side closes it.
func (s *Server) serve(conn net.Conn) {
	defer func() {
		s.mu.Lock()
		delete(s.conns, conn)
		s.mu.Unlock()
		_ = conn.Close()
	}()
	request := make([]byte, largest)
	var answer []byte
	for {
		length, err := readMessage(conn, request, defaultToNone)
		if err != nil {
			return
		}
		answer = s.answer(request[:length], answer[:0])
		if _, err := conn.Write(answer); err != nil {
			return
		}
	}
}

// OK appends an answer of status 200; more are header lines, each with its end.
func OK(answer []byte, contentType, more string, body []byte) []byte {
	answer = append(answer, "HTTP/1.1 200 OK\r\nContent-Type: "...)
	answer = append(answer, contentType...)
	answer = append(answer, "\r\n"...)
	answer = append(answer, more...)
	answer = append(answer, "Content-Length: "...)
	answer = strconv.AppendInt(answer, int64(len(body)), 10)
	answer = append(answer, headEnd...)
	return append(answer, body...)
}
