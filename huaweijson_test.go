package huaweiid

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// spellings are ways to write a member's name, one of them often its own. The last one has the long s, which folds to an s.
func spellings(name string) []string {
	return []string{
		strings.ToUpper(name), strings.ToLower(name), strings.ToUpper(name[:1]) + name[1:], strings.ReplaceAll(name, "s", "ſ"),
	}
}

// without returns the object's text without one member.
func without(members map[string]string, name string) string {
	var texts []string
	for member, value := range members {
		if member != name {
			texts = append(texts, fmt.Sprintf("%q:%s", member, value))
		}
	}
	return strings.Join(texts, ",")
}

func TestAnswers_membersCountToTheLetter(t *testing.T) {
	t.Parallel()
	user := map[string]string{
		"openID": `"o"`, "unionID": `"u"`, "mobileNumber": `"1"`, "phoneCountryCode": `"0086"`, "purePhoneNumber": `"2"`,
	}
	ask := func(body string) *identity {
		return getInfo(fuzzClient(respond(200, "-", body)), &lookup{ctx: context.Background()}).identity
	}
	for _, name := range spellings("error") {
		for _, value := range []string{`"x"`, "1", "{}", "null"} {
			id := ask(fmt.Sprintf("{%s,%q:%s}", without(user, ""), name, value))
			require.Equal(t, name == "error", id == nil, "%s: %s", name, value)
		}
	}
	for name := range user {
		want := ask("{" + without(user, name) + "}")
		require.Equal(t, name == "openID", want == nil)
		for _, other := range spellings(name) {
			if other == name {
				continue
			}
			for _, value := range []string{`"evil"`, "1", "{}", "null"} {
				require.Equal(t, want, ask(fmt.Sprintf("{%s,%q:%s}", without(user, name), other, value)), "%s: %s", other, value)
				all := fmt.Sprintf("{%q:%s,%s,%q:%s}", other, value, without(user, ""), other, value)
				require.Equal(t, newIdentity("o", "u", "1", "0086", "2"), ask(all), all)
			}
		}
	}
}

func TestAnswers_membersOfTokenInfoCountToTheLetter(t *testing.T) {
	t.Parallel()
	token := map[string]string{"type": "0", "expire_in": "100", "client_id": `"7"`, "open_id": `"o"`, "union_id": `"u"`}
	ask := func(body string) (*tokenInfo, *verdict) {
		return getTokenInfo(fuzzClient(respond(200, "-", body), "7"), &lookup{ctx: context.Background()})
	}
	for _, name := range spellings("error") {
		for _, value := range []string{`"x"`, "1", "{}", "null"} {
			_, failure := ask(fmt.Sprintf("{%s,%q:%s}", without(token, ""), name, value))
			require.Equal(t, name == "error", failure != nil, "%s: %s", name, value)
		}
	}
	for name := range token {
		for _, other := range spellings(name) {
			if other == name {
				continue
			}
			for _, value := range []string{`"o"`, "0", "9", "{}", "null"} {
				info, failure := ask(fmt.Sprintf("{%s,%q:%s}", without(token, name), other, value))
				require.Equal(t, name == "open_id" || name == "union_id", failure == nil, "%s: %s", other, value)
				if failure == nil {
					require.Empty(t, map[string]string{"open_id": info.OpenID, "union_id": info.UnionID}[name])
				}
				info, failure = ask(fmt.Sprintf("{%q:%s,%s,%q:%s}", other, value, without(token, ""), other, value))
				require.Nil(t, failure, "%s: %s", other, value)
				require.Equal(t, "o u 0 100", fmt.Sprint(info.OpenID, " ", info.UnionID, " ", *info.Type, " ", *info.ExpireIn))
			}
		}
	}
}
