package huaweiid

import "strings"

// Suggestions: which name a reader most likely meant.

// nearest returns the name that a reader most likely meant: the one with the fewest letters changed, of the whole path
// or, for an option on the wrong level, of its last part. More than a third of the letters changed is a guess: then "".
func nearest(wrong string, names []string) string {
	best, fewest := "", 0
	for _, name := range names {
		d := distance(strings.ToLower(wrong), strings.ToLower(name))
		if last := distance(lastPart(wrong), lastPart(name)); last < d && lastPart(wrong) != "" {
			d = last
		}
		if best == "" || d < fewest {
			best, fewest = name, d
		}
	}
	if 3*fewest > len(lastPart(wrong)) {
		return ""
	}
	return best
}

func lastPart(path string) string {
	return strings.ToLower(path[strings.LastIndex(path, ".")+1:])
}

// distance is the Levenshtein distance: how many letters must be changed, added or left out to make b of a. The library
// for it that is kept up uses what Yaegi v0.16.1 cannot load.
func distance(a, b string) int {
	row := make([]int, len(b)+1) // row[j]: from the part of a so far to b[:j]
	for j := range row {
		row[j] = j
	}
	for i := 0; i < len(a); i++ {
		diagonal := row[0]
		row[0] = i + 1
		for j := 0; j < len(b); j++ {
			fewest := diagonal
			if a[i] != b[j] {
				fewest++
			}
			if row[j+1]+1 < fewest {
				fewest = row[j+1] + 1
			}
			if row[j]+1 < fewest {
				fewest = row[j] + 1
			}
			diagonal, row[j+1] = row[j+1], fewest
		}
	}
	return row[len(b)]
}
