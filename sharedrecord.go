package huaweiid

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// The text of a record, before it is sealed: lines, since no value of an identity has a line's end in it. It is short, because ten
// million users are ten million of them.

// Lines of a record. A refusal has its code in the first and nothing in those of an identity.
const (
	lineCode = iota
	lineStamp
	lineAge
	lineLife
	lineEnd
	lineOpenID
	lineUnionID
	linePhone
	lineCountryCode
	lineNational
	recordLines
)

// recordMark is one line more, in what is by who hears of account events (sharedmark.go).
const recordMark = "e"

const maxMilliseconds = math.MaxInt32 // of a duration, which is far from what can be counted in nanoseconds

// sharedRefusals are the outcomes that replicas tell each other, by code.
var sharedRefusals = map[string]*outcome{}

func init() {
	for i := range outcomes {
		if outcomes[i].remembered {
			sharedRefusals[outcomes[i].code] = &outcomes[i]
		}
	}
}

func encodeRecord(r *sharedRecord) string {
	lines := make([]string, recordLines)
	lines[lineStamp] = strconv.FormatInt(r.stamp, 10)
	lines[lineAge] = strconv.FormatInt(r.age.Milliseconds(), 10)
	lines[lineLife] = strconv.FormatInt(r.life.Milliseconds(), 10)
	lines[lineEnd] = strconv.FormatInt(r.end.Milliseconds(), 10)
	if r.identity == nil {
		lines[lineCode] = r.refusal.code
	} else {
		lines[lineOpenID] = r.identity.openID
		lines[lineUnionID] = r.identity.unionID
		lines[linePhone] = r.identity.phone
		lines[lineCountryCode] = r.identity.countryCode
		lines[lineNational] = r.identity.national
	}
	if r.heard {
		lines = append(lines, recordMark)
	}
	return strings.Join(lines, "\n")
}

// decodeRecord returns nil for what no record can be. It was sealed by who has the secret, but perhaps by another version.
func decodeRecord(text string) *sharedRecord {
	lines := strings.Split(text, "\n")
	marked := len(lines) == recordLines+1 && lines[recordLines] == recordMark
	if len(lines) != recordLines && !marked {
		return nil
	}
	var numbers [lineOpenID]int64
	for i := lineStamp; i < lineOpenID; i++ {
		n, err := strconv.ParseInt(lines[i], 10, 64)
		if err != nil || n < 0 || i > lineStamp && n > maxMilliseconds {
			return nil
		}
		numbers[i] = n
	}
	r := &sharedRecord{
		heard: marked,
		stamp: numbers[lineStamp],
		age:   time.Duration(numbers[lineAge]) * time.Millisecond,
		life:  time.Duration(numbers[lineLife]) * time.Millisecond,
		end:   time.Duration(numbers[lineEnd]) * time.Millisecond,
	}
	if lines[lineCode] != "" {
		r.refusal = sharedRefusals[lines[lineCode]]
		if r.refusal == nil {
			return nil
		}
		return r
	}
	r.identity = newIdentity(lines[lineOpenID], lines[lineUnionID], lines[linePhone], lines[lineCountryCode], lines[lineNational])
	if r.identity == nil {
		return nil
	}
	return r
}
