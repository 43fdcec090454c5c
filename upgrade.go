package huaweiid

import (
	"net/http"
	"strings"
)

// Upgrade: a backend that takes an offer to go on in another protocol gets all that follows on the connection past every
// middleware, with whatever identity headers the client writes. Traefik before v3.7.13 forwards h2c (CVE-2026-88008).

// maxUpgrade is how long a list of protocols may be, in bytes, that is read at all.
const maxUpgrade = 1024

const webSocket = "websocket"

// elements turns a list's spaces into commas.
var elements = strings.NewReplacer(" ", ",", "\t", ",")

// keepWebSocket takes every offer to upgrade off a request but that of WebSocket. Nobody who means well misses them: HTTP/2
// without TLS begins without an upgrade nowadays (RFC 9113 §3.1), and TLS within HTTP/1.1 is not in use.
func keepWebSocket(h http.Header) {
	delete(h, "Http2-Settings")
	offers := strings.Join(h["Upgrade"], ",")
	if strings.EqualFold(offers, webSocket) {
		return
	}
	delete(h, "Upgrade")
	if len(offers) > maxUpgrade {
		return
	}
	if strings.Contains(","+elements.Replace(strings.ToLower(offers))+",", ","+webSocket+",") {
		h["Upgrade"] = []string{webSocket}
	}
}
