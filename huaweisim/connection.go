package huaweisim

import (
	"crypto/tls"
	"net"
	"net/http"
)

// cutConnection ends the connection under w without a further byte of HTTP, by
// an RST where it is TCP. Where w cannot be hijacked it panics with
// http.ErrAbortHandler, upon which HTTP/2 resets the stream.
func cutConnection(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if t, ok := conn.(*tls.Conn); ok {
		conn = t.NetConn() // closing the outer one would say goodbye politely
	}
	if t, ok := conn.(*net.TCPConn); ok {
		_ = t.SetLinger(0) // Close then sends RST instead of FIN
	}
	_ = conn.Close()
}
