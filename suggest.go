package huaweiid

import "strings"

// Suggestions: which name a reader most likely meant.

// nearest returns the name that differs least from a wrong one, "" where none is near: more than one difference in three
// letters would be a guess. A name in another group differs by one, and by what its last part does. A name that the other begins
// with differs by one.
func nearest(wrong string, names []string) string {
	wrong = strings.ToLower(wrong)
	level, last := cutLast(wrong)
	best, fewest := "", len(last)/3+1
	for _, name := range names {
		lower := strings.ToLower(name)
		slips := distance(wrong, lower)
		if nameLevel, nameLast := cutLast(lower); nameLevel != level {
			if elsewhere := 1 + distance(last, nameLast); elsewhere < slips {
				slips = elsewhere
			}
		}
		if slips > 1 && last != "" && (strings.HasPrefix(lower, wrong) || strings.HasPrefix(wrong, lower) && level == "") {
			slips = 1
		}
		if slips < fewest {
			best, fewest = name, slips
		}
	}
	return best
}

// cutLast cuts a path before its last part.
func cutLast(path string) (level, last string) {
	dot := strings.LastIndex(path, ".")
	return path[:dot+1], path[dot+1:]
}

// distance is the optimal string alignment distance: how many letters to change, add, remove or swap with their neighbour to
// make b of a. The maintained libraries for it use what Yaegi v0.16.1 cannot load.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1) // rows[i][j]: from a[:i] to b[:j]
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			fewest := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				fewest++
			}
			if n := rows[i-1][j] + 1; n < fewest {
				fewest = n
			}
			if n := rows[i][j-1] + 1; n < fewest {
				fewest = n
			}
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				if n := rows[i-2][j-2] + 1; n < fewest {
					fewest = n
				}
			}
			rows[i][j] = fewest
		}
	}
	return rows[len(a)][len(b)]
}
