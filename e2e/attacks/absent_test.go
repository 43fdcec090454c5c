package attacks

// absentMembers are identity headers that the plugin has nothing to set for: a client's must not stay in their place.
var absentMembers = class{
	name: "absent members",
	advisories: "CVE-2026-30851 CVE-2026-39998 CVE-2026-31908 CVE-2017-6413 CVE-2017-6062 CVE-2026-25748 " +
		"GHSA-7r4p-vjf4-gxv4",
	run: func(c *cases) {
		for _, to := range c.everyStack("plain") {
			if to.missing != "" {
				c.skip(to.name, to.missing)
				continue
			}
			for _, kind := range []string{"nophone", "profile", "quicklogin", "nounion", "warning"} {
				for _, method := range []string{"GET", "POST", "DELETE", "OPTIONS", "PROPFIND"} {
					if to.name == "plain.php" && method == "PROPFIND" {
						continue // PHP's server takes it for WebDAV
					}
					t := token(kind)
					lines := append(forgery(), bearer(t), "x_user_phone: forged", "X.User-UnionID: forged", "Content-Length: 0")
					// Twice: the answer comes from Huawei, then from the cache.
					c.send(to.name+": "+kind+", "+method, request{to: to.name, method: method, lines: lines}, user(t))
					c.send(to.name+": "+kind+" again, "+method, request{to: to.name, method: method, lines: lines}, user(t))
				}
			}
		}

		t := token("nocc")
		want := user(t)
		delete(want.identity, phoneVariable)
		c.send("a number that cannot be written as e164", request{to: "e164", lines: append(forgery(), bearer(t))}, want)
		t = token("nophone")
		for _, when := range []string{"", ", again"} {
			c.send("a forged number where one is required"+when, request{to: "requiring", lines: append(forgery(), bearer(t))}, refused("phone_required"))
		}
	},
}
