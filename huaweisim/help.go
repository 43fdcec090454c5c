package huaweisim

import (
	"fmt"
	"strings"
)

// Help is the text of GET /sim/: the paths, the kinds of tokens and of faults.
func Help() string {
	var b strings.Builder
	fmt.Fprintf(&b, `Simulator of Huawei Account Kit (getInfo, getTokenInfo).

  POST %s
  POST %s
       form: access_token=TOKEN, URL-encoded (getTokenInfo also: open_id=OPENID)
  POST /sim/faults         one fault or an array in JSON; [] for none
  GET  /sim/stats          counts; ?token=TOKEN for one token
  POST /sim/reset          counts to zero (also DELETE /sim/stats)
  POST /sim/revoke         form: token=TOKEN; with receiver=URL, an event follows
  POST /sim/events         an account event in JSON, see below
  GET  /sim/               this text
  GET  %s

Tokens: KIND, KIND/ANYTHING or KIND/ARG/ANYTHING. Every token is a user of its
own: mainland/1, mainland/2, … Any other token is NSP_STATUS 6. Tokens are those
of app %s, if nothing else is said.

`, GetInfoPath, TokenInfoPath, EventConfigPath, ClientID)
	for _, k := range kinds {
		form := k.name
		if k.arg != "" {
			form += "/" + k.arg
		}
		fmt.Fprintf(&b, "  %-21s %s\n", form, k.says)
	}
	fmt.Fprintf(&b, `
Faults: {"api":"getInfo","kind":KIND,"rate":0.5,"count":10}, where api, rate and
count may be left out, with "latency":"200ms", "status":503, "nsp":"503" or
"retryAfter":"7" where the kind has a use for it. Kinds:
  %s

Events: {"receiver":URL,"type":TYPE,"token":TOKEN,"fault":FAULT}, where type is
%s, %s, %s or unknown; openID, unionID, jti and
alg (RS256, PS256, ES256) may be there, too. Faults of the delivery:
  %s
`, faultKinds(), TokensRevoked, AccountPurged, PhoneModified, strings.Join(EventFaults(), ", "))
	return b.String()
}
