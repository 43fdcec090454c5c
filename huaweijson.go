package huaweiid

import "encoding/json"

// The JSON of Huawei's answers, as far as it counts.
//
// Names of members are compared exactly. encoding/json is laxer: a member without a field of its very name goes to the first
// field whose name differs in case only, so that "OPENID" would be taken for openID. Hence the Other… field before each: it
// takes such members and is never read.
//
// null is as good as absent. Of a member that comes twice the last one counts, of a string the last that is not null.

// userInfo is getInfo's answer.
type userInfo struct {
	OtherError json.RawMessage `json:"ERROR"`
	Error      json.RawMessage `json:"error"` // there at all, even null, it says that this is no answer

	OtherOpenID json.RawMessage `json:"OPENID"`
	OpenID      string          `json:"openID"`

	OtherUnionID json.RawMessage `json:"UNIONID"`
	UnionID      string          `json:"unionID"`

	OtherMobileNumber json.RawMessage `json:"MOBILENUMBER"`
	MobileNumber      string          `json:"mobileNumber"`

	OtherPhoneCountryCode json.RawMessage `json:"PHONECOUNTRYCODE"`
	PhoneCountryCode      string          `json:"phoneCountryCode"` // with its 00

	OtherPurePhoneNumber json.RawMessage `json:"PUREPHONENUMBER"`
	PurePhoneNumber      string          `json:"purePhoneNumber"`
}

// tokenInfo is getTokenInfo's answer.
type tokenInfo struct {
	OtherError json.RawMessage `json:"ERROR"`
	Error      json.RawMessage `json:"error"` // as userInfo's

	OtherType json.RawMessage `json:"TYPE"`
	Type      *int64          `json:"type"` // 0 = a user's token

	OtherExpireIn json.RawMessage `json:"EXPIRE_IN"`
	ExpireIn      *int64          `json:"expire_in"` // seconds

	OtherClientID json.RawMessage `json:"CLIENT_ID"`
	ClientID      json.RawMessage `json:"client_id"` // Huawei's page says string, its own sample code reads a number

	OtherOpenID json.RawMessage `json:"OPEN_ID"`
	OpenID      string          `json:"open_id"`

	OtherUnionID json.RawMessage `json:"UNION_ID"`
	UnionID      string          `json:"union_id"`
}

// clientIDOf reads the client ID that an answer names, however it is written.
func clientIDOf(info *tokenInfo) (id string, ok bool) {
	var number json.Number
	if json.Unmarshal(info.ClientID, &id) == nil {
		return id, id != ""
	}
	err := json.Unmarshal(info.ClientID, &number)
	return number.String(), err == nil
}
