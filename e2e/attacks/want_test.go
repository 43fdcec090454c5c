package attacks

import (
	"fmt"
	"net/http"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// want is the end that a request has to have: at the backend with an identity, or refused.
type want struct {
	identity identity
	code     string // of a refusal; "" = the request reaches the backend
	blocks   []int  // the statuses with which Traefik may answer by itself; 0 = it closes the connection
}

// user wants the identity of the token's own user.
func user(token string) want {
	u, ok := huaweisim.UserOf(token)
	if !ok {
		panic("no user has the token " + token)
	}
	return want{identity: identityOf(u)}
}

// nobody wants the request to go on without an identity.
func nobody() want { return want{} }

// refused wants the plugin's own answer.
func refused(code string) want { return want{code: code} }

// orBlocked allows for the answers that Traefik gives by itself to what it does not take for a request, and for others that
// are named. That it finds no router for one, or no backend, is none of them.
func (w want) orBlocked(others ...int) want {
	w.blocks = append([]int{
		0, http.StatusBadRequest, http.StatusMethodNotAllowed, http.StatusRequestHeaderFieldsTooLarge, http.StatusNotImplemented,
		http.StatusHTTPVersionNotSupported,
	}, others...)
	return w
}

// status wants a value in the status header as well.
func (w want) status(value string) want {
	w.identity = w.identity.with(statusVariable, value)
	return w
}

// differs tells in what an answer is not the wanted end.
func (w want) differs(a answer) error {
	switch {
	case a.err != nil:
		return a.err
	case w.code != "" && a.seen != nil:
		return fmt.Errorf("the request reached the backend, want %s", w.code)
	case w.code != a.code:
		return fmt.Errorf("the answer is %s, want code %q", a, w.code)
	case w.code != "":
		return nil
	case a.seen == nil:
		return fmt.Errorf("the request did not reach the backend: the answer is %s", a)
	}
	return a.seen.differs(w.identity)
}
