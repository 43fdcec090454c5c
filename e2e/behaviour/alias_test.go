package behaviour

import "fmt"

// Aliases: names that CGI, WSGI, PHP and others read as a protected one.

// separators are what a field name may have beside letters and digits (RFC 9110 §5.6.2), but for the hyphen.
const separators = "!#$%&'*+.^_`|~"

// aliasedNames are split where their hyphens stand.
var aliasedNames = [][3]string{{"X", "User", "OpenID"}, {"X", "User", "UnionID"}, {"X", "User", "Phone"}}

func aliasRows() []row {
	var rows []row
	for _, parts := range aliasedNames {
		for _, separator := range separators {
			s := string(separator)
			for _, alias := range []string{
				parts[0] + s + parts[1] + "-" + parts[2],
				parts[0] + "-" + parts[1] + s + parts[2],
				parts[0] + s + parts[1] + s + parts[2],
			} {
				rows = append(rows, row{
					name:  fmt.Sprintf("%q is a forged header", alias),
					steps: missAndHit(bearer("{warning}", alias+": forged"), forwards("{warning}")),
				})
			}
		}
	}
	for _, alias := range []string{
		"x_user_openid", "X_USER_OPENID", "X_user-OPENid", "x.user.unionid", "X.USER.UNIONID", "X~uSeR~UnIoNiD",
		"x'user`phone", "X|USER|PHONE", "x^User!pHONE",
	} {
		rows = append(rows, row{
			name:  fmt.Sprintf("%q is a forged header, for all its case", alias),
			steps: missAndHit(bearer("{warning}", alias+": forged"), forwards("{warning}")),
		})
	}

	var all []string
	for i, separator := range separators {
		parts := aliasedNames[i%len(aliasedNames)]
		all = append(all, fmt.Sprintf("%s%c%s%c%s: forged", parts[0], separator, parts[1], '_', parts[2]))
	}
	return append(rows,
		row{
			name:  "many aliases at once all go",
			steps: missAndHit(bearer("{warning}", append(all, forged...)...), forwards("{warning}")),
		},
		row{
			name:   "aliases go from requests without a token too",
			config: "mode: optional",
			steps:  []step{{get(append(all, forged...)...), anonymous()}},
		},
		row{
			name:   "aliases go from preflights too",
			config: "allowPreflight: true",
			steps:  []step{{preflight(append(all, forged...)...), anonymous()}},
		},
		row{
			name: "a name that is no field name is refused by the server in front",
			steps: []step{
				{bearer("{mainland}", "X User OpenID: forged"), serverRefuses()},
				{bearer("{mainland}", "X-User-OpenID : forged"), serverRefuses()},
				{bearer("{mainland}", "X-User-\xc3\x96penID: forged"), serverRefuses()},
			},
		},
	)
}
