// Package visitors has the requests of the benchmarks: what a browser's app sends with a Huawei access token.
package visitors

import (
	"bytes"
	"fmt"
	"strings"
)

const (
	// TokenLength is that of every token here, in bytes; real ones have about as many.
	TokenLength = 100
	// SerialLength is how many decimal digits at a token's end tell it from the others of its kind.
	SerialLength = 16
)

// filler has the bytes that real tokens have: base64 with its "/" and "+", which have to be escaped on their way to Huawei.
var filler = strings.Repeat("N7qdU0TvQ/eXpE4x+gvhoYh5UuzLS2mWkR8cJ", 3)

// Token gives a token. The simulator does with it what it does with all of a kind: "mainland", "expired" and so on.
func Token(kind string, serial int) string {
	start := kind + "/DgEAA"
	return fmt.Sprintf("%s%s%0*d", start, filler[:TokenLength-SerialLength-len(start)], SerialLength, serial)
}

// Headers are a dozen that an app sends with every request, Host and the one with the token included.
func Headers(token string) [][2]string {
	return [][2]string{
		{"Host", "app.example"},
		{"User-Agent", "Mozilla/5.0 (Linux; Android 12; HarmonyOS; NOH-AN00) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.5735.196 Mobile Safari/537.36"},
		{"Accept", "application/json, text/plain, */*"},
		{"Accept-Encoding", "gzip, deflate, br"},
		{"Accept-Language", "zh-CN,zh;q=0.9,en;q=0.8"},
		{"Authorization", "Bearer " + token},
		{"Cache-Control", "no-cache"},
		{"Cookie", "session=7c9e6679f7425b40; theme=dark; lang=zh-CN"},
		{"Referer", "https://app.example/orders/2024"},
		{"Sec-Fetch-Mode", "cors"},
		{"Sec-Fetch-Site", "same-origin"},
		{"X-Request-Id", "f47ac10b-58cc-4372-a567-0e02b2c3d479"},
	}
}

// Request writes a GET as it goes over the wire.
func Request(path, token string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "GET %s HTTP/1.1\r\n", path)
	for _, header := range Headers(token) {
		fmt.Fprintf(&b, "%s: %s\r\n", header[0], header[1])
	}
	b.WriteString("\r\n")
	return b.Bytes()
}
