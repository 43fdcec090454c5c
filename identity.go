package huaweiid

import "strings"

// The identity: what Huawei says of a token's user.

// maxValue bounds an identity value, in bytes. Huawei's longest, an OpenID of an app from before 2023-09-21, has 256.
const maxValue = 256

// minShown is the number of digits from which a masked number shows its first three and last two.
const minShown = 8

// identity is a user as Huawei gives them. Every value is empty or fit for a header: visible ASCII, at most maxValue bytes.
// It never changes once made, since many requests read it at once.
type identity struct {
	openID      string
	unionID     string
	phone       string
	countryCode string // with its 00
	national    string
	whole       bool // openID, unionID and phone are all there
}

// newIdentity returns nil for values that no identity can have.
func newIdentity(openID, unionID, phone, countryCode, national string) *identity {
	if openID == "" {
		return nil
	}
	all := openID + unionID + phone + countryCode + national
	if !isVisible(all) || len(all) > maxValue && tooLong([]string{openID, unionID, phone, countryCode, national}) {
		return nil
	}
	if phone == "" {
		// Without mobileNumber these belong to another kind of number (loginMobileNumber), or to nothing.
		countryCode, national = "", ""
	}
	return &identity{
		openID: openID, unionID: unionID, phone: phone, countryCode: countryCode, national: national,
		whole: unionID != "" && phone != "",
	}
}

func tooLong(values []string) bool {
	for _, value := range values {
		if len(value) > maxValue {
			return true
		}
	}
	return false
}

// phoneIn gives an identity's number in one of the formats of phone.format; "" = there is none.
func phoneIn(id *identity, format string) string {
	switch format {
	case phoneE164:
		return e164(id.countryCode, id.national)
	case phoneMasked:
		return masked(id.phone)
	}
	return id.phone
}

// e164 returns "" where there is no country code. It never takes mobileNumber apart: country codes have one to three digits, and
// mainland numbers come without.
func e164(countryCode, national string) string {
	code := strings.TrimPrefix(countryCode, "00")
	if code == "" || national == "" {
		return ""
	}
	return "+" + code + national
}

// masked keeps the first three and last two characters of a number that has enough digits.
func masked(number string) string {
	n := len(number)
	if n < minShown || strings.TrimLeft(number, digits) != "" && countDigits(number) < minShown {
		return strings.Repeat("*", n)
	}
	return number[:3] + strings.Repeat("*", n-5) + number[n-2:]
}

// countDigits is called only for numbers that have other characters too, which Huawei's have not.
func countDigits(number string) int {
	count := 0
	for i := 0; i < len(number); i++ {
		if '0' <= number[i] && number[i] <= '9' {
			count++
		}
	}
	return count
}
