package huaweisim

// getInfoMembers are the members of a healthy answer of getInfo. All of them are
// strings, but for the few numbers that the kinds add.
func (s subject) getInfoMembers() members {
	m := userMembers(s.user)
	if s.kind.extra != nil {
		m = m.with(s.kind.extra(s.user))
	}
	return m
}

func userMembers(u User) members {
	m := members{}
	for name, value := range map[string]string{
		"openID":           u.OpenID,
		"unionID":          u.UnionID,
		"mobileNumber":     u.MobileNumber,
		"purePhoneNumber":  u.PurePhoneNumber,
		"phoneCountryCode": u.PhoneCountryCode,
	} {
		if value != "" {
			m[name] = value
		}
	}
	return m
}

func profileMembers(User) members {
	return members{
		"displayName":     "华为用户 ünï",
		"displayNameFlag": 0,
		"headPictureURL":  "https://example.com/avatar.jpg",
	}
}

func quickLoginMembers(u User) members {
	return members{"loginMobileNumber": u.PurePhoneNumber, "loginMobileValid": 1}
}

func warningMembers(User) members {
	return members{"warning": "xxx site doesn't support quick login, see the guide for details"}
}

// unknownMembers are the older members of the call, and some that never were.
func unknownMembers(User) members {
	return members{
		"email":           "user@example.com",
		"srvNationalCode": "CN",
		"birthDate":       "20000101",
		"ageGroupFlag":    2,
		"gender":          -1,
		"siteID":          1,
		"languageCode":    "zh-CN",
		"quota":           1.5e300,
		"verified":        true,
		"nothing":         nil,
		"":                "nameless",
		"open_id":         "not-the-openID",
		"extension":       members{"openID": "nested-openID", "levels": members{"deeper": []int{1, 2, 3}}},
		"devices":         []members{{"mobileNumber": "0"}, {"mobileNumber": "1"}},
	}
}
