package echo

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// events is how many server-sent events /sse sends.
const events = 3

// serveEvents sends three events, each flushed on its own, so that a proxy that buffers is found out. The data of the
// first one is the Request as compact JSON, that of the others their number.
func serveEvents(w http.ResponseWriter, r *http.Request) {
	seen, err := describe(r)
	if err != nil {
		http.Error(w, fmt.Sprintf("reading the request body: %v", err), http.StatusBadRequest)
		return
	}
	first, err := json.Marshal(seen)
	if err != nil {
		http.Error(w, fmt.Sprintf("encoding the request: %v", err), http.StatusInternalServerError)
		return
	}

	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	flush := http.NewResponseController(w)
	for id := 1; id <= events; id++ {
		data := fmt.Sprint(id)
		if id == 1 {
			data = string(first)
		}
		_, err := fmt.Fprintf(w, "id: %d\nevent: echo\ndata: %s\n\n", id, data)
		if err != nil {
			return
		}
		if err := flush.Flush(); err != nil {
			return
		}
	}
}

// serveUpgrade answers 101 with the protocol that the client asked for (the demo and the tests ask for "echo"), tells the
// Request in the header X-Echo-Request as compact JSON, and then sends back every byte until the client closes.
func serveUpgrade(w http.ResponseWriter, r *http.Request) {
	protocol := r.Header.Get("Upgrade")
	if protocol == "" || !strings.Contains(strings.ToLower(r.Header.Get("Connection")), "upgrade") {
		w.Header().Set("Upgrade", "echo")
		http.Error(w, "this path answers upgrades only: send Connection: Upgrade and Upgrade: echo", http.StatusUpgradeRequired)
		return
	}
	seen, err := describe(r)
	if err != nil {
		http.Error(w, fmt.Sprintf("reading the request body: %v", err), http.StatusBadRequest)
		return
	}
	told, err := json.Marshal(seen)
	if err != nil {
		http.Error(w, fmt.Sprintf("encoding the request: %v", err), http.StatusInternalServerError)
		return
	}

	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, fmt.Sprintf("taking over the connection: %v", err), http.StatusInternalServerError)
		return
	}
	defer conn.Close()

	_, err = fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: %s\r\nX-Echo: 1\r\nX-Echo-Request: %s\r\n\r\n",
		protocol, told)
	if err != nil {
		return
	}
	// rw.Reader and not conn: it may hold bytes that the client sent right after its request.
	_, _ = io.Copy(conn, rw.Reader)
}
