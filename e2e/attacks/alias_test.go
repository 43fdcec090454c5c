package attacks

import (
	"fmt"
	"strings"
)

// aliasNames are names that a stack cannot tell from an identity header's.
var aliasNames = class{
	name: "alias names",
	advisories: "CVE-2025-64484 CVE-2026-39858 CVE-2026-54763 CVE-2026-88011 (CVE-2026-88879) CVE-2026-52845 " +
		"GHSA-vjrc-mh2v-45x6 GHSA-5m6w-wvh7-57vm GHSA-x677-9fxg-v5c5 GHSA-rf44-j88r-hh8c GHSA-f59h-q822-g45g",
	run: func(c *cases) {
		for _, to := range c.everyStack("plain") {
			if to.missing != "" {
				c.skip(to.name, to.missing)
				continue
			}
			// With an identity to set, and without: then nothing overwrites what was not stripped.
			whole, bare := token("mainland"), token("warning")
			for _, name := range protectedNames {
				for _, separator := range separators {
					aliases := aliasesOf(name, separator)
					lines := forge(aliases)
					c.send(fmt.Sprintf("%s: %s with %q first", to.name, name, separator),
						request{to: to.name, lines: append(lines, bearer(whole))}, user(whole))
					c.send(fmt.Sprintf("%s: %s with %q first, nothing to set", to.name, name, separator),
						request{to: to.name, lines: append(lines, bearer(bare))}, user(bare))
				}
			}
		}
		for _, name := range []string{"X_Subscriber_Id", "x.legacy.phone", "X-Legacy-Phone", "X+SUBSCRIBER~ID", "x-subscriber-id"} {
			t := token("warning")
			want := want{identity: identity{subscriberVariable: user(t).identity[openIDVariable]}}
			c.send("configured name as "+name, request{to: "renamed", lines: []string{
				name + ": forged", "X-User-OpenID: forged", "X_User.Phone: forged", "X-Access-Token: " + t,
			}}, want)
		}
	},
}

// protectedNames are those of a default configuration.
var protectedNames = []string{"X-User-OpenID", "X-User-UnionID", "X-User-Phone"}

// separators are all characters of a header name that are neither letter nor digit: RFC 9110 §5.6.2.
var separators = strings.Split("!#$%&'*+-.^_`|~", "")

// spellings of a name's letters; names are the same to HTTP in all of them.
var casings = []func(string) string{strings.ToLower, strings.ToUpper, func(s string) string { return s }}

// aliasesOf returns the names that have the separator for the first hyphen and any for the second, in every casing. The
// name itself is among them: a client that sends it forges as well.
func aliasesOf(name, separator string) []string {
	parts := strings.Split(name, "-")
	var all []string
	for _, second := range separators {
		for _, casing := range casings {
			all = append(all, casing(parts[0]+separator+parts[1]+second+parts[2]))
		}
	}
	return all
}

// forge returns a forged line for every name.
func forge(names []string) []string {
	var lines []string
	for i, name := range names {
		lines = append(lines, fmt.Sprintf("%s: forged-%d", name, i))
	}
	return lines
}

// place is where the same route ends at a stack.
type place struct {
	name    string
	missing string
}

// everyStack returns a route's hosts, that of the strict backend first.
func (b *bed) everyStack(route string) []place {
	places := []place{{name: route}}
	for _, stack := range b.stacks {
		places = append(places, place{route + "." + stack.name, stack.missing})
	}
	return places
}

// nearNames are names that only look like one: they are none of the plugin's business, and stay.
var nearNames = class{
	name:       "names longer or shorter by one",
	advisories: "the other side of the class above: GHSA-rf44-j88r-hh8c",
	run: func(c *cases) {
		t := token("warning")
		for _, name := range []string{
			"X-User-OpenI", "X-User-OpenIDs", "XX-User-OpenID", "-X-User-OpenID", "X-User-OpenID-", "X--User-OpenID",
			"X-User-Open-ID", "XUser-OpenID", "X-User-Phon", "X-User-Phones", "X-User-UnionI", "X-User-UnionID1",
			"User-Phone", "X-Users-Phone", "X_User_Phone_", "X-User",
		} {
			a := c.send(name+" leaves the identity alone", request{to: "plain", lines: []string{name + ": kept", bearer(t)}}, user(t))
			c.check(name+" stays", kept(a, name))
		}
	},
}

func kept(a answer, name string) error {
	if a.seen == nil {
		return fmt.Errorf("the answer is %s", a)
	}
	if got := a.seen.Env[fold(name)]; got != "kept" {
		return fmt.Errorf("the application sees %q", got)
	}
	return nil
}
