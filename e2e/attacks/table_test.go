package attacks

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// row is a class's line in the table.
type row struct {
	class class
	*cases
}

// ends are the columns.
var ends = []how{passed, blocked, skipped, failed}

func (r row) count(h how) int {
	n := 0
	for _, e := range r.ended {
		if e.how == h {
			n++
		}
	}
	return n
}

// table tells of every class how many cases it has and how they ended.
func table(rows []row) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	// A strings.Builder takes every write.
	line := func(name string, cases int, counts []int, advisories string) {
		_, _ = fmt.Fprintf(w, "%s\t%d", name, cases)
		for _, n := range counts {
			_, _ = fmt.Fprintf(w, "\t%d", n)
		}
		_, _ = fmt.Fprintln(w, "\t"+advisories)
	}
	_, _ = fmt.Fprintln(w, "class\tcases\tpassed\tblocked by Traefik\tskipped\tfailed\tadvisories")
	cases, sums := 0, make([]int, len(ends))
	for _, r := range rows {
		counts := make([]int, len(ends))
		for i, h := range ends {
			counts[i] = r.count(h)
			sums[i] += counts[i]
		}
		cases += len(r.ended)
		line(r.class.name, len(r.ended), counts, r.class.advisories)
	}
	line("all", cases, sums, "")
	_ = w.Flush()
	return b.String()
}
