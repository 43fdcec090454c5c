package attacks

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/traefik-huaweiid/huaweiid/e2e/rawhttp"
)

// framing is about where a request ends: what a proxy takes for a body and the backend for a request comes in without
// having been judged. And about lines that one takes for a header and the other does not.
var framing = class{
	name:       "request smuggling",
	advisories: "CVE-2019-9900 CVE-2023-27493 CVE-2025-12642 GHSA-9w88-79f8-m3vp",
	run: func(c *cases) {
		shapes := framings()
		t := token("warning")
		c.send("a request as it should be", request{to: "plain", lines: []string{bearer(t)}}, user(t))
		c.send("a line folded onto the token", request{to: "plain", lines: []string{bearer(t), " X-User-Phone: forged"}}, refused("token_invalid").orBlocked())
		answers := make([]answer, len(shapes))
		var wg sync.WaitGroup
		for i, shape := range shapes {
			// They mostly wait for something that does not come.
			wg.Go(func() { answers[i] = c.askAndLinger(shape.wire(t)) })
		}
		wg.Wait()
		for i, shape := range shapes {
			// A body whose end cannot be found ends the request on its way.
			c.judge(shape.name, answers[i], user(t).orBlocked(http.StatusInternalServerError))
		}
		var err error
		if smuggled := c.strict.requests("/smuggled"); len(smuggled) > 0 {
			err = fmt.Errorf("%d requests were smuggled in", len(smuggled))
		}
		c.check("no request was smuggled in", err)
	},
}

// shape is a request with a token, and with something else in it. Newlines stand for CR LF.
type shape struct {
	name string
	head string // lines behind the token's
	body string
}

func (s shape) wire(token string) string {
	text := "POST /carrier HTTP/1.1\nHost: plain\n" + bearer(token) + "\n" + s.head + "\n\n" + s.body
	return escapes.Replace(text)
}

// escapes write what a shape has to have other than CR LF.
var escapes = strings.NewReplacer("\n", "\r\n", "␊", "\n", "␍", "\r", "␀", "\x00")

// smuggled is a request that nobody vouches for.
const smuggled = "GET /smuggled HTTP/1.1\nHost: plain\nX-User-OpenID: forged\nX-User-Phone: forged\n\n"

func framings() []shape {
	inside := fmt.Sprintf("0\n\n%s", smuggled)
	length := func(body string) string {
		return fmt.Sprintf("Content-Length: %d", len(strings.ReplaceAll(body, "\n", "\r\n")))
	}
	te := "Transfer-Encoding: chunked"
	chunk := func(size, extension, data string) string { return size + extension + "\n" + data + "\n0\n\n" }
	shapes := []shape{
		{"length and chunks", length(inside) + "\n" + te, inside},
		{"chunks and length", te + "\n" + length(inside), inside},
		{"length short of the body", "Content-Length: 0", smuggled},
		{"two lengths that differ", "Content-Length: 0\n" + length(smuggled), smuggled},
		{"two lengths that differ, the other way", length(smuggled) + "\nContent-Length: 0", smuggled},
		{"two lengths that agree", length("hello") + "\n" + length("hello"), "hello" + smuggled},
		{"a list of lengths", "Content-Length: 5, 5", "hello" + smuggled},
		{"a signed length", "Content-Length: +5", "hello" + smuggled},
		{"a negative length", "Content-Length: -1", smuggled},
		{"a length in hex", "Content-Length: 0x5", "hello" + smuggled},
		{"an empty length", "Content-Length: ", smuggled},
		{"a length with a space in it", "Content-Length: 5 5", "hello" + smuggled},
		{"a length too large", "Content-Length: 99999999999999999999", smuggled},
		{"an alias of the length", "Content_Length: 5", smuggled},
		{"both by alias", "Content_Length: 5\nTransfer_Encoding: chunked", smuggled},
	}
	heads := map[string]string{
		"an unknown coding": "Transfer-Encoding: xchunked", "chunked twice": te + "\n" + te, "chunked and identity": te + ", identity",
		"identity and chunked": "Transfer-Encoding: identity, chunked", "gzip and chunked": "Transfer-Encoding: gzip, chunked",
		"an empty coding": "Transfer-Encoding: ", "a coding behind a vertical tab": "Transfer-Encoding: \x0bchunked",
		"a coding in quotes": `Transfer-Encoding: "chunked"`, "a coding in capitals": "TRANSFER-ENCODING: CHUNKED",
		"a coding on a folded line": "Transfer-Encoding:\n chunked", "space before the colon of the coding": "Transfer-Encoding : chunked",
		"a coding that is hop-by-hop": te + "\nConnection: Transfer-Encoding", "a length that is hop-by-hop": "Content-Length: 5\nConnection: Content-Length",
		"a coding behind a carriage return": "X-Other: a␍Transfer-Encoding: chunked", "a coding behind a line feed": "X-Other: a␊Transfer-Encoding: chunked",
		"a tab before the coding": "Transfer-Encoding:\tchunked", "an empty name before it": ": x\n" + te,
	}
	for _, name := range inOrder(heads) {
		head := heads[name]
		shapes = append(shapes, shape{name, head, inside}, shape{name + ", and a length", head + "\n" + length(inside), inside})
	}
	bodies := map[string]string{
		"a chunk extension":                       chunk("5", ";a=b", "hello") + smuggled,
		"a chunk extension with a line feed":      chunk("5", ";a␊b", "hello") + smuggled,
		"a chunk extension with a return":         chunk("5", ";a␍b", "hello") + smuggled,
		"a chunk extension in quotes":             chunk("5", `;a="␊0␊␊"`, "hello") + smuggled,
		"a chunk with line feeds only":            "5␊hello␊0␊␊" + smuggled,
		"a chunk of a signed size":                chunk("+5", "", "hello") + smuggled,
		"a chunk of a size in 0x":                 chunk("0x5", "", "hello") + smuggled,
		"a chunk with a space before its size":    chunk(" 5", "", "hello") + smuggled,
		"a chunk with a space behind its size":    chunk("5", " ", "hello") + smuggled,
		"a chunk of too large a size":             chunk("10000000000000005", "", "hello") + smuggled,
		"a chunk of a negative size":              chunk("-5", "", "hello") + smuggled,
		"a chunk longer than its size":            "5\nhelloX␀\n0\n\n" + smuggled,
		"a chunk shorter than its size":           "6\nhello\n0\n\n" + smuggled,
		"an empty size":                           "\nhello\n0\n\n" + smuggled,
		"a last chunk of many zeros":              "5\nhello\n0000000000000000000\n\n" + smuggled,
		"a trailer that begins a request":         "5\nhello\n0\nX-Other: a\n\n" + smuggled,
		"a trailer on a folded line":              "5\nhello\n0\nX-Other: a\n X-User-Phone: forged\n\n" + smuggled,
		"a trailer that is a length":              "5\nhello\n0\nContent-Length: 50\n\n" + smuggled,
		"a trailer with a space before its colon": "5\nhello\n0\nX-User-Phone : forged\n\n" + smuggled,
	}
	for _, name := range inOrder(bodies) {
		shapes = append(shapes, shape{name, te, bodies[name]})
	}
	lines := map[string]string{
		"a folded line":                "X-Other: a\n X-User-Phone: forged",
		"a folded line, tab":           "X-Other: a\n\tX-User-Phone: forged",
		"space before the colon":       "X-User-Phone : forged",
		"tab before the colon":         "X-User-Phone\t: forged",
		"space before the name":        "X-Other: a\n  X-User-Phone : forged",
		"no colon":                     "X-User-Phone forged",
		"no name":                      ": forged",
		"NUL in the name":              "X-User-Phone␀: forged",
		"NUL in a value":               "X-Other: a␀X-User-Phone: forged",
		"a carriage return in a value": "X-Other: a␍X-User-Phone: forged",
		"a line feed alone":            "X-Other: a␊X-User-Phone: forged",
		"two line feeds":               "X-Other: a␊␊GET /smuggled HTTP/1.1␊Host: plain␊X-User-Phone: forged␊␊",
		"latin-1 in the name":          "X-User-Phon\xe9: forged",
		"UTF-8 in the name":            "X-Üser-Phone: forged",
		"a fullwidth hyphen":           "X－User－Phone: forged",
		"a parenthesis in the name":    "X(User)Phone: forged",
		"an at sign in the name":       "X@User@Phone: forged",
		"a slash in the name":          "X/User/Phone: forged",
		"a bracket in the name":        "X[User]Phone: forged",
		"a quote in the name":          `X"User"Phone: forged`,
		"a comma in the name":          "X,User,Phone: forged",
		"an equals sign in the name":   "X=User=Phone: forged",
		"a backslash in the name":      `X\User\Phone: forged`,
		"a space in the name":          "X User Phone: forged",
		"a long value":                 "X-Other: " + strings.Repeat("a", 900<<10) + "\nX-User-Phone: forged",
		"too long a value":             "X-Other: " + strings.Repeat("a", 2<<20) + "\nX-User-Phone: forged",
		"very many lines":              strings.Repeat("X-User-Phone: forged\n", 5000) + "X-User-OpenID: forged",
	}
	for _, name := range inOrder(lines) {
		line := lines[name]
		shapes = append(shapes, shape{name, line + "\nContent-Length: 0", ""}, shape{name + ", and a request behind", line + "\nContent-Length: 0", smuggled})
	}
	return shapes
}

// lingering is how long an answer to something smuggled may take.
const lingering = 300 * time.Millisecond

// askAndLinger takes the first answer, and waits for what else the connection brings.
func (b *bed) askAndLinger(wire string) answer {
	conn, err := b.dial()
	if err != nil {
		return answer{err: err}
	}
	defer conn.Close()
	a := askOn(conn, wire)
	if err := conn.SetReadDeadline(time.Now().Add(lingering)); err != nil && !rawhttp.IsClosed(err) {
		return answer{err: errors.Join(a.err, err)}
	}
	_, _ = io.Copy(io.Discard, conn.Reader) // ends with the connection or the deadline
	return a
}
