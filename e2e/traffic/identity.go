package traffic

import (
	"fmt"
	"net/http"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// CheckIdentity tells in what the identity headers that reached a backend differ from the user's: one value each, and no
// header for what the user lacks.
func CheckIdentity(h http.Header, want huaweisim.User) error {
	for _, header := range []struct{ name, want string }{
		{"X-User-Openid", want.OpenID},
		{"X-User-Unionid", want.UnionID},
		{"X-User-Phone", want.MobileNumber},
	} {
		got := h[header.name]
		switch {
		case len(got) == 0 && header.want == "":
		case len(got) == 1 && got[0] == header.want && header.want != "":
		default:
			return fmt.Errorf("%s is %q, want %q", header.name, got, header.want)
		}
	}
	return nil
}
