package attacks

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// identity is what an application believes of its user: values by CGI variable.
type identity map[string]string

// The variables that a default configuration's headers become.
const (
	openIDVariable  = "HTTP_X_USER_OPENID"
	unionIDVariable = "HTTP_X_USER_UNIONID"
	phoneVariable   = "HTTP_X_USER_PHONE"
)

// The variables of other names that the routes give to identity headers.
const (
	statusVariable     = "HTTP_X_IDENTITY_STATUS"
	subscriberVariable = "HTTP_X_SUBSCRIBER_ID"
	legacyVariable     = "HTTP_X_LEGACY_PHONE"
)

var identityVariables = []string{
	openIDVariable, unionIDVariable, phoneVariable, statusVariable, subscriberVariable, legacyVariable,
}

// forgedMark is in every value that a client forges.
const forgedMark = "forged"

// forgery is a forged line for every header of a default configuration.
func forgery() []string {
	return []string{"X-User-OpenID: forged-openid", "X-User-UnionID: forged-unionid", "X-User-Phone: forged-phone"}
}

// forgedStatus is for the routes that name a status header.
const forgedStatus = "X-Identity-Status: forged-verified"

func identityOf(u huaweisim.User) identity {
	all := identity{openIDVariable: u.OpenID, unionIDVariable: u.UnionID, phoneVariable: u.MobileNumber}
	maps.DeleteFunc(all, func(_, value string) bool { return value == "" })
	return all
}

// with returns a copy that has one value more.
func (id identity) with(variable, value string) identity {
	all := identity{variable: value}
	for other, v := range id {
		if other != variable {
			all[other] = v
		}
	}
	return all
}

// fold writes a header's name as the variable of a stack that keeps nothing but letters and digits apart.
func fold(name string) string {
	return "HTTP_" + strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		case 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
			return r
		}
		return '_'
	}, name)
}

// seen is what a backend tells of a request.
type seen struct {
	Env map[string]string `json:"env"`           // headers as the application sees them
	Raw [][2]string       `json:"raw,omitempty"` // headers as they came, where the backend can tell
	URI string            `json:"uri,omitempty"` // the request's target, where the backend can tell
}

// differs tells in what the application's view is not the identity.
func (s *seen) differs(want identity) error {
	var wrong []string
	for _, variable := range identityVariables {
		got, there := s.Env[variable]
		expected, is := want[variable]
		if got != expected || there != is {
			wrong = append(wrong, fmt.Sprintf("%s is %q, want %q", variable, got, expected))
		}
	}
	for _, header := range s.Raw {
		variable := fold(header[0])
		if slices.Contains(identityVariables, variable) && header[1] != want[variable] {
			wrong = append(wrong, fmt.Sprintf("the header %q is %.80q", header[0], header[1]))
		}
	}
	if wrong == nil {
		return nil
	}
	return fmt.Errorf("the application sees a wrong identity: %s", strings.Join(wrong, "; "))
}
