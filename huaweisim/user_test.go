package huaweisim_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

func TestUserOf_formsOfIDsAndNumbers(t *testing.T) {
	t.Parallel()
	const (
		newOpenID  = `^AQAx[A-Za-z0-9_-]{24}$`
		newUnionID = `^AQAx[A-Za-z0-9_-]{25}$`
	)
	tests := []struct{ kind, openID, unionID, mobile, pure, countryCode string }{
		{"mainland", newOpenID, newUnionID, `^1\d{10}$`, `^1\d{10}$`, `^0086$`},
		{"hongkong", newOpenID, newUnionID, `^00852\d{8}$`, `^\d{8}$`, `^00852$`},
		{"russia", newOpenID, newUnionID, `^007\d{10}$`, `^\d{10}$`, `^007$`},
		{"overseas-mainland", newOpenID, newUnionID, `^00861\d{10}$`, `^1\d{10}$`, `^0086$`},
		{"nophone", newOpenID, newUnionID, `^$`, `^$`, `^$`},
		{"nocc", newOpenID, newUnionID, `^1\d{10}$`, `^$`, `^$`},
		{"shortphone", newOpenID, newUnionID, `^0\d{6}$`, `^\d{4}$`, `^00\d$`},
		{"profile", newOpenID, newUnionID, `^$`, `^$`, `^$`},
		{"quicklogin", newOpenID, newUnionID, `^$`, `^1\d{10}$`, `^0086$`},
		{"warning", newOpenID, `^$`, `^$`, `^$`, `^$`},
		{"legacy", `^[A-Za-z0-9]{139,256}$`, `^[A-Za-z0-9]{47}$`, `^1\d{10}$`, `^1\d{10}$`, `^0086$`},
		{"nounion", newOpenID, `^$`, `^1\d{10}$`, `^1\d{10}$`, `^0086$`},
	}
	for _, test := range tests {
		t.Run(test.kind, func(t *testing.T) {
			t.Parallel()
			for i := 0; i < 100; i++ {
				u, ok := huaweisim.UserOf(fmt.Sprintf("%s/%d", test.kind, i))
				require.True(t, ok)
				require.Regexp(t, test.openID, u.OpenID)
				require.Regexp(t, test.unionID, u.UnionID)
				require.Regexp(t, test.mobile, u.MobileNumber)
				require.Regexp(t, test.pure, u.PurePhoneNumber)
				require.Regexp(t, test.countryCode, u.PhoneCountryCode)
				if u.MobileNumber != "" && u.PhoneCountryCode != "" && u.MobileNumber != u.PurePhoneNumber {
					require.Equal(t, u.MobileNumber, u.PhoneCountryCode+u.PurePhoneNumber)
				}
			}
		})
	}
}

func TestUserOf_everyTokenIsAUserOfItsOwn(t *testing.T) {
	t.Parallel()
	openIDs, unionIDs := map[string]bool{}, map[string]bool{}
	const tokens = 1_000
	for i := 0; i < tokens; i++ {
		u, ok := huaweisim.UserOf(fmt.Sprintf("mainland/%d", i))
		require.True(t, ok)
		openIDs[u.OpenID], unionIDs[u.UnionID] = true, true
	}
	assert.Len(t, openIDs, tokens)
	assert.Len(t, unionIDs, tokens)
}

func TestUserOf_dependsOnTheTokenAlone(t *testing.T) {
	t.Parallel()
	first, _ := huaweisim.UserOf("mainland/1")
	again, _ := huaweisim.UserOf("mainland/1")
	assert.Equal(t, first, again)
}
