package huaweiid

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestIdentity_phoneFormats(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ number, code, national, e164, masked string }{
		"mainland":          {"11136000008", "0086", "11136000008", "+8611136000008", "111******08"},
		"hong kong":         {"0085261234567", "00852", "61234567", "+85261234567", "008********67"},
		"russia":            {"0079871234560", "007", "9871234560", "+79871234560", "007********60"},
		"no country code":   {"11136000008", "", "11136000008", "", "111******08"},
		"no national":       {"11136000008", "0086", "", "", "111******08"},
		"bare zeros":        {"11136000008", "00", "11136000008", "", "111******08"},
		"code without 00":   {"0085261234567", "852", "61234567", "+85261234567", "008********67"},
		"eight digits":      {"12345678", "0086", "12345678", "+8612345678", "123***78"},
		"seven digits":      {"1234567", "0086", "1234567", "+861234567", "*******"},
		"seven and a sign":  {"+12345-67", "0086", "1234567", "+861234567", "*********"},
		"a sign and more":   {"+85261234567", "00852", "61234567", "+85261234567", "+85*******67"},
		"eight and a sign":  {"+90123-459", "0086", "90123459", "+8690123459", "+90*****59"},
		"seven, 0 and 9 in": {"+9090-909", "0086", "9090909", "+869090909", "*********"},
		"one digit":         {"1", "0086", "1", "+861", "*"},
		"no phone":          {"", "", "", "", ""},
		"masked as it were": {"191******08", "0086", "191******08", "+86191******08", "***********"},
	} {
		id := newIdentity("openid", "", test.number, test.code, test.national)
		require.NotNil(t, id, name)
		require.Equal(t, test.number, phoneIn(id, phoneRaw), name)
		require.Equal(t, test.e164, phoneIn(id, phoneE164), name)
		require.Equal(t, test.masked, phoneIn(id, phoneMasked), name)
	}
}

func TestIdentity_everyValueMustFitAHeader(t *testing.T) {
	t.Parallel()
	longest := strings.Repeat("x", maxValue)
	require.NotNil(t, newIdentity(longest, longest, longest, longest, longest))
	require.NotNil(t, newIdentity("!~", "", "", "", ""))
	require.Nil(t, newIdentity("", "u", "1", "0086", "1"), "an openID there must be")
	for _, bad := range []string{longest + "x", "a b", "a\tb", "a\r\nX-User-Phone: 1", "a\x00", "a\x7f", "ü", "名", "\xff"} {
		for place := 0; place < 5; place++ {
			v := []string{"o", "u", "1", "0086", "1"}
			v[place] = bad
			require.Nil(t, newIdentity(v[0], v[1], v[2], v[3], v[4]), "%q in place %d", bad, place)
		}
	}
}

func TestIdentity_withoutMobileNumberThereIsNoPartOfOne(t *testing.T) {
	t.Parallel()
	id := newIdentity("o", "u", "", "0086", "11136000008")
	require.Empty(t, id.countryCode+id.national)
	for _, format := range []string{phoneRaw, phoneE164, phoneMasked} {
		require.Empty(t, phoneIn(id, format), format)
	}
}
