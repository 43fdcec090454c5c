package huaweiid

import (
	"net/http"
	"net/url"
)

// The user in Traefik's access log. Traefik takes ClientUsername from the URL of the request that it gave the middlewares, when
// that has been answered. So that no redirect, retry or log on the way sees the name, the handlers behind get a URL of their own,
// and the name is set when they are done. Where they panic, as net/http does for an answer that breaks off, it is not set: the
// middleware of Traefik's that recovers logs the URL.

// Values of accessLogUser.
const (
	userNone    = "none"
	userOpenID  = "openID"
	userUnionID = "unionID"
)

// withoutClientsUser returns the way of requests whose URL has no user name: one that a client wrote into it would be logged as
// the user's.
func (p *plugin) withoutClientsUser(others http.HandlerFunc) http.HandlerFunc {
	return func(rw http.ResponseWriter, req *http.Request) {
		req.URL.User = nil
		others(rw, req)
	}
}

// forwardNamed forwards, and leaves the user's name in the URL of the request that this middleware was given.
func forwardNamed(p *plugin, rw http.ResponseWriter, req *http.Request, given *url.URL, id *identity) {
	name := id.openID
	if p.settings.accessLogUser == userUnionID {
		name = id.unionID
	}
	own := req.WithContext(req.Context())
	own.URL = &url.URL{}
	*own.URL = *req.URL
	forward(p, rw, own)
	if name != "" {
		given.User = url.User(name)
	}
}
