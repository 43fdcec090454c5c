package huaweisim

import (
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// maxCallBody bounds the body of a call in bytes. A form with the longest token
// that Huawei hands out (1024 characters) stays far below it.
const maxCallBody = 16 << 10

const formType = "application/x-www-form-urlencoded"

// services maps nsp_svc to the API's short name.
var services = map[string]string{
	"GOpen.User.getInfo":              GetInfo,
	"huawei.oauth2.user.getTokenInfo": GetTokenInfo,
}

// call is a well-formed request to one of the two APIs.
type call struct {
	api   string
	token string
	// wantOpenID is set by open_id=OPENID; without it getTokenInfo leaves
	// open_id out.
	wantOpenID bool
}

// rejection is the answer to a request that is not a well-formed call, with the
// reason that Stats counts it under.
type rejection struct {
	reason string
	answer answer
}

// readCall reads a request as strictly as Huawei's pages allow, so that a
// careless client fails here instead of in production.
func readCall(r *http.Request) (call, *rejection) {
	if r.URL.EscapedPath() != "/rest.php" {
		return call{}, &rejection{"path", httpAnswer(http.StatusNotFound)}
	}
	if r.Method != http.MethodPost {
		return call{}, &rejection{"method", httpAnswer(http.StatusMethodNotAllowed)}
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return call{}, &rejection{"query", httpAnswer(http.StatusBadRequest)}
	}
	for name := range query {
		// URLs end up in access logs; this project promises that no token does.
		if strings.EqualFold(name, "access_token") {
			return call{}, &rejection{"token in URL", httpAnswer(http.StatusBadRequest)}
		}
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxCallBody+1))
	if err != nil || len(body) > maxCallBody {
		return call{}, &rejection{"body", httpAnswer(http.StatusBadRequest)}
	}
	if mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mediaType != formType {
		return call{}, &rejection{"content type", nspAnswer("105")}
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return call{}, &rejection{"form", nspAnswer("105")}
	}
	return readParameters(query, form)
}

// readParameters takes nsp_svc from the query or the form, as Huawei does, and
// everything else from the form.
func readParameters(query, form url.Values) (call, *rejection) {
	svc := append(query["nsp_svc"], form["nsp_svc"]...)
	if len(svc) > 1 {
		return call{}, &rejection{"nsp_svc repeated", nspAnswer("105")}
	}
	c := call{}
	if len(svc) == 1 {
		c.api = services[svc[0]]
	}
	if c.api == "" {
		return call{}, &rejection{"nsp_svc", nspAnswer("501")}
	}
	tokens := form["access_token"]
	if len(tokens) > 1 {
		return call{}, &rejection{"access_token repeated", nspAnswer("105").as(c.api)}
	}
	if len(tokens) == 0 || tokens[0] == "" {
		return call{}, &rejection{"access_token missing", nspAnswer("105").as(c.api)}
	}
	c.token = tokens[0]
	c.wantOpenID = form.Get("open_id") == "OPENID"
	return c, nil
}
