package huaweisim

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
)

// User is the part of getInfo's answer that identifies a user. An empty field is
// a member that the answer lacks.
type User struct {
	OpenID           string // per app: 28 characters, legacy ones 139 to 256
	UnionID          string // per developer account: 29 characters, legacy ones 47
	MobileNumber     string // bare for mainland users, else 00 + country code + number
	PurePhoneNumber  string // national number
	PhoneCountryCode string // 00 + country code
}

// UserOf is what a healthy getInfo answers for token. False means that its
// answer is no identity: a refusal, an error, or a body that a careful client
// must not accept. The result depends on the token alone.
func UserOf(token string) (User, bool) {
	k, arg, ok := kindOf(token)
	if !ok || !k.identifies(arg) {
		return User{}, false
	}
	return k.userOf(token), true
}

// The numbers below begin with digits that no operator assigns, so that nobody's
// number is ever shown.

func mainlandUser(token string) User {
	number := "111" + digits(token, 8)
	return ids(token).phone(number, number, "0086")
}

func hongKongUser(token string) User {
	number := "1" + digits(token, 7)
	return ids(token).phone("00852"+number, number, "00852")
}

func russianUser(token string) User {
	number := "1" + digits(token, 9)
	return ids(token).phone("007"+number, number, "007")
}

// overseasMainlandUser has an account from abroad and a mainland number, which
// Huawei then gives with its country code.
func overseasMainlandUser(token string) User {
	number := "111" + digits(token, 8)
	return ids(token).phone("0086"+number, number, "0086")
}

// shortPhoneUser has seven digits in all, country code included: too few to show
// any of them in a masked number.
func shortPhoneUser(token string) User {
	number := "1" + digits(token, 3)
	return ids(token).phone("007"+number, number, "007")
}

func noCountryCodeUser(token string) User {
	return ids(token).phone("111"+digits(token, 8), "", "")
}

// quickLoginUser has its number under loginMobileNumber; the other two phone
// members refer to that one.
func quickLoginUser(token string) User {
	return ids(token).phone("", "111"+digits(token, 8), "0086")
}

func noPhoneUser(token string) User { return ids(token) }

func noUnionUser(token string) User {
	u := mainlandUser(token)
	u.UnionID = ""
	return u
}

// warningUser is known by openID alone.
func warningUser(token string) User { return User{OpenID: openIDOf(token)} }

// legacyUser has the IDs of an app and a developer account from before
// 2023-09-21.
func legacyUser(token string) User {
	u := mainlandUser(token)
	u.OpenID, u.UnionID = legacyOpenIDOf(token), legacyUnionIDOf(token)
	return u
}

func ids(token string) User {
	return User{OpenID: openIDOf(token), UnionID: unionIDOf(token)}
}

func (u User) phone(mobile, pure, countryCode string) User {
	u.MobileNumber, u.PurePhoneNumber, u.PhoneCountryCode = mobile, pure, countryCode
	return u
}

// openIDOf and unionIDOf have the form of today's IDs: URL-safe base64, all
// beginning alike, of fixed length.
func openIDOf(token string) string {
	sum := sum(token, "openID")
	return "AQAx" + base64.RawURLEncoding.EncodeToString(sum[:])[:24]
}

func unionIDOf(token string) string {
	sum := sum(token, "unionID")
	return "AQAx" + base64.RawURLEncoding.EncodeToString(sum[:])[:25]
}

// legacyEscapes keeps base64 to letters and digits, as legacy IDs do.
var legacyEscapes = strings.NewReplacer("i", "ia", "+", "ib", "/", "ic")

// legacyOpenIDOf has the form observed in Huawei's samples: version, app ID and
// two runs of hex digits, in base64 without padding, escaped.
func legacyOpenIDOf(token string) string {
	a, b := sum(token, "legacy openID"), sum(token, "legacy openID, continued")
	plain := fmt.Sprintf("01@%s@%s@%s", ClientID, hex.EncodeToString(a[:16]), hex.EncodeToString(b[:29]))
	return legacyEscapes.Replace(base64.RawStdEncoding.EncodeToString([]byte(plain)))
}

func legacyUnionIDOf(token string) string {
	a, b := sum(token, "legacy unionID"), sum(token, "legacy unionID, continued")
	return "MDE" + legacyEscapes.Replace(base64.RawStdEncoding.EncodeToString(append(a[:], b[:]...)))[:44]
}

// digits derives n decimal digits, at most 18, from the token.
func digits(token string, n int) string {
	sum := sum(token, "phone")
	modulus := uint64(1)
	for i := 0; i < n; i++ {
		modulus *= 10
	}
	return fmt.Sprintf("%0*d", n, binary.BigEndian.Uint64(sum[:8])%modulus)
}

// sum derives 32 bytes from the token, others for every purpose.
func sum(token, purpose string) [sha256.Size]byte {
	return sha256.Sum256([]byte(purpose + "\x00" + token))
}
