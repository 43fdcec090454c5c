package demo

import (
	"net/http"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// request is one thing to try. The screen prints it as a curl line and the check sends it, so that neither can say what the
// other does not.
type request struct {
	name   string
	path   string      // empty: /
	token  string      // empty: none is sent
	second string      // another token, in a header of its own
	forged [][2]string // what else the client sends, in this order
	status int
	code   string // of a refusal
}

var requests = []request{
	{name: "mainland user", token: "mainland/1", status: http.StatusOK},
	{name: "overseas user", token: "hongkong/1", status: http.StatusOK},
	{name: "user without phone", token: "nophone/1", status: http.StatusOK},
	{name: "expired token", token: "expired/1", status: http.StatusUnauthorized, code: "token_invalid"},
	{name: "forbidden token", token: "forbidden/1", status: http.StatusForbidden, code: "permission_denied"},
	{name: "foreign app's token", token: "foreign/1", status: http.StatusUnauthorized, code: "token_foreign"},
	{name: "no token", status: http.StatusUnauthorized, code: "token_missing"},
	{name: "forged headers", token: "nophone/1", status: http.StatusOK, forged: forgedHeaders},
}

// forgedHeaders are what somebody sends who would be somebody else: a name as it stands, one as CGI and PHP read it, and a
// hop-by-hop name that would have a proxy drop the true header.
var forgedHeaders = [][2]string{{"X-User-OpenID", "admin"}, {"x_user_phone", "1"}, {"Connection", "X-User-UnionID"}}

// headers are what the client sends beyond what every client does.
func (r request) headers() [][2]string {
	var headers [][2]string
	if r.token != "" {
		headers = append(headers, [2]string{"Authorization", "Bearer " + r.token})
	}
	if r.second != "" {
		headers = append(headers, [2]string{"Authorization", "Bearer " + r.second})
	}
	return append(headers, r.forged...)
}

// identity is what the backend must be told of the user, by the simulator's own account of the token.
func (r request) identity() map[string]string {
	user, known := huaweisim.UserOf(r.token)
	if !known {
		return nil
	}
	identity := map[string]string{}
	for name, value := range map[string]string{
		"X-User-OpenID":  user.OpenID,
		"X-User-UnionID": user.UnionID,
		"X-User-Phone":   user.MobileNumber,
	} {
		if value != "" {
			identity[http.CanonicalHeaderKey(name)] = value
		}
	}
	return identity
}
