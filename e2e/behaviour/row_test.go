package behaviour

import (
	"maps"
	"testing"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// row is one promise of the plugin: a configuration, and what comes of requests to it, one after the other.
type row struct {
	name   string
	config string            // of the middleware, in YAML as a user writes it; what it leaves out leads to the simulator
	others map[string]string // further middlewares of the row: configurations by the name that request.via has
	faults []huaweisim.Fault // of Huawei, from the start
	steps  []step
	script func(*testing.T, *visit) // what steps cannot say
}

// step is one request and what is to come of it.
type step struct {
	send request
	want want
}

func (r *row) run(t *testing.T, v *visit) {
	for _, s := range r.steps {
		v.step(t, s)
	}
	if r.script != nil {
		r.script(t, v)
	}
	v.requireCarefulClient(t)
}

// want is what is to come of a request.
type want struct {
	status int
	code   string // of the refusal; "" = none
	user   string // token of the user whom the backend is told of; "" = none
	told   told   // identity headers that the backend gets

	scheme    string // of WWW-Authenticate; "" = Bearer
	realm     string // as WWW-Authenticate quotes it; "" = the default one
	silent    bool   // no WWW-Authenticate, whatever the status: the refusal is not about the token
	calls     int    // of getInfo
	infoCalls int    // of getTokenInfo

	target      string              // what the backend is asked for, where it differs from what the client asked for
	sees        map[string][]string // the client's headers that the backend gets otherwise than sent; nil = not at all
	cacheStatus string              // regular expression; "" = the response has no Cache-Status
	beside      bool                // Huawei is asked beside the request, and may be asked when that has been answered
	byServer    bool                // the HTTP server in front answers, before the plugin sees the request
	check       func(*testing.T, *got)
}

// anyNumber of calls is as good as any other.
const anyNumber = -1

// told says which identity headers carry what, by name. An empty value stands for no header.
type told map[string]func(huaweisim.User) string

// default names and values.
var usual = told{"X-User-OpenID": openID, "X-User-UnionID": unionID, "X-User-Phone": asGiven}

func openID(u huaweisim.User) string      { return u.OpenID }
func unionID(u huaweisim.User) string     { return u.UnionID }
func asGiven(u huaweisim.User) string     { return u.MobileNumber }
func countryCode(u huaweisim.User) string { return u.PhoneCountryCode }
func national(u huaweisim.User) string    { return u.PurePhoneNumber }

// says is a value that does not depend on the user.
func says(value string) func(huaweisim.User) string {
	return func(huaweisim.User) string { return value }
}

// with returns usual headers with these in their place or in addition; nil takes one away.
func (t told) with(more told) told {
	all := maps.Clone(t)
	if all == nil {
		all = told{}
	}
	for name, value := range more {
		if value == nil {
			delete(all, name)
			continue
		}
		all[name] = value
	}
	return all
}

// forwards: the backend is told of the token's user.
func forwards(token string) want { return want{status: 200, user: token, told: usual} }

// anonymous: the backend gets the request without any identity.
func anonymous() want { return want{status: 200} }

// refuses: the client gets a refusal, and the backend nothing.
func refuses(status int, code string) want { return want{status: status, code: code} }

// serverRefuses: the HTTP server in front finds the request malformed, whatever handler it has.
func serverRefuses() want { return want{status: 400, byServer: true} }

func (w want) asking(calls int) want             { w.calls = calls; return w }
func (w want) askingTokenInfo(calls int) want    { w.infoCalls = calls; return w }
func (w want) telling(more told) want            { w.told = w.told.with(more); return w }
func (w want) inRealm(quoted string) want        { w.realm = quoted; return w }
func (w want) unchallenged() want                { w.silent = true; return w }
func (w want) challenging(scheme string) want    { w.scheme = scheme; return w }
func (w want) cached(pattern string) want        { w.cacheStatus = pattern; return w }
func (w want) at(target string) want             { w.target = target; return w }
func (w want) and(f func(*testing.T, *got)) want { w.check = f; return w }

// asking beside the request, which does not wait.
func (w want) askingBeside(calls, infoCalls int) want {
	w.beside, w.calls, w.infoCalls = true, calls, infoCalls
	return w
}

// seeing: the backend gets the client's header with these values; none = not at all.
func (w want) seeing(name string, values ...string) want {
	sees := map[string][]string{name: values}
	maps.Copy(sees, w.sees)
	w.sees = sees
	return w
}

// missAndHit makes a request twice: the answer of the cache goes another way than the one of Huawei.
func missAndHit(send request, each want) []step {
	return []step{{send, each.asking(1)}, {send, each}}
}

// times repeats a step.
func times(n int, s step) []step {
	var steps []step
	for range n {
		steps = append(steps, s)
	}
	return steps
}
