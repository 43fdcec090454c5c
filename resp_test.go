package huaweiid

import (
	"bufio"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func replyTo(text, kind string) (respReply, error) {
	replies, _, err := readReplies(bufio.NewReader(strings.NewReader(text)), kind)
	if err != nil {
		return respReply{}, err
	}
	return replies[0], nil
}

func TestCommand_isAnArrayOfStringsWhateverTheyHold(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "*3\r\n$3\r\nSET\r\n$7\r\na b\r\n%s\r\n$0\r\n\r\n", command("SET", "a b\r\n%s", ""))
}

func TestReadReplies_readsEveryKindOfRESP2(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]respReply{
		"+OK\r\n":                         {kind: '+'},
		"-MOVED 1 a:1\r\n":                {kind: '-', text: "MOVED 1 a:1"},
		":-2\r\n":                         {kind: ':', number: -2},
		"$-1\r\n":                         {kind: '$', number: -1},
		"$0\r\n\r\n":                      {kind: '$', number: 0},
		"$4\r\na\r\nb\r\n":                {kind: '$', text: "a\r\nb", number: 4},
		"*-1\r\n":                         {kind: '*', number: -1},
		"*0\r\n":                          {kind: '*'},
		"*2\r\n$1\r\na\r\n$2\r\n\r\n\r\n": {kind: '*', number: 2, items: []string{"a", "\r\n"}},
	} {
		reply, err := replyTo(text, string(want.kind))
		require.NoError(t, err, "%q", text)
		assert.Equal(t, want, reply, "%q", text)
	}
}

func TestReadReplies_takesAnErrorForAnyKindAndNothingElse(t *testing.T) {
	t.Parallel()
	replies, refused, err := readReplies(bufio.NewReader(strings.NewReader(":1\r\n-MOVED 1 a:1\r\n+OK\r\n")), ":$+")
	require.NoError(t, err)
	assert.True(t, refused)
	assert.Equal(t, []respReply{{kind: ':', number: 1}, {kind: '-', text: "MOVED 1 a:1"}, {kind: '+'}}, replies)

	replies, refused, err = readReplies(bufio.NewReader(strings.NewReader(":1\r\n-OOM full\r\n")), ":$$")
	require.ErrorIs(t, err, io.EOF)
	assert.True(t, refused, "what was refused before the end counts")
	assert.Equal(t, []respReply{{kind: ':', number: 1}, {kind: '-', text: "OOM full"}, {}}, replies)

	replies, refused, err = readReplies(bufio.NewReader(strings.NewReader(":1\r\n$1\r\na\r\n")), ":$")
	require.NoError(t, err)
	assert.False(t, refused)
	assert.Equal(t, "a", replies[1].text)

	for kind, text := range map[string]string{"+": ":1\r\n", ":": "+OK\r\n", "$": "*0\r\n", "*": "$0\r\n\r\n"} {
		_, err := replyTo(text, kind)
		assert.ErrorIs(t, err, errRedisProtocol, text)
	}
}

func TestReadReplies_refusesWhatIsNoRESP2OrTooMuch(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"an HTTP answer":                      "HTTP/1.1 400 Bad Request\r\n",
		"a line of one byte":                  "\n",
		"a line without a return":             "+OK\n",
		"a line without an end":               "+" + strings.Repeat("x", 1<<20),
		"a number that is none":               ":1x\r\n",
		"RESP3's null":                        "_\r\n",
		"RESP3's map":                         "%1\r\n$1\r\na\r\n$1\r\nb\r\n",
		"RESP3's push":                        ">1\r\n$1\r\na\r\n",
		"RESP3's double":                      ",1.5\r\n",
		"a string of a list without a return": "*1\r\n$1\na\r\n",
		"a string of no length":               "$\r\n",
		"a length below nothing":              "$-2\r\n",
		"a string too long":                   "$" + strconv.Itoa(maxBulk+1) + "\r\n",
		"a string of all memory":              "$9223372036854775807\r\n",
		"a string without an end":             "$1\r\nabc",
		"a list too long":                     "*" + strconv.Itoa(maxItems+1) + "\r\n",
		"a list of lists":                     "*1\r\n*0\r\n",
		"a list with nothing":                 "*1\r\n$-1\r\n",
		"a list of too much":                  "*17\r\n" + strings.Repeat("$65536\r\n"+strings.Repeat("x", maxBulk)+"\r\n", 17),
	} {
		for _, kind := range []string{"+", ":", "$", "*"} {
			_, err := replyTo(text, kind)
			assert.ErrorIs(t, err, errRedisProtocol, "%s, for %s", name, kind)
		}
	}
}
