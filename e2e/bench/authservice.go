package main

import (
	"crypto/sha256"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// authArgument makes this program the service that ForwardAuth asks.
const authArgument = "auth-service"

// authService is what somebody would write who gives the plugin's answers by ForwardAuth: compiled, with a map under a
// mutex, keyed by the token's hash. Only its hits are measured, so on a miss it asks nobody.
type authService struct {
	mu    sync.Mutex
	known map[[sha256.Size]byte]*knownUser
}

type knownUser struct {
	huaweisim.User
	expires time.Time
}

func newAuthService() *authService {
	return &authService{known: map[[sha256.Size]byte]*knownUser{}}
}

// ServeHTTP answers 200 with the identity headers, or 401.
func (a *authService) ServeHTTP(rw http.ResponseWriter, req *http.Request) {
	token, ok := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer ")
	if !ok {
		rw.WriteHeader(http.StatusUnauthorized)
		return
	}
	key := sha256.Sum256([]byte(token))
	a.mu.Lock()
	user := a.known[key]
	a.mu.Unlock()
	if user == nil || time.Now().After(user.expires) {
		found, ok := huaweisim.UserOf(token)
		if !ok {
			rw.WriteHeader(http.StatusUnauthorized)
			return
		}
		user = &knownUser{User: found, expires: time.Now().Add(time.Hour)}
		a.mu.Lock()
		a.known[key] = user
		a.mu.Unlock()
	}
	h := rw.Header()
	h.Set("X-User-OpenID", user.OpenID)
	h.Set("X-User-UnionID", user.UnionID)
	h.Set("X-User-Phone", user.MobileNumber)
	rw.WriteHeader(http.StatusOK)
}
