package behaviour

// Options as users write them reach the plugin as they mean them, through every host's decoding.

func optionRows() []row {
	return []row{
		{
			name: "an empty configuration enforces",
			steps: []step{
				{get(forged...), refuses(401, "token_missing")},
				{bearer("{mainland}", forged...), forwards("{mainland}").asking(1)},
			},
		},
		{
			name:   "options are found whatever their case",
			config: "MODE: optional\nHeaders: {OPENID: X-Who, unionid: \"\"}",
			steps: []step{
				{get(), anonymous()},
				{bearer("{mainland}"), forwards("{mainland}").asking(1).
					telling(told{"X-User-OpenID": nil, "X-User-UnionID": nil, "X-Who": openID})},
			},
		},
		{
			name: "switches and numbers may be text",
			config: `
allowPreflight: "true"
huawei: {retries: "0", maxConcurrent: "2", timeout: "2"}
cache: {ttl: "60", maxEntries: "8"}`,
			steps: []step{
				{preflight(), anonymous()},
				{bearer("{http/502}"), refuses(502, "huawei_unavailable").asking(1)},
				{bearer("{mainland}"), forwards("{mainland}").asking(1)},
				{bearer("{mainland}"), forwards("{mainland}")},
			},
		},
		{
			name:   "a duration without a unit is seconds",
			config: "huawei: {timeout: 1}\ncache: {ttl: 40}\ndebugHeader: true",
			steps: []step{
				{bearer("{slow/100ms}"), forwards("{slow/100ms}").asking(1).cached(`huaweiid; fwd=\S+.*`)},
				{bearer("{slow/100ms}"), forwards("{slow/100ms}").cached(`huaweiid; hit; ttl=3\d`)},
			},
		},
	}
}
