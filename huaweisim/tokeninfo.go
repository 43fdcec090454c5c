package huaweisim

import (
	"encoding/json"
	"strconv"
)

// userTokenLife is expire_in of an ordinary token, in seconds: what Huawei gives
// a fresh one.
const userTokenLife = 3600

const numericClientID = json.Number(ClientID)

// tokenInfoMembers are the members of a healthy answer of getTokenInfo. open_id
// is there only for who asks for it with open_id=OPENID.
func (s subject) tokenInfoMembers() members {
	m := members{
		"client_id":  ClientID,
		"expire_in":  userTokenLife,
		"type":       0,
		"project_id": "736430079244623456",
		"scope":      "openid profile",
		"open_id":    s.user.OpenID,
		"union_id":   s.user.UnionID,
	}
	if s.user.UnionID == "" {
		// getInfo may lack the unionID; a user's token info has it.
		m["union_id"] = unionIDOf(s.token)
	}
	if s.kind.claims != nil {
		m = m.with(s.kind.claims(s))
	}
	if !s.wantOpenID {
		m = m.without("open_id")
	}
	return m
}

// appTokenInfo is about a token that stands for an app: no user is in it.
func appTokenInfo(s subject) answer {
	m := s.tokenInfoMembers().without("open_id").without("union_id").without("scope")
	return jsonAnswer(m.with(members{"type": 1}))
}

func claim(name string, value any) func(subject) members {
	return func(subject) members { return members{name: value} }
}

func claimExpiry(s subject) members {
	seconds, _ := strconv.ParseInt(s.arg, 10, 64)
	return members{"expire_in": seconds}
}

func claimOtherOpenID(s subject) members {
	return members{"open_id": openIDOf(s.token + " of somebody else")}
}

func claimOtherUnionID(s subject) members {
	return members{"union_id": unionIDOf(s.token + " of somebody else")}
}
