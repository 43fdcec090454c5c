package main

import (
	"slices"
	"strings"
)

// orMeant asks whether the name that differs least from a wrong one was meant; "" where none is near. More than one difference in three
// letters would be a guess. What stands behind an @ does not count.
func orMeant(wrong string, names []string) string {
	wrong, _, _ = strings.Cut(wrong, "@")
	best, fewest := "", len(wrong)/3+1
	for _, name := range slices.Sorted(slices.Values(names)) {
		bare, _, _ := strings.Cut(name, "@")
		if slips := distance(strings.ToLower(wrong), strings.ToLower(bare)); slips < fewest {
			best, fewest = name, slips
		}
	}
	if best == "" {
		return ""
	}
	return ", did you mean " + best + "?"
}

// distance is how many letters to change, add or remove to make b of a. The plugin's own is not exported: Traefik interprets it.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0]++
		for j := range len(b) {
			change := before
			if a[i] != b[j] {
				change++
			}
			before = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
