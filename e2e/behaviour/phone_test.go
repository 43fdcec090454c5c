package behaviour

import (
	"fmt"
	"strings"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// Phone numbers: every shape that Huawei gives, in every format.

func e164(u huaweisim.User) string {
	if u.MobileNumber == "" || u.PhoneCountryCode == "" {
		return ""
	}
	return "+" + strings.TrimPrefix(u.PhoneCountryCode, "00") + u.PurePhoneNumber
}

// masked is written for the simulator's numbers, which are digits throughout.
func masked(u huaweisim.User) string {
	var b strings.Builder
	for i := range u.MobileNumber {
		if len(u.MobileNumber) >= 8 && (i < 3 || i >= len(u.MobileNumber)-2) {
			b.WriteByte(u.MobileNumber[i])
		} else {
			b.WriteByte('*')
		}
	}
	return b.String()
}

var phoneFormats = map[string]func(huaweisim.User) string{"raw": asGiven, "e164": e164, "masked": masked}

// userShapes are the simulator's kinds of good users.
var userShapes = []string{
	"mainland", "hongkong", "russia", "overseas-mainland", "nophone", "nocc", "shortphone", "profile", "quicklogin", "warning",
	"legacy", "nounion", "unknownkeys",
}

func phoneRows() []row {
	var rows []row
	for _, format := range []string{"raw", "e164", "masked"} {
		for _, shape := range userShapes {
			token := "{" + shape + "}"
			rows = append(rows, row{
				name:   fmt.Sprintf("phone.format %s for the user %s", format, shape),
				config: "phone: {format: " + format + "}",
				steps: []step{
					{bearer(token, "X-User-Phone: forged"), forwards(token).asking(1).telling(told{"X-User-Phone": phoneFormats[format]})},
					{bearer(token, "X-User-Phone: forged"), forwards(token).telling(told{"X-User-Phone": phoneFormats[format]})},
				},
			})
		}
	}
	for _, shape := range []string{"mainland", "hongkong", "nocc", "nophone"} {
		token := "{" + shape + "}"
		rows = append(rows, row{
			name:   fmt.Sprintf("country code and national number have headers of their own: %s", shape),
			config: "headers: {phoneCountryCode: X-User-Phone-Country, phoneNational: X-User-Phone-National}",
			steps: []step{
				{bearer(token, "X-User-Phone-Country: forged", "X_User_Phone_National: forged"),
					forwards(token).asking(1).telling(told{"X-User-Phone-Country": countryCode, "X-User-Phone-National": national})},
			},
		})
	}
	for _, shape := range []string{"nophone", "profile", "quicklogin", "warning"} {
		rows = append(rows, row{
			name:   fmt.Sprintf("phone.require refuses the user %s, without a second call", shape),
			config: "phone: {require: true}",
			steps: []step{
				{bearer("{" + shape + "}"), refuses(403, "phone_required").asking(1)},
				{bearer("{"+shape+"}", "X-User-Phone: forged"), refuses(403, "phone_required")},
			},
		})
	}
	return append(rows,
		row{
			name:   "phone.require lets a user with a phone through",
			config: "phone: {require: true}",
			steps:  []step{{bearer("{mainland}"), forwards("{mainland}").asking(1)}, {bearer("{nocc}"), forwards("{nocc}").asking(1)}},
		},
		row{
			name:   "phone.require does not need the phone to be injected",
			config: "phone: {require: true}\nheaders: {phone: \"\"}",
			steps: []step{
				{bearer("{mainland}"), forwards("{mainland}").asking(1).telling(told{"X-User-Phone": nil})},
				{bearer("{nophone}"), refuses(403, "phone_required").asking(1)},
			},
		},
		row{
			name:   "phone.require counts what the backend would be told: no number in e164 without a country code",
			config: "phone: {require: true, format: e164}",
			steps: []step{
				{bearer("{hongkong}"), forwards("{hongkong}").asking(1).telling(told{"X-User-Phone": e164})},
				{bearer("{nocc}"), refuses(403, "phone_required").asking(1)},
			},
		},
		row{
			name:   "a number that is masked is masked in all its digits when it is short",
			config: "phone: {format: masked, require: true}",
			steps:  []step{{bearer("{shortphone}"), forwards("{shortphone}").asking(1).telling(told{"X-User-Phone": says("*******")})}},
		},
	)
}
