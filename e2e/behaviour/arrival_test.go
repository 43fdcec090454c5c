package behaviour

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// fold makes equal what CGI, WSGI, PHP and Rack cannot tell apart. It is written for itself, so that it can disagree with
// the plugin's.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		case 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
			return r
		}
		return '_'
	}, name)
}

// perConnection are headers between a client and the server in front, and those that proxies write anew.
var perConnection = map[string]bool{
	"Connection": true, "Keep-Alive": true, "Proxy-Connection": true, "Te": true, "Trailer": true, "Upgrade": true,
	"Transfer-Encoding": true, "Content-Length": true, "Expect": true, "X-Forwarded-For": true,
}

// verifyArrival checks that the backend got the identity that it should, nothing that could be taken for one, and all
// else as the client sent it.
func (v *visit) verifyArrival(t *testing.T, sent request, a arrival, w want) {
	t.Helper()
	identity := v.identity(t, w)
	assert.Equal(t, identity, v.protectedIn(a.header), "identity headers that the backend gets")
	assert.Empty(t, a.trailer, "trailers that the backend gets")

	assert.Equal(t, sent.method, a.method)
	target := sent.target
	if w.target != "" {
		target = v.expand(w.target)
	}
	assert.Equal(t, target, a.uri)
	assert.Equal(t, sent.body, a.body)

	theirs := sent.header()
	hops := map[string]bool{}
	for _, line := range theirs.Values("Connection") {
		for _, option := range strings.Split(line, ",") {
			hops[http.CanonicalHeaderKey(strings.TrimSpace(option))] = true
		}
	}
	for name, values := range theirs {
		if perConnection[name] || v.protected[fold(name)] {
			continue
		}
		if other, ok := w.sees[name]; ok {
			values = nil
			for _, value := range other {
				values = append(values, v.expand(value))
			}
		} else if hops[name] {
			values = nil
		}
		assert.Equal(t, values, a.header[name], "the client's header %q", name)
	}
}

// identity is what the backend is to be told, by canonical name.
func (v *visit) identity(t *testing.T, w want) http.Header {
	t.Helper()
	var user huaweisim.User
	if w.user != "" {
		token := v.expand(w.user)
		var ok bool
		user, ok = huaweisim.UserOf(token)
		require.True(t, ok, "%s is nobody's token", token)
		v.host.note(user)
	}
	identity := http.Header{}
	for name, value := range w.told {
		if is := value(user); is != "" {
			identity[http.CanonicalHeaderKey(name)] = []string{is}
		}
	}
	return identity
}

// protectedIn are the headers that a backend may take for an identity.
func (v *visit) protectedIn(h http.Header) http.Header {
	found := http.Header{}
	for name, values := range h {
		if v.protected[fold(name)] {
			found[name] = values
		}
	}
	return found
}
