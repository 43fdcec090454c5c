package crossing

import (
	"fmt"
	"net/http"
	"sync/atomic"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// person is a token and what every request with it has to get: its user's headers, or its refusal.
type person struct {
	token string
	user  huaweisim.User
	// Of those who are refused; status 0 means that the person is forwarded.
	status int
	code   string
	// instance names the token in a refusal. The first refusal says it, all others have to say the same.
	instance atomic.Pointer[string]
}

// kind is a kind of token of the simulator. The good ones differ in which headers there are.
type kind struct {
	name   string
	status int // 0 = forwarded
	code   string
}

var (
	goodKinds = []kind{
		{name: "mainland"}, {name: "hongkong"}, {name: "russia"}, {name: "overseas-mainland"}, {name: "nophone"},
		{name: "nounion"}, {name: "legacy"}, {name: "nocc"}, {name: "slow/4ms"},
	}
	// The last two are failures that are remembered nowhere and do not open the breaker.
	refusedKinds = []kind{
		{"expired", http.StatusUnauthorized, "token_invalid"},
		{"forbidden", http.StatusForbidden, "permission_denied"},
		{"nsp/31204", http.StatusUnauthorized, "token_invalid"},
		{"invalid", http.StatusUnauthorized, "token_invalid"},
		{"body/html", http.StatusBadGateway, "huawei_malformed"},
		{"http/404", http.StatusBadGateway, "huawei_misconfigured"},
	}
	// foreignKinds are refused where only some apps' tokens are accepted.
	foreignKinds = []kind{
		{"foreign", http.StatusUnauthorized, "token_foreign"},
		{"tinfo/nsp/6", http.StatusUnauthorized, "token_invalid"},
		{"mismatch", http.StatusUnauthorized, "token_foreign"},
	}
)

// people gives n tokens, good and refused kinds spread among each other.
func people(n int, kinds ...[]kind) []*person {
	all := make([]*person, n)
	for i := range all {
		of := kinds[i%len(kinds)]
		k := of[i/len(kinds)%len(of)]
		p := &person{token: fmt.Sprintf("%s/%d", k.name, i), status: k.status, code: k.code}
		if p.status == 0 {
			p.user, _ = huaweisim.UserOf(p.token)
		}
		all[i] = p
	}
	return all
}
