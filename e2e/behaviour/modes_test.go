package behaviour

import (
	"fmt"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// The three modes.

// status adds the header that says how a request came through.
const (
	statusHeader = "X-Identity-Status"
	withStatus   = "headers: {status: " + statusHeader + "}\n"
)

func status(value string) told { return told{statusHeader: says(value)} }

func modeRows() []row {
	rows := []row{
		{
			name:   "the status header says verified, from Huawei and from the cache",
			config: withStatus,
			steps: []step{
				{bearer("{mainland}", statusHeader+": forged"), forwards("{mainland}").telling(status("verified")).asking(1)},
				{bearer("{mainland}", statusHeader+": forged"), forwards("{mainland}").telling(status("verified"))},
			},
		},
		{
			name:   "the status header says anonymous for a preflight",
			config: withStatus + "allowPreflight: true",
			steps:  []step{{preflight(statusHeader + ": verified"), anonymous().telling(status("anonymous"))}},
		},
		{
			name:   "optional: no token passes as nobody",
			config: withStatus + "mode: optional",
			steps: []step{
				{get(statusHeader + ": verified"), anonymous().telling(status("anonymous"))},
				{get("Authorization: Basic dXNlcjpwYXNz"), anonymous().telling(status("anonymous"))},
			},
		},
		{
			name:   "optional: without a status header nothing tells of nobody",
			config: "mode: optional",
			steps:  []step{{get("X-User-OpenID: forged", "X-User-UnionID: forged", "X-User-Phone: forged"), anonymous()}},
		},
		{
			name:   "optional: a good token is enriched",
			config: withStatus + "mode: optional",
			steps:  []step{{bearer("{mainland}"), forwards("{mainland}").telling(status("verified")).asking(1)}},
		},
		{
			name:   "optional: a bad token is refused all the same",
			config: "mode: optional\nphone: {require: true}",
			steps: []step{
				{bearer("{invalid}"), refuses(401, "token_invalid").asking(1)},
				{bearer("{nsp/403}"), refuses(403, "permission_denied").asking(1)},
				{bearer("{nophone}"), refuses(403, "phone_required").asking(1)},
				{bearer("{body/html}"), refuses(502, "huawei_malformed").asking(1)},
				{bearer("a b"), refuses(401, "token_invalid")},
				{bearer("{mainland#1}", "Authorization: Bearer {mainland#2}"), refuses(400, "token_repeated")},
			},
		},
		{
			name:   "report: a good token is pending, then enriched",
			config: withStatus + "mode: report",
			script: pendingThen(bearer("{mainland}"), 1, 0, forwards("{mainland}").telling(status("verified"))),
		},
		{
			name:   "report: without a status header nothing tells of a refusal",
			config: "mode: report",
			steps:  []step{{bearer("{invalid}", "X-User-OpenID: forged"), anonymous().askingBeside(1, 0)}},
		},
		{
			name:   "report: nobody waits for a Huawei that does not answer",
			config: withStatus + "mode: report",
			steps: []step{
				{bearer("{slow/1m}"), anonymous().telling(status("pending")).askingBeside(1, 0)},
				{bearer("{slow/1m}"), anonymous().telling(status("pending"))},
			},
		},
		{
			name:   "report: HEAD and bodies pass as well",
			config: withStatus + "mode: report",
			steps: []step{
				{get().as("HEAD"), anonymous().telling(status("token_missing"))},
				{bearer("{invalid}").as("POST").inChunks("a body whose length nobody told"),
					anonymous().telling(status("pending")).askingBeside(1, 0)},
			},
		},
	}
	for _, r := range reported {
		lines := []string{"X-User-OpenID: forged", "x_user_phone: forged", statusHeader + ": verified"}
		if r.token != "" {
			lines = append(lines, "Authorization: Bearer "+r.token)
		}
		if r.more != "" {
			lines = append(lines, r.more)
		}
		named := row{
			name:   fmt.Sprintf("report: %s goes through without an identity", r.because),
			config: withStatus + "mode: report\n" + r.config,
			faults: r.faults,
		}
		switch {
		case r.calls+r.infoCalls == 0:
			named.steps = []step{{get(lines...), anonymous().telling(status(r.code))}}
		case r.remembered:
			named.script = pendingThen(get(lines...), r.calls, r.infoCalls, anonymous().telling(status(r.code)))
		default:
			named.steps = []step{{get(lines...), anonymous().telling(status("pending")).askingBeside(r.calls, r.infoCalls)}}
		}
		rows = append(rows, named)
	}
	return rows
}

// reported has a request for every code that refuses.
var reported = []struct {
	because, code    string
	token            string // nothing = no token
	more             string // a second header
	config           string
	faults           []huaweisim.Fault
	calls, infoCalls int
	remembered       bool // so that the next request has the verdict
}{
	{because: "no token", code: "token_missing"},
	{because: "a repeated token", code: "token_repeated", token: "{mainland#1}", more: "Authorization: Bearer {mainland#2}"},
	{because: "a token that cannot be one", code: "token_invalid", token: "a b"},
	{because: "a bad token", code: "token_invalid", token: "{expired}", calls: 1, remembered: true},
	{because: "another app's token", code: "token_foreign", token: "{foreign}", config: ourApp, infoCalls: 1, remembered: true},
	{because: "an NSP_STATUS 403", code: "permission_denied", token: "{forbidden}", calls: 1, remembered: true},
	{because: "an HTTP 403", code: "permission_denied", token: "{http/403}", calls: 1},
	{because: "a user without phone", code: "phone_required", token: "{nophone}", config: "phone: {require: true}", calls: 1, remembered: true},
	{because: "a throttled lookup", code: "huawei_throttled", token: "{nsp/503}", calls: 1},
	{because: "an unavailable Huawei", code: "huawei_unavailable", token: "{nsp/500}", calls: 1},
	{because: "a reset connection", code: "huawei_unavailable", token: "{mainland}", faults: []huaweisim.Fault{{Kind: "reset"}}, calls: 2},
	{because: "a time-out", code: "huawei_timeout", token: "{slow/1m}", config: "huawei: {timeout: 200ms}", calls: 1},
	{because: "a wrong URL", code: "huawei_misconfigured", token: "{http/404}", calls: 1},
	{because: "an answer that is none", code: "huawei_malformed", token: "{body/html}", calls: 1},
}
