package traffic

import (
	"fmt"
	"strings"
	"time"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// StatusHeader is the name under headers.status in the options of the routes that clients of this package ask.
const StatusHeader = "X-Identity-Status"

// Answer is what came back for one request.
type Answer struct {
	Token string
	Start time.Time
	Took  time.Duration
	Err   error // no answer, or one that nobody can read

	Status      int
	CacheStatus string // the Cache-Status header

	// Of a 200: what the backend saw.
	Identity string // value of StatusHeader
	Crossed  error  // the identity headers are not those of the token's user

	// Of a refusal.
	Code       string
	Instance   string
	RetryAfter string
}

// OK says whether the request was forwarded.
func (a Answer) OK() bool { return a.Status == 200 }

// Stale says whether it was forwarded with an older good answer.
func (a Answer) Stale() bool { return a.OK() && a.Identity == "stale" }

// End is when the answer was there.
func (a Answer) End() time.Time { return a.Start.Add(a.Took) }

// Wrong tells what no state of Huawei and no load excuses: no answer at all, another user's identity, an identity for a
// token that has none, a refusal that does not say why.
func (a Answer) Wrong() error {
	_, identified := huaweisim.UserOf(a.Token)
	switch {
	case a.Err != nil:
		return fmt.Errorf("%s: %w", a.Token, a.Err)
	case a.OK() && !identified:
		return fmt.Errorf("%s: forwarded, although no user has this token", a.Token)
	case a.Crossed != nil:
		return fmt.Errorf("%s: %w", a.Token, a.Crossed)
	case !a.OK() && a.Code == "":
		return fmt.Errorf("%s: refused with %d and without a code", a.Token, a.Status)
	case !a.OK() && !strings.HasPrefix(a.Instance, "urn:huaweiid:"):
		return fmt.Errorf("%s: refused with %d %s and without the token's fingerprint", a.Token, a.Status, a.Code)
	case a.Status == 503 && a.RetryAfter == "":
		return fmt.Errorf("%s: refused with 503 %s and without Retry-After", a.Token, a.Code)
	}
	return nil
}

// String is for messages about the answer.
func (a Answer) String() string {
	if a.Err != nil {
		return fmt.Sprintf("%s: %v after %v", a.Token, a.Err, a.Took.Round(time.Millisecond))
	}
	return fmt.Sprintf("%s: %d %s%s after %v", a.Token, a.Status, a.Code, a.Identity, a.Took.Round(time.Millisecond))
}
