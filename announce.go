package huaweiid

import (
	"encoding/hex"
	"log/slog"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// The line at start: what an instance enforces, and what it leaves open.

// announce says what is enforced, and warns of what is left open. It is for settings that the middleware did not have before,
// so that the log's last such line is what holds.
func (l *logger) announce(s *settings) {
	l.say(slog.LevelInfo, "ready: "+s.describe())
	if s.events.path != "" && len(s.upstream.redis.address) == 0 {
		l.say(slog.LevelInfo, "account events reach this Traefik only: where several serve the same users, set redis.address, "+
			"so that the others hear of them")
	}
	if len(s.upstream.audience.clientIDs) == 0 {
		l.say(slog.LevelWarn, "audience.clientIDs is not set: the token of ANY Huawei app is accepted, so the "+
			"owner of another app can act here as that app's users; list your own apps' client IDs")
	}
}

// describe says what is enforced, in words, and then which other options are not at their defaults. It has no secrets.
func (s *settings) describe() string {
	text := s.sentence()
	standard, err := CreateConfig().check()
	if err != nil {
		return text
	}
	if also := differences(reflect.ValueOf(s).Elem(), reflect.ValueOf(standard).Elem(), ""); len(also) > 0 {
		text += "; also set: " + strings.Join(also, ", ")
	}
	return text
}

// saidInWords are the options, and groups of options, that sentence is about. All others are named if they are set.
var saidInWords = map[string]bool{
	"mode": true, "token.header": true, "token.scheme": true, "token.cookie": true, "token.query": true, "headers": true,
	"phone.require": true, "cache.ttl": true, "cache.staleIfError": true, "huawei.timeout": true,
	"wantsPhone": true, // follows from others
}

func (s *settings) sentence() string {
	parts := []string{"mode " + s.mode, "token from " + s.token.describe(), s.headers.describe()}
	if s.phone.require {
		parts = append(parts, "phone required")
	}
	if n := len(s.upstream.audience.clientIDs); n > 0 {
		parts = append(parts, "tokens of "+strconv.Itoa(n)+" app(s)")
	} else {
		parts = append(parts, "tokens of any app")
	}
	if ttl := s.upstream.cache.ttl; ttl > 0 {
		parts = append(parts, "answers kept "+ttl.String()+" and "+s.upstream.cache.staleIfError.String()+" past that while Huawei fails")
	} else {
		parts = append(parts, "answers not kept")
	}
	parts = append(parts, "lookups within "+s.upstream.huawei.timeout.String())
	return strings.Join(parts, "; ")
}

// describe names the sources in their order.
func (s tokenSettings) describe() string {
	var sources []string
	if s.header != "" {
		sources = append(sources, strings.TrimSpace("header "+s.header+" "+s.scheme))
	}
	if s.cookie != "" {
		sources = append(sources, "cookie "+s.cookie)
	}
	if s.query != "" {
		sources = append(sources, "query "+s.query)
	}
	return strings.Join(sources, ", then ")
}

func (s headerSettings) describe() string {
	var parts []string
	for _, header := range injected(identityHeaders(s)) {
		parts = append(parts, header.option+" in "+header.name)
	}
	if len(parts) == 0 {
		return "no identity headers"
	}
	return strings.Join(parts, ", ")
}

var (
	secretType   = reflect.TypeOf(secret{})
	durationType = reflect.TypeOf(time.Duration(0))
	levelType    = reflect.TypeOf(slog.LevelInfo)
)

// differences writes the settings of a group that are not the standard ones, as path=value, but those that are said in words.
func differences(group, standard reflect.Value, prefix string) []string {
	var found []string
	for i := 0; i < group.NumField(); i++ {
		// The interpreter writes an X before the names of unexported fields.
		path := prefix + strings.TrimPrefix(group.Type().Field(i).Name, "X")
		value, other := group.Field(i), standard.Field(i)
		switch {
		case saidInWords[path] || sameSetting(value, other):
		case path == "upstream":
			found = append(found, differences(value, other, "")...)
		case value.Type() == secretType:
			found = append(found, path+" (not shown)")
		case value.Kind() == reflect.Struct:
			found = append(found, differences(value, other, path+".")...)
		default:
			found = append(found, path+"="+settingText(value))
		}
	}
	return found
}

// sameSetting compares all but groups, which are looked into.
func sameSetting(a, b reflect.Value) bool {
	switch {
	case a.Type() == secretType:
		return a.Field(0).Equal(b.Field(0))
	case a.Kind() == reflect.Struct:
		return false
	case a.Kind() != reflect.Slice:
		return a.Equal(b)
	case a.Len() != b.Len():
		return false
	}
	for i := 0; i < a.Len(); i++ {
		if !a.Index(i).Equal(b.Index(i)) {
			return false
		}
	}
	return true
}

// settingText writes a setting as an option's value. It reads the value by its kind, because compiled code may not take what
// is in unexported fields out of its reflect.Value.
func settingText(value reflect.Value) string {
	switch {
	case value.Type() == durationType:
		return time.Duration(value.Int()).String()
	case value.Type() == levelType:
		return strings.ToLower(slog.Level(value.Int()).String())
	case value.Kind() == reflect.Slice:
		var elements []string
		for i := 0; i < value.Len(); i++ {
			elements = append(elements, shownText(value.Index(i).String()))
		}
		return strings.Join(elements, ",")
	case value.Kind() == reflect.Int:
		return strconv.FormatInt(value.Int(), 10)
	case value.Kind() == reflect.Bool:
		return strconv.FormatBool(value.Bool())
	}
	return shownText(value.String())
}

// shownText shortens what would fill the log, and leaves out a URL's query, which may have a key of the operator's in it.
func shownText(text string) string {
	if strings.Contains(text, "\n") {
		return "sha256:" + hex.EncodeToString([]byte(digestOf(text)[:4]))
	}
	if address, _, found := strings.Cut(text, "?"); found && strings.Contains(address, "://") {
		return address + "?…"
	}
	if strings.ContainsAny(text, ` ,;"`) {
		return strconv.Quote(text)
	}
	return text
}
