package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/traefik-huaweiid/huaweiid/e2e/bench/visitors"
	"github.com/traefik-huaweiid/huaweiid/e2e/bench/wire"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

var errRehearsal = errors.New("it does not do what it is to be measured at")

// rehearse checks that a route does what it is there for, and has every user come once to where users are remembered.
func (s *stack) rehearse(r route) error {
	if r.straight {
		return nil
	}
	token := visitors.Token(r.kind, users)
	answer, err := wire.Ask(s.address(r), visitors.Request(seen, token), r.status)
	if err != nil {
		return err
	}
	if r.status == "200" {
		if err := checkIdentity(string(answer), token, r.identified); err != nil {
			return err
		}
	} else if !strings.Contains(string(answer), `"code":"token_invalid"`) {
		return fmt.Errorf("%w: the refusal is another one: %.600q", errRehearsal, answer)
	}
	if !r.remembers {
		return nil
	}
	next := r.visitor()(0)
	for range users {
		if _, err := wire.Ask(s.address(r), next()[0], r.status); err != nil {
			return err
		}
	}
	return nil
}

// checkIdentity looks at the request that reached the backend.
func checkIdentity(request, token string, identified bool) error {
	if !identified {
		if strings.Contains(request, "\r\nX-User-") {
			return fmt.Errorf("%w: somebody sets identity headers: %.1000q", errRehearsal, request)
		}
		return nil
	}
	user, _ := huaweisim.UserOf(token)
	for name, value := range map[string]string{
		"X-User-Openid":  user.OpenID,
		"X-User-Unionid": user.UnionID,
		"X-User-Phone":   user.MobileNumber,
	} {
		if strings.Count(request, "\r\n"+name+": "+value+"\r\n") != 1 {
			return fmt.Errorf("%w: the backend is not told %s: %.1000q", errRehearsal, name, request)
		}
	}
	return nil
}
