package huaweiid

import (
	"context"
	"encoding/json"
	"math/rand"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The client of Huawei Account Kit: GOpen.User.getInfo tells who a token's user is, getTokenInfo whom it was issued to.

// version is part of the User-Agent that Huawei sees.
const version = "0.1.0"

// retryPause is the mean pause before a first retry; it doubles with each further one.
const retryPause = 50 * time.Millisecond

// verdict is what a lookup found out: an identity, or the outcome that stands in its way.
type verdict struct {
	identity    *identity
	outcome     *outcome
	life        time.Duration // what was left of the token's own life; 0 = Huawei did not say, or longer than any answer counts
	retryAfter  time.Duration // how long Huawei wants to be left alone; 0 = it did not say
	unconnected bool          // not even a connection could be made
	cause       string        // for the log: what went wrong, without anything secret
}

// failed returns the verdict that there is no answer, or none to use.
func failed(when, cause string) *verdict {
	return &verdict{outcome: outcomeByWhen[when], cause: cause}
}

// client asks Huawei. Its connections are pooled and shared.
type client struct {
	getInfoURL   string
	tokenInfoURL string
	clientIDs    map[string]bool // none = any app's token
	wantsPhone   bool            // which getInfo alone tells
	header       http.Header     // of every call, since a transport only reads it
	timeout      time.Duration   // of one lookup, retries included
	retries      int
	pool         *pool
	metrics      *metrics
	transport    http.RoundTripper   // nil = the pool's, but in tests
	sleep        func(time.Duration) // time.Sleep but in tests
}

func newClient(s upstreamSettings) *client {
	c := &client{
		getInfoURL:   s.huawei.getInfoURL,
		tokenInfoURL: s.huawei.tokenInfoURL,
		clientIDs:    map[string]bool{},
		wantsPhone:   s.wantsPhone,
		header: http.Header{
			"Accept":       {"application/json"},
			"Content-Type": {"application/x-www-form-urlencoded"},
			"User-Agent":   {"huaweiid/" + version},
		},
		timeout: s.huawei.timeout,
		retries: s.huawei.retries,
		pool:    newPool(s),
		metrics: processMetrics,
		sleep:   time.Sleep,
	}
	for _, id := range s.audience.clientIDs {
		c.clientIDs[id] = true
	}
	return c
}

// lookup is one token's, with all its calls.
type lookup struct {
	ctx       context.Context // ends with the time for all calls; knows when one has a connection
	form      string          // has the token
	connected bool            // the last call had a connection
}

// lookUp finds out whom a token stands for. It returns within the client's timeout.
func lookUp(c *client, token string) *verdict {
	ctx, cancel := context.WithTimeout(context.Background(), c.timeout)
	defer cancel()
	l := &lookup{form: "access_token=" + url.QueryEscape(token)}
	l.ctx = watchConnections(ctx, l)
	v := ask(c, l)
	if v.outcome != nil && v.outcome.retried {
		return askAgain(c, l, v)
	}
	return v
}

// askAgain retries what drew v, as often and as long as the client may.
func askAgain(c *client, l *lookup, v *verdict) *verdict {
	for attempt := 0; attempt < c.retries && v.outcome != nil && v.outcome.retried && v.retryAfter == 0; attempt++ {
		pause := jittered(retryPause << attempt)
		deadline, _ := l.ctx.Deadline()
		if time.Until(deadline) <= pause {
			break
		}
		c.sleep(pause)
		again := ask(c, l)
		if !v.unconnected {
			again = late(again)
		}
		v = again
	}
	return v
}

// late is the verdict on a call that came after another. How much time it had to connect follows from what the token drew before, so
// that too little of it tells nothing of Huawei.
func late(v *verdict) *verdict {
	if v.outcome != nil && v.outcome.code == codeTimeout {
		v.unconnected = false
	}
	return v
}

// jittered returns d give or take a half, so that those who failed together do not come back together.
func jittered(d time.Duration) time.Duration {
	return d/2 + time.Duration(rand.Int63n(int64(d)))
}

// ask makes one attempt. getInfo answers for any Huawei app's token and does not say which app's, so where only some apps'
// tokens are accepted, getTokenInfo is asked first. Where no phone is wanted, it has said everything then.
func ask(c *client, l *lookup) *verdict {
	if len(c.clientIDs) == 0 {
		return timedInfo(c, l)
	}
	begun := time.Now()
	info, failure := getTokenInfo(c, l)
	countCall(c.metrics, apiTokenInfo, failure, time.Since(begun))
	if failure != nil {
		return failure
	}
	v := identifyAs(c, l, info)
	if life := *info.ExpireIn; life < longestUse {
		v.life = time.Duration(life) * time.Second
	}
	return v
}

// identifyAs finds out who the user is that a token was issued to.
func identifyAs(c *client, l *lookup, info *tokenInfo) *verdict {
	if !c.wantsPhone {
		return identified(apiTokenInfo, newIdentity(info.OpenID, info.UnionID, "", "", ""))
	}
	v := timedInfo(c, l)
	if v.identity == nil {
		return late(v)
	}
	// One comparison for what nearly always is so: no ID has a space.
	if info.OpenID+" "+info.UnionID != v.identity.openID+" "+v.identity.unionID {
		if !same(info.OpenID, v.identity.openID) || !same(info.UnionID, v.identity.unionID) {
			return failed(whenForeign, "getTokenInfo and getInfo name different users")
		}
	}
	return v
}

// longestUse is for how long what Huawei says can count at most, in seconds, from when it says so. A token that lives longer
// bounds nothing, and a life that no time.Duration holds is longer.
const longestUse = int64((maxTimeout + maxTTL + maxStaleIfError) / time.Second)

// same tells whether two answers agree about an ID. One that does not name it agrees with any.
func same(a, b string) bool { return a == "" || b == "" || a == b }

// timedInfo is getInfo, counted.
func timedInfo(c *client, l *lookup) *verdict {
	begun := time.Now()
	v := getInfo(c, l)
	countCall(c.metrics, apiGetInfo, v, time.Since(begun))
	return v
}

// getInfo calls GOpen.User.getInfo.
func getInfo(c *client, l *lookup) *verdict {
	resp, body, failure := post(c, l, apiGetInfo, c.getInfoURL, l.form)
	if failure != nil {
		return failure
	}
	var user userInfo
	if json.Unmarshal(body, &user) != nil || user.Error != nil {
		return unreadable(apiGetInfo, resp, body, "a member is no string")
	}
	return identified(apiGetInfo, newIdentity(user.OpenID, user.UnionID, user.MobileNumber, user.PhoneCountryCode, user.PurePhoneNumber))
}

// identified is the verdict on an answer that names a user; nil is one that no header can carry.
func identified(api string, id *identity) *verdict {
	if id == nil {
		return malformed(api, "the OpenID is missing, or a member is too long or not visible ASCII")
	}
	return &verdict{identity: id}
}

// getTokenInfo calls huawei.oauth2.user.getTokenInfo and checks that the token is a user's, one of our apps', and alive.
func getTokenInfo(c *client, l *lookup) (*tokenInfo, *verdict) {
	resp, body, failure := post(c, l, apiTokenInfo, c.tokenInfoURL, l.form+"&open_id=OPENID")
	if failure != nil {
		return nil, failure
	}
	info := &tokenInfo{}
	if json.Unmarshal(body, info) != nil || info.Error != nil || info.Type == nil || info.ExpireIn == nil {
		return nil, unreadable(apiTokenInfo, resp, body, "type or expire_in is missing, or a member has the wrong type")
	}
	clientID, ok := clientIDOf(info)
	if ok && *info.Type == 0 && c.clientIDs[clientID] && *info.ExpireIn > 0 {
		return info, nil
	}
	if !ok {
		return nil, malformed(apiTokenInfo, "client_id is missing, or neither a string nor a number")
	}
	return nil, unacceptable(c, info, clientID)
}

// unacceptable is the verdict on a token that is not a user's, ours and alive.
func unacceptable(c *client, info *tokenInfo, clientID string) *verdict {
	if *info.Type != 0 {
		return failed(whenForeign, apiTokenInfo+": the token is no user's, but that of "+appOf(clientID)+" itself")
	}
	if !c.clientIDs[clientID] {
		return failed(whenForeign, apiTokenInfo+": the token was issued to "+appOf(clientID))
	}
	return failed(whenExpired, apiTokenInfo+": the token has expired")
}

// appOf names an app by its client ID, which is no secret. Whatever else an answer has in its place may be one.
func appOf(clientID string) string {
	if len(clientID) > maxClientID || strings.Trim(clientID, digits) != "" {
		return "an app whose client_id is no client ID"
	}
	return "app " + clientID
}
