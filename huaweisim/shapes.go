package huaweisim

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
)

// shape turns the members of a good answer into a body that is not what the
// documentation promises.
type shape struct {
	name string
	body func(good members) answer
}

const (
	// hugePadding makes a body longer than the 64 KiB that a client may be
	// expected to read.
	hugePadding = 80 << 10
	// nestedLevels is more than encoding/json follows (10 000).
	nestedLevels = 12_000
)

// getInfoShapes are the shapes of body/SHAPE. The good answer in them is a
// mainland user's.
var getInfoShapes = []shape{
	{"empty", emptyBody},
	{"html", htmlBody},
	{"gzip", gzipBody},
	{"huge", hugeBody},
	{"truncated", truncatedBody},
	{"nested", nestedBody},
	{"array", arrayBody},
	{"string", func(good members) answer { return rawJSON(fmt.Sprintf("%q", good["openID"])) }},
	{"null", func(members) answer { return rawJSON("null") }},
	{"error", set("error", "session timeout")},
	{"noopenid", unset("openID")},
	{"emptyopenid", set("openID", "")},
	{"numberopenid", set("openID", 12345678)},
	{"nullopenid", set("openID", nil)},
	{"objectopenid", set("openID", members{"value": "AQAx"})},
	{"crlfopenid", suffix("openID", "\r\nX-User-Phone: 1")},
	{"nulopenid", suffix("openID", "\x00")},
	{"emojiopenid", suffix("openID", "😀")},
	{"spaceopenid", suffix("openID", " x")},
	{"longopenid", set("openID", strings.Repeat("A", 257))},
	{"crlfphone", suffix("mobileNumber", "\r\nX-User-OpenID: 1")},
	{"crlfunion", suffix("unionID", "\r\nX-User-OpenID: 1")},
	{"numberphone", set("mobileNumber", int64(11136000008))},
	{"numberunion", set("unionID", 12345678)},
	{"trailing", trailingBody},
	{"dupes", dupesBody},
	{"textplain", textPlainBody},
}

// shapeIdentifies tells the shapes that a careful client accepts: members are
// told apart by case, and the content type says nothing.
func shapeIdentifies(name string) bool { return name == "dupes" || name == "textplain" }

// tokenInfoShapes are the shapes of tinfo/body/SHAPE.
var tokenInfoShapes = []shape{
	{"empty", emptyBody},
	{"html", htmlBody},
	{"gzip", gzipBody},
	{"huge", hugeBody},
	{"truncated", truncatedBody},
	{"nested", nestedBody},
	{"array", arrayBody},
	{"error", set("error", "session timeout")},
	{"noopenid", unset("open_id")},
	{"crlfopenid", suffix("open_id", "\r\nX-User-Phone: 1")},
	{"noclient", unset("client_id")},
	{"notype", unset("type")},
	{"stringtype", set("type", "0")},
	{"noexpire", unset("expire_in")},
	{"objectclient", set("client_id", members{"id": ClientID})},
	{"escapedclient", escapedClientBody},
	{"othercase", otherCaseBody},
}

func shapedInfo(s subject) answer {
	return shaped(getInfoShapes, s.arg, s.getInfoMembers())
}

func shapedTokenInfo(s subject) answer {
	return shaped(tokenInfoShapes, s.arg, s.tokenInfoMembers())
}

// shaped applies the shape called name, which isShape has found to exist.
func shaped(shapes []shape, name string, good members) answer {
	for _, sh := range shapes {
		if sh.name == name {
			return sh.body(good)
		}
	}
	panic("huaweisim: no shape " + name)
}

func isShape(shapes []shape) func(string) bool {
	return func(name string) bool {
		for _, sh := range shapes {
			if sh.name == name {
				return true
			}
		}
		return false
	}
}

func names(shapes []shape) string {
	all := make([]string, len(shapes))
	for i, sh := range shapes {
		all[i] = sh.name
	}
	return strings.Join(all, ", ")
}

func rawJSON(text string) answer {
	return answer{contentType: jsonType, body: []byte(text)}
}

func emptyBody(members) answer { return answer{contentType: jsonType} }

func htmlBody(members) answer {
	return answer{contentType: htmlType, body: []byte("<!DOCTYPE html><html><body>Please sign in to this network</body></html>\n")}
}

// gzipBody is a good object that a proxy on the way has compressed, though nobody asked for that.
func gzipBody(good members) answer {
	var compressed bytes.Buffer
	w := gzip.NewWriter(&compressed)
	_, _ = w.Write(good.json()) // a Buffer takes everything
	_ = w.Close()
	return answer{contentType: jsonType, encoding: "gzip", body: compressed.Bytes()}
}

func garbageBody(members) answer {
	return rawJSON("\x00\xff\xfe{{not json at all]]\"")
}

func hugeBody(good members) answer {
	return jsonAnswer(good.with(members{"padding": strings.Repeat("x", hugePadding)}))
}

// truncatedBody ends in the middle of the object though HTTP says it is whole.
func truncatedBody(good members) answer {
	text := good.json()
	return rawJSON(string(text[:len(text)-2]))
}

func nestedBody(good members) answer {
	text := string(good.json())
	return rawJSON(text[:len(text)-1] + `,"nest":` + strings.Repeat("[", nestedLevels) + strings.Repeat("]", nestedLevels) + "}")
}

func arrayBody(good members) answer { return rawJSON("[" + string(good.json()) + "]") }

func trailingBody(good members) answer {
	return rawJSON(string(good.json()) + `{"openID":"trailing"}garbage`)
}

// dupesBody surrounds the good members with ones whose names differ in case.
// encoding/json takes any of them for the same and lets the last one win.
func dupesBody(good members) answer {
	return surrounded(good, `"OPENID":"evil","unionid":"evil","MobileNumber":"0000"`)
}

// otherCaseBody surrounds the good members with ones whose names differ in case, and which would each refuse the token.
func otherCaseBody(good members) answer {
	return surrounded(good,
		`"CLIENT_ID":"1","Type":1,"EXPIRE_IN":0,"Open_id":"evil","union_ID":"evil","Error":"session timeout"`)
}

// surrounded has other members before and after the good ones.
func surrounded(good members, others string) answer {
	text := string(good.json())
	return rawJSON("{" + others + "," + text[1:len(text)-1] + "," + others + "}")
}

// escapedClientBody writes the client ID's first digit as JSON may write any character, by its number.
func escapedClientBody(good members) answer {
	escaped := fmt.Sprintf(`"\u%04x%s"`, ClientID[0], ClientID[1:])
	return rawJSON(strings.Replace(string(good.json()), `"`+ClientID+`"`, escaped, 1))
}

func textPlainBody(good members) answer {
	a := jsonAnswer(good)
	a.contentType = textType
	return a
}

func set(name string, value any) func(members) answer {
	return func(good members) answer { return jsonAnswer(good.with(members{name: value})) }
}

func unset(name string) func(members) answer {
	return func(good members) answer { return jsonAnswer(good.without(name)) }
}

func suffix(name, more string) func(members) answer {
	return func(good members) answer {
		return jsonAnswer(good.with(members{name: fmt.Sprint(good[name]) + more}))
	}
}
