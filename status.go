package huaweiid

import (
	"net/http"
	"strconv"
	"strings"
)

// The status table: what each answer of Huawei, and each failure to get one, means to the client. It is one literal, and
// the only place where that is decided.
//
// Sources: the error tables of GOpen.User.getInfo and getTokenInfo, and Huawei's general list of NSP_STATUS codes
// (developer.huawei.com, "open-platform-error").

// Codes of refusals, as clients and logs see them.
const (
	codeTokenMissing     = "token_missing"
	codeTokenRepeated    = "token_repeated"
	codeTokenUnreadable  = "token_unreadable"
	codeTokenInvalid     = "token_invalid"
	codeTokenForeign     = "token_foreign"
	codePermissionDenied = "permission_denied"
	codePhoneRequired    = "phone_required"
	codeThrottled        = "huawei_throttled"
	codeUnavailable      = "huawei_unavailable"
	codeTimeout          = "huawei_timeout"
	codeMisconfigured    = "huawei_misconfigured"
	codeMalformed        = "huawei_malformed"
	codeOverloaded       = "overloaded"
)

// Ways in which there is no answer, or none that Huawei's own codes describe.
const (
	whenExpired       = "token expired"
	whenForeign       = "token of another app"
	whenConnection    = "no connection"
	whenTimeout       = "time-out"
	whenMalformed     = "malformed answer"
	whenPaused        = "breaker open"
	whenCrowded       = "no slot free"
	whenNoToken       = "no token"
	whenMisspelt      = "header in another form"
	whenRepeated      = "token repeated"
	whenUnreadable    = "too many places of the token"
	whenJWT           = "token of another issuer"
	whenUnfitToken    = "token that cannot be one"
	whenPhoneRequired = "no phone"
)

// outcome is one row: the answers that it covers, and what follows from them.
type outcome struct {
	nsp  string // values of Huawei's NSP_STATUS header, separated by spaces; "*" is any other
	http string // HTTP statuses; "5xx" is any other of that class
	when string // a way in which there is no such answer

	status int    // what the client gets
	code   string // why
	detail string // in plain words, where those of the code do not fit
	result string // of the call in metrics, where the code does not tell enough

	remembered bool // for cache.negativeTTL
	retried    bool // up to huawei.retries times, while huawei.timeout lasts
	definite   bool // about the token or the lack of one: ends the good answer, and no older answer stands in
	trips      bool // may count towards opening the breaker
}

var outcomes = []outcome{
	{nsp: "6 102 31204", when: whenExpired, status: 401, code: codeTokenInvalid, remembered: true, definite: true},
	{when: whenForeign, status: 401, code: codeTokenForeign, remembered: true, definite: true},
	{nsp: "403", status: 403, code: codePermissionDenied, remembered: true, definite: true},
	{nsp: "5", http: "403", status: 403, code: codePermissionDenied, detail: detailHostDenied, result: resultHostDenied},
	{nsp: "503 1302 4 7 8", http: "503 429", status: 503, code: codeThrottled, trips: true},
	{nsp: "70001402 70020002", http: "502", when: whenConnection, status: 502, code: codeUnavailable, retried: true, trips: true},
	{http: "504", when: whenTimeout, status: 504, code: codeTimeout, retried: true, trips: true},
	{nsp: "500 70001401 *", http: "500 590 5xx", status: 502, code: codeUnavailable, trips: true},
	{nsp: "3 103 105 108 501 70001201", http: "400 404 405 3xx 4xx", status: 502, code: codeMisconfigured},
	{when: whenMalformed, http: "2xx *", status: 502, code: codeMalformed},
	{when: whenPaused, status: 503, code: codeOverloaded},
	{when: whenCrowded, status: 503, code: codeOverloaded},
	{when: whenNoToken, status: 401, code: codeTokenMissing, definite: true},
	{when: whenMisspelt, status: 401, code: codeTokenMissing, definite: true, detail: detailMisspelt},
	{when: whenUnfitToken, status: 401, code: codeTokenInvalid, definite: true},
	{when: whenJWT, status: 401, code: codeTokenForeign, definite: true, detail: detailJWT},
	{when: whenRepeated, status: 400, code: codeTokenRepeated, definite: true},
	{when: whenUnreadable, status: 400, code: codeTokenUnreadable, definite: true},
	{when: whenPhoneRequired, status: 403, code: codePhoneRequired, definite: true},
}

var (
	outcomeByNSP  = map[string]*outcome{}
	outcomeByHTTP = map[string]*outcome{}
	outcomeByWhen = map[string]*outcome{}
)

func init() {
	for i := range outcomes {
		row := &outcomes[i]
		for _, nsp := range strings.Fields(row.nsp) {
			outcomeByNSP[nsp] = row
		}
		for _, status := range strings.Fields(row.http) {
			outcomeByHTTP[status] = row
		}
		if row.when != "" {
			outcomeByWhen[row.when] = row
		}
	}
}

// judge reads an answer in Huawei's own order: HTTP status, then NSP_STATUS; nil means that the body decides. A header
// that is there counts even when empty, and one that is there twice is a code of no known meaning.
func judge(status int, values []string) *outcome {
	if status != http.StatusOK {
		return firstOf(outcomeByHTTP, strconv.Itoa(status), strconv.Itoa(status/100)+"xx")
	}
	if len(values) == 0 {
		return nil
	}
	nsp := strings.Join(values, ",")
	if nsp == "0" {
		return nil
	}
	return firstOf(outcomeByNSP, nsp, "*")
}

// firstOf returns the row of the first key that has one, and the row of any other where none has.
func firstOf(rows map[string]*outcome, keys ...string) *outcome {
	for _, key := range keys {
		if row, ok := rows[key]; ok {
			return row
		}
	}
	return rows["*"]
}
