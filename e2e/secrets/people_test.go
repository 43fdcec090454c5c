package secrets

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// person is a user with a token, and what is secret about both.
type person struct {
	token   string
	user    huaweisim.User // empty where the token is nobody's
	secrets []secret
}

// secret is a value and the forms that give it away.
type secret struct {
	what  string
	forms []form
}

const theToken = "token"

var people int

// newPerson makes one whose token is of a kind and like no other. The token has characters that every encoding changes,
// and two parts that give it away where something cuts it short.
func newPerson(kind string) person {
	people++
	sum := sha256.Sum256(fmt.Appendf(nil, "person %d", people))
	first, last := hex.EncodeToString(sum[:8]), hex.EncodeToString(sum[8:16])
	p := personWith(kind + "/" + first + "+/=~" + last)
	p.secrets[0].forms = append(p.secrets[0].forms, form{"first part", first}, form{"last part", last})
	return p
}

// personWith makes one with a given token.
func personWith(token string) person {
	p := person{token: token}
	p.keep(theToken, token)
	p.user, _ = huaweisim.UserOf(token)
	p.keep("openID", p.user.OpenID)
	p.keep("unionID", p.user.UnionID)
	p.keep("mobileNumber", p.user.MobileNumber)
	p.keep("purePhoneNumber", p.user.PurePhoneNumber)
	if p.user.PhoneCountryCode != "" {
		p.keep("e164 number", strings.TrimPrefix(p.user.PhoneCountryCode, "00")+p.user.PurePhoneNumber)
	}
	return p
}

func (p *person) keep(what, value string) {
	if value != "" {
		p.secrets = append(p.secrets, secret{what, formsOf(value)})
	}
}

// all is everything secret in one line, for a Huawei that says too much.
func (p person) all() string {
	return strings.Join([]string{p.token, p.user.OpenID, p.user.UnionID, p.user.MobileNumber}, " ")
}
