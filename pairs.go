package huaweiid

import "strings"

// Lists of NAME=VALUE: the cookies of a request, and its query. A client chooses how long they are, so every search is a call into
// std, and every loop of ours ends after a fixed number of rounds.

// maxLooks bounds how often the text NAME= may stand in the cookies or the query, in other names and in values too.
const maxLooks = 1024

// pair is where a NAME=VALUE stands in a list.
type pair struct {
	start int // of what is between it and the separator before
	value int
	end   int // of the separator behind it, or of the list
}

// findPairs finds the pairs that begin with NAME=. The characters in after may stand between a separator and a name. It gives up
// on more than maxOccurrences pairs, and where NAME= stands in maxLooks places: a round takes up to 4 µs.
func findPairs(list, nameIs, separator, after string) (pairs []pair, ok bool) {
	from := 0
	for looks := 0; looks < maxLooks; looks++ {
		i := strings.Index(list[from:], nameIs)
		if i < 0 {
			return pairs, true
		}
		before := strings.TrimRight(list[:from+i], after)
		from += i + len(nameIs)
		if before != "" && !strings.HasSuffix(before, separator) {
			continue
		}
		if len(pairs) == maxOccurrences {
			return nil, false
		}
		value := from
		if i = strings.Index(list[from:], separator); i < 0 {
			i = len(list) - from
		}
		from += i
		pairs = append(pairs, pair{start: len(before), value: value, end: from})
	}
	return nil, false
}

// withoutPairs takes pairs off a list, each with the separator behind it, and the last of the list with the one before.
func withoutPairs(list string, pairs []pair) string {
	var kept []string
	from := 0
	for _, p := range pairs {
		kept = append(kept, list[from:p.start])
		if p.end == len(list) {
			return withoutLast(strings.Join(kept, ""))
		}
		from = p.end + 1
	}
	return strings.Join(append(kept, list[from:]), "")
}

// withoutLast returns a text without its last byte, which is a separator.
func withoutLast(text string) string {
	if text == "" {
		return ""
	}
	return text[:len(text)-1]
}
