package huaweiid

import "strings"

// The identity: what Huawei says of a token's user.

// maxValue bounds an identity value, in bytes. Huawei's longest, an OpenID of an app from before 2023-09-21, has 256.
const maxValue = 256

// minShown is the number of digits from which a masked number shows its first three and last two.
const minShown = 8

// newIdentity makes an entry of what getInfo says, which goes into the cache as it is once it has a key and its moments; nil for
// what no identity can have. The country code is with its 00.
func newIdentity(openID, unionID, phone, countryCode, national string) *entry {
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
	return &entry{
		openID: openID, unionID: unionID, phone: phone, countryCode: countryCode, national: national,
		e164: e164(countryCode, national), whole: unionID != "" && phone != "",
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

// phoneIn gives an identity's number in one of the formats of phone.format; "" = there is none. A masked number is made when it
// is asked for: few ask, and everybody's answer would take longer to store.
func phoneIn(id *entry, format string) string {
	switch format {
	case phoneE164:
		return id.e164
	case phoneMasked:
		return masked(id.phone)
	}
	return id.phone
}

// e164 gives "" where there is no country code. It never takes mobileNumber apart: country codes have one to three digits, and
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

// countDigits is for what is not digits alone: Huawei's numbers are.
func countDigits(number string) int {
	count := 0
	for i := 0; i < len(number); i++ {
		if '0' <= number[i] && number[i] <= '9' {
			count++
		}
	}
	return count
}
