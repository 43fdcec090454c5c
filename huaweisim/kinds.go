package huaweisim

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// kind is what the first segment of a token stands for. A field that is nil
// stands for the usual: a mainland user, known to getInfo, whose token was issued
// to ClientID and is good for an hour.
type kind struct {
	name string // first segment; "tinfo/…": the first two
	arg  string // what the next segment is called; "" = the kind takes none
	says string // one line for Help

	valid     func(arg string) bool // whether a token with this arg is of the kind
	user      func(token string) User
	extra     func(User) members      // members of getInfo beyond the user's
	getInfo   func(subject) answer    // in place of the usual answer
	identity  func(arg string) bool   // whether getInfo, where set, yields the user
	tokenInfo func(subject) answer    // in place of the usual answer
	claims    func(u subject) members // members of getTokenInfo that differ
}

// subject is what an answer is about.
type subject struct {
	call
	kind kind
	arg  string
	user User
}

// kinds lists every kind in the order of Help.
var kinds = []kind{
	{name: "mainland", says: "bare 11-digit number, country code 0086"},
	{name: "hongkong", says: "number with 00852", user: hongKongUser},
	{name: "russia", says: "number with 007", user: russianUser},
	{name: "overseas-mainland", says: "account from abroad, number with 0086", user: overseasMainlandUser},
	{name: "nophone", says: "no phone members", user: noPhoneUser},
	{name: "nocc", says: "mobileNumber only, no country code, no national number", user: noCountryCodeUser},
	{name: "shortphone", says: "seven digits in all", user: shortPhoneUser},
	{name: "profile", says: "display name and picture, no phone", user: noPhoneUser, extra: profileMembers},
	{name: "quicklogin", says: "number under loginMobileNumber", user: quickLoginUser, extra: quickLoginMembers},
	{name: "warning", says: "openID and warning only", user: warningUser, extra: warningMembers},
	{name: "legacy", says: "IDs of an app from before 2023-09-21", user: legacyUser},
	{name: "nounion", says: "no unionID", user: noUnionUser},
	{name: "unknownkeys", says: "many members nobody knows", extra: unknownMembers},

	{name: "expired", says: "both calls NSP_STATUS 6", getInfo: refuse("6"), tokenInfo: refuse("6")},
	revokedKind,
	{name: "invalid", says: "both calls NSP_STATUS 102", getInfo: refuse("102"), tokenInfo: refuse("102")},
	{name: "forbidden", says: "getInfo NSP_STATUS 403", getInfo: refuse("403")},

	{name: "foreign", says: "token of app " + ForeignClientID, claims: claim("client_id", ForeignClientID)},
	{name: "apptoken", says: "getTokenInfo type 1, getInfo NSP_STATUS 6", getInfo: refuse("6"), tokenInfo: appTokenInfo},
	{name: "expires", arg: "SECONDS", says: "expire_in SECONDS, may be 0 or negative", valid: isSeconds, claims: claimExpiry},
	{name: "numericclient", says: "client_id is a JSON number", claims: claim("client_id", numericClientID)},
	{name: "mismatch", says: "getTokenInfo names another open_id", claims: claimOtherOpenID},
	{name: "mismatch-union", says: "getTokenInfo names another union_id", claims: claimOtherUnionID},

	{name: "nsp", arg: "CODE", says: "getInfo NSP_STATUS CODE", valid: isNSP, getInfo: refuseArg},
	{name: "nsp0", says: "success with NSP_STATUS 0", getInfo: nspZero, identity: always},
	{name: "nspgood", arg: "CODE", says: "getInfo NSP_STATUS CODE over a good body", valid: isNSP, getInfo: nspOverGoodBody},
	{name: "nspempty", arg: "CODE", says: "getInfo NSP_STATUS CODE without a body", valid: isNSP, getInfo: nspWithoutBody},
	{name: "http", arg: "STATUS", says: "getInfo HTTP STATUS (200 to 599)", valid: isHTTPStatus, getInfo: failArg},
	{name: "throttled", arg: "SECONDS", says: "getInfo HTTP 429 with Retry-After SECONDS", valid: isSeconds, getInfo: throttleArg},
	{name: "httpgood", arg: "STATUS", says: "getInfo HTTP STATUS over a good body (400 to 599)", valid: isHTTPError, getInfo: failOverGoodBody},
	{name: "slow", arg: "DURATION", says: "mainland after DURATION, such as 200ms", valid: isDuration, getInfo: slowInfo, identity: always},
	{name: "body", arg: "SHAPE", says: "getInfo 200 with a body of SHAPE: " + names(getInfoShapes), valid: isShape(getInfoShapes), getInfo: shapedInfo, identity: shapeIdentifies},

	{name: "tinfo/nsp", arg: "CODE", says: "getTokenInfo NSP_STATUS CODE", valid: isNSP, tokenInfo: refuseArg},
	{name: "tinfo/http", arg: "STATUS", says: "getTokenInfo HTTP STATUS", valid: isHTTPStatus, tokenInfo: failArg},
	{name: "tinfo/body", arg: "SHAPE", says: "getTokenInfo 200 with a body of SHAPE: " + names(tokenInfoShapes), valid: isShape(tokenInfoShapes), tokenInfo: shapedTokenInfo},
}

// revokedKind is also what Sim.Revoke makes of a token. getTokenInfo is the one
// call that tells revoked from expired.
var revokedKind = kind{name: "revoked", says: "getInfo NSP_STATUS 6, getTokenInfo 31204", getInfo: refuse("6"), tokenInfo: refuse("31204")}

var kindsByName = func() map[string]kind {
	m := make(map[string]kind, len(kinds))
	for _, k := range kinds {
		m[k.name] = k
	}
	return m
}()

// kindOf reads a token. A space is what an unencoded + becomes on the way, so
// that a token with one is of no kind; neither is one with bytes that no token of
// Huawei's has.
func kindOf(token string) (k kind, arg string, ok bool) {
	for i := 0; i < len(token); i++ {
		if token[i] <= ' ' || token[i] > '~' {
			return kind{}, "", false
		}
	}
	name, rest, _ := strings.Cut(token, "/")
	if name == "tinfo" {
		var second string
		second, rest, _ = strings.Cut(rest, "/")
		name += "/" + second
	}
	k, ok = kindsByName[name]
	if !ok {
		return kind{}, "", false
	}
	if k.valid != nil {
		arg, _, _ = strings.Cut(rest, "/")
		ok = k.valid(arg)
	}
	return k, arg, ok
}

// answerOf is a healthy service's answer. A token of no kind is a bad one: 6, as
// Huawei says of expired, malformed and unencoded ones alike.
func answerOf(c call) answer {
	k, _, ok := kindOf(c.token)
	if !ok {
		return nspAnswer("6").as(c.api)
	}
	return k.answer(c)
}

func (k kind) answer(c call) answer {
	_, arg, _ := kindOf(c.token)
	s := subject{call: c, kind: k, arg: arg, user: k.userOf(c.token)}
	if c.api == GetTokenInfo {
		if k.tokenInfo != nil {
			return k.tokenInfo(s).as(c.api)
		}
		return jsonAnswer(s.tokenInfoMembers()).as(c.api)
	}
	if k.getInfo != nil {
		return k.getInfo(s)
	}
	return jsonAnswer(s.getInfoMembers())
}

func (k kind) userOf(token string) User {
	if k.user == nil {
		return mainlandUser(token)
	}
	return k.user(token)
}

func (k kind) identifies(arg string) bool {
	if k.getInfo == nil {
		return true
	}
	return k.identity != nil && k.identity(arg)
}

func always(string) bool { return true }

func refuse(code string) func(subject) answer {
	return func(subject) answer { return nspAnswer(code) }
}

func refuseArg(s subject) answer { return nspAnswer(s.arg) }

func failArg(s subject) answer {
	status, _ := strconv.Atoi(s.arg)
	return httpAnswer(status)
}

func throttleArg(s subject) answer {
	a := httpAnswer(http.StatusTooManyRequests)
	a.retryAfter = s.arg
	return a
}

// The next three answers contradict themselves: a client that looks at the body
// before the status or the header lets a refused user in.

func failOverGoodBody(s subject) answer {
	a := jsonAnswer(s.getInfoMembers())
	a.status, _ = strconv.Atoi(s.arg)
	return a
}

func nspOverGoodBody(s subject) answer {
	a := jsonAnswer(s.getInfoMembers())
	a.nsp = s.arg
	return a
}

func nspWithoutBody(s subject) answer { return answer{nsp: s.arg} }

// nspZero is the success of Huawei's general list of NSP_STATUS values, where
// getInfo's own page has no header at all.
func nspZero(s subject) answer {
	a := jsonAnswer(s.getInfoMembers())
	a.nsp = "0"
	return a
}

func slowInfo(s subject) answer {
	a := jsonAnswer(s.getInfoMembers())
	a.wait, _ = time.ParseDuration(s.arg)
	return a
}

func isSeconds(arg string) bool {
	_, err := strconv.ParseInt(arg, 10, 64)
	return err == nil
}

// isNSP takes one to ten decimal digits; Huawei's longest code has eight.
func isNSP(arg string) bool {
	if len(arg) == 0 || len(arg) > 10 {
		return false
	}
	return strings.Trim(arg, "0123456789") == ""
}

func isHTTPStatus(arg string) bool { return isStatusFrom(arg, http.StatusOK) }
func isHTTPError(arg string) bool  { return isStatusFrom(arg, http.StatusBadRequest) }

func isStatusFrom(arg string, least int) bool {
	status, err := strconv.Atoi(arg)
	return err == nil && len(arg) == 3 && status >= least && status <= maxStatus
}

// isDuration takes what time.ParseDuration does, from 0 to maxLatency.
func isDuration(arg string) bool {
	d, err := time.ParseDuration(arg)
	return err == nil && d >= 0 && d <= maxLatency
}
