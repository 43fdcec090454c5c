package behaviour

import (
	"fmt"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// Bad input from Huawei: answers that are empty, huge, cut short, no JSON, or lying about their types. None is an
// identity, and none is remembered.

var badInfo = []string{
	"empty", "html", "gzip", "huge", "truncated", "nested", "array", "string", "null", "error", "noopenid", "emptyopenid", "numberopenid",
	"nullopenid", "objectopenid", "crlfopenid", "nulopenid", "emojiopenid", "spaceopenid", "longopenid", "crlfphone", "crlfunion",
	"numberphone", "numberunion", "trailing",
}

var badTokenInfo = []string{
	"empty", "html", "gzip", "huge", "truncated", "nested", "array", "error", "noclient", "notype", "stringtype", "noexpire", "objectclient",
}

func badAnswerRows() []row {
	var rows []row
	for _, shape := range badInfo {
		token := "{body/" + shape + "}"
		rows = append(rows, row{
			name: fmt.Sprintf("getInfo's answer %s is no identity", shape),
			steps: []step{
				{bearer(token, forged...), refuses(502, "huawei_malformed").asking(1)},
				{bearer(token), refuses(502, "huawei_malformed").asking(1)},
			},
		})
	}
	for _, shape := range badTokenInfo {
		token := "{tinfo/body/" + shape + "}"
		rows = append(rows, row{
			name:   fmt.Sprintf("getTokenInfo's answer %s opens nothing", shape),
			config: ourApp,
			steps: []step{
				{bearer(token, forged...), refuses(502, "huawei_malformed").askingTokenInfo(1)},
				{bearer(token), refuses(502, "huawei_malformed").askingTokenInfo(1)},
			},
		})
	}
	for _, kind := range []string{"garbage", "empty", "truncated", "oversize", "html", "gzip", "nested"} {
		rows = append(rows, row{
			name:   fmt.Sprintf("an outage of the kind %s is no identity, and over when it is over", kind),
			faults: []huaweisim.Fault{{Kind: kind, Count: 1}},
			steps: []step{
				{bearer("{mainland}"), refuses(502, "huawei_malformed").asking(1)},
				{bearer("{mainland}"), forwards("{mainland}").asking(1)},
			},
		})
	}
	return append(rows,
		row{
			name:   "the log tells an HTML page from an answer",
			steps:  []step{{bearer("{body/html}"), refuses(502, "huawei_malformed").asking(1)}},
			script: logging("getInfo: HTTP 200, the body is an HTML page"),
		},
		row{
			name:   "the log tells compression that nobody asked for",
			config: ourApp,
			steps:  []step{{bearer("{tinfo/body/gzip}"), refuses(502, "huawei_malformed").askingTokenInfo(1)}},
			script: logging("getTokenInfo: HTTP 200, the body is compressed (gzip), although nobody asked for that"),
		},
		row{
			name:   "the log names the app that a foreign token was issued to",
			config: ourApp,
			steps:  []step{{bearer("{foreign}"), refuses(401, "token_foreign").askingTokenInfo(1)}},
			script: logging("getTokenInfo: the token was issued to app " + huaweisim.ForeignClientID),
		},
		row{
			name:  "members that differ in case from the documented ones are others",
			steps: []step{{bearer("{body/dupes}"), forwards("{body/dupes}").asking(1)}},
		},
		row{
			name:   "members of getTokenInfo that differ in case from the documented ones are others",
			config: ourApp,
			steps:  []step{{bearer("{tinfo/body/othercase}"), forwards("{tinfo/body/othercase}").askingTokenInfo(1).asking(1)}},
		},
		row{
			name:   "a client ID is what it stands for, however it is written",
			config: ourApp,
			steps:  []step{{bearer("{tinfo/body/escapedclient}"), forwards("{tinfo/body/escapedclient}").askingTokenInfo(1).asking(1)}},
		},
		row{
			name:  "JSON that calls itself text is JSON",
			steps: []step{{bearer("{body/textplain}"), forwards("{body/textplain}").asking(1)}},
		},
	)
}
