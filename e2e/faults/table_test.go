package faults

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// row is a line of the table.
type row struct {
	name    string
	refused map[string]int // by code
	visits  int
	ok      int
	stale   int
	slowest time.Duration
	calls   int
}

func newRow(name string, visits []visit, calls int) row {
	r := row{name: name, refused: map[string]int{}, visits: len(visits), calls: calls}
	for _, v := range visits {
		r.slowest = max(r.slowest, v.Took)
		switch {
		case v.OK():
			r.ok++
			if v.Stale() {
				r.stale++
			}
		case v.Err != nil:
			r.refused["no answer"]++
		default:
			r.refused[v.Code]++
		}
	}
	return r
}

func printTable(w io.Writer, rows []row) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "FAULT\tREQUESTS\t200S\tSTALE\tSLOWEST\tCALLS\tREFUSED BY CODE")
	for _, r := range rows {
		var refused []string
		for _, code := range slices.Sorted(maps.Keys(r.refused)) {
			refused = append(refused, fmt.Sprintf("%s %d", code, r.refused[code]))
		}
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%v\t%d\t%s\n", r.name, r.visits, r.ok, r.stale, r.slowest.Round(time.Millisecond), r.calls, strings.Join(refused, ", "))
	}
	_ = table.Flush()
}
