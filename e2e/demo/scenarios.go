package demo

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// who sends a request. The names are also those of headings in texts.json.
type who string

const (
	somebody who = ""         // whoever the scenario is about
	known    who = "known"    // a user whom the gateway knows: one of the regular visitors
	newcomer who = "newcomer" // a user whom it has never seen
	before   who = "before"   // the first of several requests with one token
	again    who = "again"    // the same, before anything happens
	after    who = "after"    // the token was withdrawn meanwhile
	told     who = "told"     // and Huawei sent the account event
)

// scenario is one button of the page. Its id is also the name of its texts.
type scenario struct {
	ID    string
	Group string // people, refused or huawei
	run   func(s *stack) ([]*exchange, error)
}

// scenarios in the order of the buttons. People are the simulator's kinds of users.
var scenarios = []scenario{
	{"known", "people", onceKnown},
	{"newcomer", "people", onceNew},
	{"mainland", "people", once(request{token: "mainland/1"})},
	{"hongkong", "people", once(request{token: "hongkong/1"})},
	{"russia", "people", once(request{token: "russia/1"})},
	{"overseas-mainland", "people", once(request{token: "overseas-mainland/1"})},
	{"quicklogin", "people", once(request{token: "quicklogin/1"})},
	{"nocc", "people", once(request{token: "nocc/1"})},
	{"shortphone", "people", once(request{token: "shortphone/1"})},
	{"nophone", "people", once(request{token: "nophone/1"})},
	{"profile", "people", once(request{token: "profile/1"})},
	{"warning", "people", once(request{token: "warning/1"})},
	{"nounion", "people", once(request{token: "nounion/1"})},
	{"legacy", "people", once(request{token: "legacy/1"})},
	{"unknownkeys", "people", once(request{token: "unknownkeys/1"})},

	{"none", "refused", once(request{})},
	{"expired", "refused", once(request{token: "expired/1"})},
	{"forbidden", "refused", once(request{token: "forbidden/1"})},
	{"foreign", "refused", once(request{token: "foreign/1"})},
	{"jwt", "refused", once(request{token: anothersToken})},
	{"repeated", "refused", once(request{token: "mainland/1", second: "mainland/2"})},
	{"forged", "refused", once(request{token: "nophone/1", forged: forgedHeaders})},
	{"forgedalone", "refused", once(request{forged: forgedHeaders})},
	{"revoked", "refused", once(request{token: "revoked/1"})},
	{"revoke", "refused", revoke},
	{"unheard", "refused", revokeUnheard},

	{string(normal), "huawei", under(normal)},
	{string(slow), "huawei", under(slow)},
	{string(throttled), "huawei", under(throttled)},
	{string(down), "huawei", under(down)},
}

// anothersToken is what other issuers' tokens look like: a JWT, here of https://issuer.example.
const anothersToken = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIn0.c2lnbmF0dXJl"

func scenarioOf(id string) (scenario, bool) {
	for _, s := range scenarios {
		if s.ID == id {
			return s, true
		}
	}
	return scenario{}, false
}

func once(r request) func(*stack) ([]*exchange, error) {
	return func(s *stack) ([]*exchange, error) {
		return list(s.exchange(somebody, r))
	}
}

func onceKnown(s *stack) ([]*exchange, error) {
	return list(s.exchange(known, request{token: regular(0)}))
}

func onceNew(s *stack) ([]*exchange, error) {
	return list(s.exchange(newcomer, request{token: s.newcomers.token("mainland/new")}))
}

func list(e *exchange, err error) ([]*exchange, error) { return []*exchange{e}, err }

// revoke has a user served by answers that live for an hour, and cancels the authorisation at Huawei, which sends an account event:
// the next request is refused.
func revoke(s *stack) ([]*exchange, error) {
	r := request{path: hourPath, token: s.newcomers.token("mainland/withdrawn")}
	var exchanges []*exchange
	for _, sender := range []who{before, again, told} {
		if sender == told {
			if err := s.cancelAuthorisation(r.token); err != nil {
				return nil, err
			}
		}
		e, err := s.exchange(sender, r)
		if err != nil {
			return nil, err
		}
		exchanges = append(exchanges, e)
	}
	return exchanges, nil
}

// cancelAuthorisation does what a user does in the account's settings. The simulator sends the event before it answers.
func (s *stack) cancelAuthorisation(token string) error {
	resp, err := http.PostForm(s.simURL+"/sim/revoke", url.Values{"token": {token}})
	if err != nil {
		return fmt.Errorf("cancelling the authorisation: %w", err)
	}
	defer resp.Body.Close()
	var answer huaweisim.EventAnswer
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.Status != http.StatusOK {
		return fmt.Errorf("sending the account event: the simulator answered %s, the gateway %d %s", resp.Status, answer.Status, answer.Body)
	}
	return nil
}

// revokeUnheard has a user served, withdraws the token at Huawei without an event, and asks again with it: until the answer in the
// cache has lived its life the user is still served.
func revokeUnheard(s *stack) ([]*exchange, error) {
	r := request{token: s.newcomers.token("mainland/withdrawn")}
	first, err := s.exchange(before, r)
	if err != nil {
		return nil, err
	}
	s.huawei.sim.Revoke(r.token)
	second, err := s.exchange(after, r)
	return []*exchange{first, second}, err
}

// under puts Huawei into a condition, and sends two requests: of a user whom the gateway knows, and of one whom it does not.
func under(c condition) func(*stack) ([]*exchange, error) {
	return func(s *stack) ([]*exchange, error) {
		if s.huawei.is() == normal {
			// The user has to be known before anything goes wrong, visitors or not.
			if _, err := s.send(request{token: regular(0)}); err != nil {
				return nil, fmt.Errorf("sending the request: %w", err)
			}
		}
		s.huawei.set(c)
		old, err := onceKnown(s)
		if err != nil {
			return nil, err
		}
		fresh, err := onceNew(s)
		return append(old, fresh...), err
	}
}

// regular is the token of a visitor who comes again and again.
func regular(number int) string { return fmt.Sprintf("mainland/regular-%d", number+1) }

// numbers gives tokens that nobody has used in this process.
type numbers struct{ last atomic.Int64 }

func (n *numbers) token(prefix string) string {
	return fmt.Sprintf("%s-%d", prefix, n.last.Add(1))
}

// Curl is the request as one would type it, on one line.
func (r request) Curl(url string) string {
	return strings.Join(strings.Fields(strings.Join(r.curl(url), " ")), " ")
}
